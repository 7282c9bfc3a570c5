"""A histogram of values in fixed cells, which servers can add up. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

SECONDS = (
    *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
LONG_SECONDS = (1.0, 10.0, 60.0, 300.0, 900.0, 3600.0, 3 * 3600.0, 6 * 3600.0, 12 * 3600.0)
EVENTS = (0.0, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 5000.0)


class Histogram:
    """`cells[i]` is how many were at most `bounds[i]`, and above the bound before; the last cell
    has all beyond."""

    __slots__ = ("bounds", "cells", "total", "worst")

    def __init__(self, bounds: Sequence[float], values: Iterable[float] = ()) -> None:
        self.bounds = tuple(bounds)
        self.cells = [0] * (len(self.bounds) + 1)
        self.total = self.worst = 0.0
        for value in values:
            self.add(value)

    def add(self, value: float) -> None:
        self.cells[bisect_left(self.bounds, value)] += 1
        self.total += value
        if value > self.worst:
            self.worst = value

    @property
    def count(self) -> int:
        return sum(self.cells)

    def merge(self, other: "Histogram") -> None:
        """Add another server's counts; those with other bounds (an older release) are ignored."""
        if other.bounds != self.bounds:
            return
        self.cells = [number + more for number, more in zip(self.cells, other.cells, strict=True)]
        self.total += other.total
        self.worst = max(self.worst, other.worst)

    def quantile(self, share: float) -> float | None:
        """Estimate the value that this share does not exceed, as fine as the cells are."""
        rank = share * self.count
        if not rank:
            return None
        seen = 0
        low = 0.0
        for high, number in zip((*self.bounds, self.worst), self.cells, strict=True):
            if number and seen + number >= rank:
                inside = low + (high - low) * (rank - seen) / number
                return min(inside, self.worst)
            seen, low = seen + number, high
        return self.worst

    def cumulative(self) -> list[tuple[str, float]]:
        """Return the number of values up to each bound, for Prometheus."""
        names = [*(f"{bound:g}" for bound in self.bounds), "+Inf"]
        seen, rows = 0, []
        for name, number in zip(names, self.cells, strict=True):
            seen += number
            rows.append((name, float(seen)))
        return rows

    def as_json(self) -> dict[str, Any]:
        return {
            "bounds": list(self.bounds),
            "cells": list(self.cells),
            "total": round(self.total, 6),
            "worst": round(self.worst, 6),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Histogram":
        histogram = cls(data["bounds"])
        histogram.cells, histogram.total = data["cells"], data["total"]
        histogram.worst = data["worst"]
        return histogram
