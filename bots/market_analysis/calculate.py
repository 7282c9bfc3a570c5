"""Calculate volatility, trend and range from the minutes of an hour. Pure.

A minute's price is the middle of its highest and lowest one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final, Literal

Trend = Literal["up", "down", "sideways", "unknown"]
MINUTE: Final = timedelta(minutes=1)
HOUR_MINUTES: Final = 60
LEAST_STEPS: Final = 10  # from one minute to the next; fewer give no volatility
PLACES: Final = Decimal("0.0001")
LARGEST: Final = Decimal(10) ** 15  # percent: one absurd price must not stop the others


@dataclass(frozen=True, slots=True)
class MinutePrice:
    at: datetime
    low: Decimal
    high: Decimal

    @property
    def middle(self) -> Decimal:
        return (self.low + self.high) / 2


@dataclass(frozen=True, kw_only=True, slots=True)
class HourFigures:
    minutes: int
    price: Decimal
    low: Decimal
    high: Decimal
    change_percent: Decimal
    range_percent: Decimal
    volatility_percent: Decimal | None
    trend: Trend


def analyse_hour(minutes: Sequence[MinutePrice]) -> HourFigures | None:
    """Return the figures of these minutes, oldest first; None if a price is missing or not above 0.

    Volatility is the standard deviation of the steps from minute to minute, for an hour: times the
    root of 60. The trend is up or down when the hour moved further than that.
    """
    if not minutes or any(minute.low <= 0 for minute in minutes):
        return None
    low, high = min(minute.low for minute in minutes), max(minute.high for minute in minutes)
    first, last = minutes[0].middle, minutes[-1].middle
    change, volatility = _to_percent(last - first, first), _measure_volatility(minutes)
    return HourFigures(
        minutes=len(minutes),
        price=last,
        low=low,
        high=high,
        change_percent=change,
        range_percent=_to_percent(high - low, low),
        volatility_percent=volatility,
        trend=_name_trend(change, volatility),
    )


def _measure_volatility(minutes: Sequence[MinutePrice]) -> Decimal | None:
    """Return percent in an hour. Steps over a gap do not count: they are not of one minute."""
    steps = [
        math.log(after.middle / before.middle)
        for before, after in pairwise(minutes)
        if after.at - before.at == MINUTE
    ]
    if len(steps) < LEAST_STEPS:
        return None
    mean = math.fsum(steps) / len(steps)
    variance = math.fsum((step - mean) ** 2 for step in steps) / (len(steps) - 1)
    return _round_percent(Decimal(math.sqrt(variance * HOUR_MINUTES) * 100))


def _name_trend(change: Decimal, volatility: Decimal | None) -> Trend:
    if volatility is None:
        return "unknown"
    if abs(change) <= volatility:
        return "sideways"
    return "up" if change > 0 else "down"


def _to_percent(part: Decimal, whole: Decimal) -> Decimal:
    return _round_percent(part * 100 / whole)


def _round_percent(value: Decimal) -> Decimal:
    return min(LARGEST, value).quantize(PLACES)
