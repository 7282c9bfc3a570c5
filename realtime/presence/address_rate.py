"""New sockets of each address in a minute, as one server counts them. Pure."""

from collections import defaultdict
from dataclasses import dataclass

WINDOW_SECONDS = 60


@dataclass(slots=True)
class AddressWindow:
    """One minute's new sockets of each address."""

    ends: float = 0.0
    counts: dict[str, int] | None = None

    def wait(self, address: str, limit: int, now: float) -> float:
        """Count a new socket; return the seconds to wait if it is one too many, else 0."""
        if self.counts is None or now >= self.ends:
            self.counts, self.ends = defaultdict(int), now + WINDOW_SECONDS
        self.counts[address] += 1
        return self.ends - now if self.counts[address] > limit else 0.0
