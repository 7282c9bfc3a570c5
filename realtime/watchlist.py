"""One socket's watched instruments: the newest frame of each, as often as it asked for."""

from dataclasses import dataclass

from realtime.frames import MARKET

LONGEST = 100  # instruments on one socket
FASTEST_MS, USUAL_MS, SLOWEST_MS = 100, 500, 60_000


@dataclass(frozen=True, slots=True)
class WatchAdmission:
    """The instruments that a client named: those it may watch, and the others."""

    instruments: frozenset[str]
    unknown: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()  # so many of that feed are watched already
    is_anonymous: bool = False

    @property
    def reason(self) -> str:
        """Explain to the user why some were refused; empty when none were."""
        if not self.refused:
            return ""
        feeds = ", ".join(sorted({name.partition(":")[0] for name in self.refused}))
        limit, remedy = "(MARKET_INSTRUMENTS)", "Watch fewer, or ask again later."
        if self.is_anonymous:
            limit = "for people who have not signed in (MARKET_ANONYMOUS_SHARE)"
            remedy = "Sign in, or ask again later."
        reason = f"As many instruments of {feeds} are watched as this server follows {limit}."
        return f"{reason} {remedy}"


class Watchlist:
    """The newest frame of each instrument: a price is a state, so older ones are dropped. Pure."""

    __slots__ = ("_due", "_newest", "instruments", "interval", "topics")

    def __init__(
        self, instruments: frozenset[str], topics: frozenset[str], interval: float
    ) -> None:
        self.instruments, self.topics, self.interval = instruments, topics, interval
        self._newest: dict[tuple[str, str], str] = {}
        self._due = 0.0

    def offer(self, kind: str, instrument: str, frame: str) -> bool:
        """Keep a frame if it is watched; return if it is the first that waits."""
        declared = MARKET.get(kind)
        if declared is None or declared.topic not in self.topics:
            return False
        if instrument not in self.instruments:
            return False
        was_empty = not self._newest
        self._newest[kind, instrument] = frame
        return was_empty

    def take(self, now: float) -> list[str]:
        """Take the frames to be sent now; then nothing for one interval."""
        if not self._newest or now < self._due:
            return []
        frames = list(self._newest.values())
        self._newest.clear()
        self._due = now + self.interval
        return frames

    def next_due(self) -> float | None:
        """Return when there is something to take; None while nothing waits."""
        return self._due if self._newest else None
