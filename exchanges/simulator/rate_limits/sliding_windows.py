"""Sliding windows: how many requests were made within the last span of time."""

from collections import defaultdict, deque
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Allowance:
    """The requests left within the span, and the time at which the oldest drops out of it."""

    left: int
    resets_at: int
    refused: bool = False


@dataclass
class SlidingWindows:
    """Times of the latest requests, by the name under which they are counted.

    `factor` multiplies every limit; `slowness` multiplies every span.
    """

    factor: int = 1
    slowness: int = 1
    _times: dict[str, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    _banned_until: dict[str, int] = field(default_factory=dict)

    def spend(self, name: str, most: int, span: int, now: int) -> Allowance:
        """Count one request, or refuse it if the window is full."""
        times, most, span = self._times[name], most * self.factor, span * self.slowness
        while times and times[0] <= now - span:
            times.popleft()
        if len(times) >= most:
            return Allowance(0, times[0] + span, refused=True)
        times.append(now)
        return Allowance(most - len(times), times[0] + span)

    def ban(self, name: str, until: int) -> None:
        self._banned_until[name] = until

    def is_banned(self, name: str, now: int) -> bool:
        return now < self._banned_until.get(name, 0)

    def clear_counts(self) -> None:
        self._times.clear()
        self._banned_until.clear()
