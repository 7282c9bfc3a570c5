"""Faults: their kinds, the requests and rows they match, and how often they apply."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

# Each kind with its effect, as `--describe` lists them.
REQUEST_FAULTS: Final = {
    "latency": "`latency_ms` before the request is processed",
    "status": "`status`, `code`, `message`, `retry_after`, or a whole `body`; nothing is done",
    "ambiguous": "an error that leaves open whether it was done; it was not",
    "maintenance": "the venue's own maintenance error",
    "ban": "`status` (else the venue's own) until `seconds` are over, with Retry-After",
    "revoked_key": "signed requests and logins: the key is unknown to the venue",
    "restricted_ip": "signed requests and logins: the key is not allowed from this address",
    "html": "a page instead of JSON, with any `status`",
    "hang": "never answered, with nothing done",
    "close": "the connection is cut, with nothing done",
}
ANSWER_FAULTS: Final = {
    "latency_after_accept": "`latency_ms` after it is done; events come before the answer",
    "status_after_accept": "like `status`, but done",
    "ambiguous_after_accept": "like `ambiguous`, but done",
    "hang_after_accept": "done, and the answer never comes; with `close` the connection is cut",
    "close_after_accept": "done, and the connection is cut",
    "truncate": "done, and only half of the answer comes",
}
ROW_FAULTS: Final = {
    "unknown_status": "orders with an unknown status (`value`)",
    "bare_end": "orders reported as filled, without amount and price",
    "filled_by": "orders with `amount` added to the filled amount; it may be negative",
    "trade_id": "fills whose trade id is `value`; without a value they have none",
    "foreign_fee": "fills whose fee is `amount` of `asset`",
    "fee_missing": "fills without their fee",
    "fills_missing": "lists of fills are empty",
    "order_missing": "orders missing from queries and lists",
    "malformed": "before each order and fill one with a number that is none (`value`, else --)",
    "unlisted": "before each order one of an instrument (`value`) that no market list has",
}
EVENT_FAULTS: Final = {
    "mute_sockets": "events after the first `skip` are lost; pings and answers go on",
    "repeat_events": "events come twice",
    "delay_events": "events come `latency_ms` late, later ones before them",
    "reorder_events": "`count` events (else 2) are held back and sent in reverse",
}
SOCKET_FAULTS: Final = {
    "drop_sockets": "all connections are cut; with `seconds` no new ones until then",
    "half_open_sockets": "nothing is read or sent, not even pings, and the connection stays",
    "latency_sockets": "every message comes `latency_ms` later",
    "end_streams": "the venue's own way to end a user's stream",
    "error_frame": "an error that answers no request, with `code` and `message`",
}
KINDS: Final = REQUEST_FAULTS | ANSWER_FAULTS | ROW_FAULTS | EVENT_FAULTS | SOCKET_FAULTS
IMMEDIATE_KINDS: Final = frozenset({"drop_sockets", "end_streams", "error_frame"})


def get_venue(path: str) -> str:
    """Return the venue whose protocol has that path."""
    if path.startswith(("/api/v5/", "/ws/v5/")):
        return "okx"
    return "bybit" if path.startswith("/v5/") else "binance"


def normalize_symbol(symbol: str) -> str:
    """Return one spelling for BTCUSDT, BTC-USDT and BTC/USDT."""
    return symbol.replace("-", "").replace("/", "").upper()


@dataclass(frozen=True)
class Match:
    """Conditions of a fault. An empty field matches all, a path ending in * all paths below it.

    `symbol` and `order` (an id, ours or the venue's) are compared with the content of requests,
    answers and events.
    """

    path: str = ""
    method: str = ""
    key: str = ""
    venue: str = ""
    symbol: str = ""
    order: str = ""

    def matches_request(self, path: str, method: str, key: str) -> bool:
        if self.path.endswith("*"):
            is_path = path.startswith(self.path[:-1])
        else:
            is_path = self.path in ("", path)
        is_client = self.method in ("", method) and self.key in ("", key)
        return is_path and is_client and self.venue in ("", get_venue(path))

    @property
    def checks_content(self) -> bool:
        return bool(self.symbol or self.order)

    def is_named_in(self, text: str) -> bool:
        """Return whether the text of a request contains the symbol and the order."""
        return self.order in text and normalize_symbol(self.symbol) in normalize_symbol(text)


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
    value: str = ""
    asset: str = ""
    amount: Decimal | None = None
    count: int = 2
    skip: int = 0
    id: int = 0
    hits: int = 0
    cleared: bool = False

    def is_spent(self, now: int) -> bool:
        used_up = self.times is not None and self.hits >= self.times
        return used_up or (self.until is not None and now >= self.until)


@dataclass
class Faults:
    active: list[Fault] = field(default_factory=list)
    # Spent faults may still hold hanging requests; clearing them releases those too.
    _spent: list[Fault] = field(default_factory=list)
    _next_id: int = 1

    def add_fault(self, fault: Fault) -> Fault:
        fault.id, self._next_id = self._next_id, self._next_id + 1
        self.active.append(fault)
        return fault

    def list_active(self, kinds: frozenset[str], *, path: str, key: str, now: int) -> list[Fault]:
        """Return the faults that may apply; the caller counts their hits."""
        self._spent += [fault for fault in self.active if fault.is_spent(now)]
        self.active = [fault for fault in self.active if not fault.is_spent(now)]
        faults = [f for f in self.active if f.kind in kinds]
        return [f for f in faults if f.match.matches_request(path, f.match.method, key)]

    def take_matching(
        self,
        kinds: frozenset[str],
        *,
        path: str,
        method: str,
        key: str,
        now: int,
        content: str = "",
    ) -> list[Fault]:
        """Return the faults that apply to a request, each counted as one hit."""
        faults = [
            fault
            for fault in self.list_active(kinds, path=path, key=key, now=now)
            if fault.match.matches_request(path, method, key)
            and (not fault.match.checks_content or fault.match.is_named_in(content))
        ]
        for fault in faults:
            fault.hits += 1
        return faults

    def clear_faults(self, fault_id: int | None = None) -> int:
        faults = [f for f in self.active + self._spent if fault_id in (None, f.id)]
        for fault in faults:
            fault.cleared = True
        self.active = [fault for fault in self.active if not fault.cleared]
        self._spent = [fault for fault in self._spent if not fault.cleared]
        return len(faults)
