"""What a portfolio has gained or lost since when, as far as its curve reaches back. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from bots.charts.scales import Known, Point

# How long ago, in words too, and how far from then a point of the curve may be to stand for it
BACK: Final = (
    ("24 h", timedelta(days=1), timedelta(hours=1)),
    ("7 d", timedelta(days=7), timedelta(hours=4)),
    ("30 d", timedelta(days=30), timedelta(hours=12)),
)


@dataclass(frozen=True, slots=True)
class Change:
    """Since so long ago; None where nothing was written down then."""

    words: str
    amount: Decimal | None
    share: Decimal | None  # of what was there then


def changes(points: Iterable[Point], worth: Decimal, *, now: datetime) -> list[Change]:
    known = [(at, value) for at, value in points if value is not None]
    return [_change(known, worth, words, now - back, near) for words, back, near in BACK]


def _change(
    known: Sequence[Known], worth: Decimal, words: str, then: datetime, near: timedelta
) -> Change:
    nearest = min(known, key=lambda point: abs(point[0] - then), default=None)
    if nearest is None or abs(nearest[0] - then) > near:
        return Change(words, None, None)
    amount = worth - nearest[1]
    return Change(words, amount, amount / nearest[1] if nearest[1] > 0 else None)
