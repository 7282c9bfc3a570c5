"""Measurements: `python -m bench NAME [--quick] [--json]`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Result:
    """Result of one measurement; without rows its figures are the table.

    `ratios` compare within the run: the machine matters less.
    """

    title: str
    columns: Sequence[str] = ("what", "figure")
    rows: Sequence[Sequence[str]] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
    ratios: Mapping[str, float] = field(default_factory=dict)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent stay below, or are."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def format_ms(seconds: Sequence[float], *percents: int) -> list[str]:
    """The values that so many percent stay below, in milliseconds for a table."""
    return [f"{percentile(seconds, percent) * 1000:.1f}" for percent in percents]


def name_ms(name: str, seconds: Sequence[float], *percents: int) -> dict[str, float]:
    """The same as figures; 100 percent stay below the worst."""
    return {
        f"{name.replace(' ', '_')}_{'worst' if percent == 100 else f'p{percent}'}_ms": round(
            percentile(seconds, percent) * 1000, 2
        )
        for percent in percents
    }
