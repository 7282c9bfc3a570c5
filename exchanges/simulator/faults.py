"""What can be made to go wrong, for whom, and how often."""

from dataclasses import dataclass, field

BEFORE = frozenset({"latency", "status", "ban", "html", "hang", "close"})
AFTER = frozenset({"latency_after_accept", "hang_after_accept", "close_after_accept", "truncate"})
SOCKETS = frozenset({"drop_sockets", "mute_sockets", "repeat_events", "end_streams"})
KINDS = BEFORE | AFTER | SOCKETS


@dataclass(frozen=True)
class Match:
    """Which requests are hit; an empty field hits all, a path ending in * all below it."""

    path: str = ""
    method: str = ""
    key: str = ""

    def hits(self, path: str, method: str, key: str) -> bool:
        if self.path.endswith("*"):
            there = path.startswith(self.path[:-1])
        else:
            there = self.path in ("", path)
        return there and self.method in ("", method) and self.key in ("", key)


@dataclass
class Fault:
    kind: str
    match: Match = Match()
    times: int | None = None
    until: int | None = None
    status: int = 0
    code: int = 0
    message: str = ""
    body: str | None = None
    retry_after: int | None = None
    latency_ms: int = 0
    id: int = 0
    hits: int = 0
    cleared: bool = False

    def spent(self, now: int) -> bool:
        used_up = self.times is not None and self.hits >= self.times
        return used_up or (self.until is not None and now >= self.until)


@dataclass
class Faults:
    active: list[Fault] = field(default_factory=list)
    # Spent faults may still hold requests that hang; clearing lets those go too.
    _spent: list[Fault] = field(default_factory=list)
    _next_id: int = 1

    def add(self, fault: Fault) -> Fault:
        fault.id, self._next_id = self._next_id, self._next_id + 1
        self.active.append(fault)
        return fault

    def take(
        self, kinds: frozenset[str], *, path: str, method: str, key: str, now: int
    ) -> list[Fault]:
        """The faults that hit this request, each counted as used once."""
        self._spent += [fault for fault in self.active if fault.spent(now)]
        self.active = [fault for fault in self.active if not fault.spent(now)]
        hit = [
            fault
            for fault in self.active
            if fault.kind in kinds and fault.match.hits(path, method, key)
        ]
        for fault in hit:
            fault.hits += 1
        return hit

    def clear(self, fault_id: int | None = None) -> int:
        chosen = [f for f in self.active + self._spent if fault_id in (None, f.id)]
        for fault in chosen:
            fault.cleared = True
        self.active = [fault for fault in self.active if not fault.cleared]
        self._spent = [fault for fault in self._spent if not fault.cleared]
        return len(chosen)
