"""Volatility, trend and range of an hour: the figures of series that can be checked by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bots.market_analysis.calculate import LARGEST, HourFigures, MinutePrice, analyse_hour

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_minutes(prices: Sequence[str], *, spread: str = "0", gap: int = 1) -> list[MinutePrice]:
    half = Decimal(spread) / 2
    return [
        MinutePrice(BEGIN + timedelta(minutes=number * gap), middle - half, middle + half)
        for number, middle in enumerate(map(Decimal, prices))
    ]


def analyse(prices: Sequence[str], **options: object) -> HourFigures:
    figures = analyse_hour(make_minutes(prices, **options))  # type: ignore[arg-type]
    assert figures
    return figures


@pytest.mark.parametrize(
    ("prices", "change", "span", "volatility", "trend"),
    [
        (["100"], "0", "0", None, "unknown"),
        (["100"] * 10, "0", "0", None, "unknown"),  # nine steps
        (["100"] * 11, "0", "0", "0", "sideways"),
        (["100"] * 11 + ["101"], "1", "1", "2.3239", "sideways"),
        ([str(100 + number) for number in range(60)], "59", "59", "0.8248", "up"),
        ([str(159 - number) for number in range(60)], "-37.1069", "59", "0.8248", "down"),
        (["100", "101"] * 30, "1", "1", "7.7725", "sideways"),
    ],
)
def test_figures_of_an_hour(
    prices: list[str], change: str, span: str, volatility: str | None, trend: str
) -> None:
    figures = analyse(prices)
    assert figures.change_percent == Decimal(change)
    assert figures.range_percent == Decimal(span)
    assert figures.volatility_percent == (None if volatility is None else Decimal(volatility))
    assert (figures.trend, figures.minutes) == (trend, len(prices))


def test_the_range_is_of_all_prices_and_not_of_the_middles() -> None:
    figures = analyse(["100", "102"], spread="8")
    assert (figures.low, figures.high, figures.price) == tuple(map(Decimal, (96, 106, 102)))
    assert figures.range_percent == Decimal("10.4167")


def test_steps_over_a_gap_give_no_volatility() -> None:
    assert analyse(["100", "101"] * 10, gap=2).volatility_percent is None


@pytest.mark.parametrize("prices", [[], ["100", "0"], ["-1"]])
def test_impossible_prices_give_nothing(prices: list[str]) -> None:
    assert analyse_hour(make_minutes(prices)) is None


def test_an_absurd_price_fits_the_column() -> None:
    assert analyse(["0.000000000001", "99999999999"]).range_percent == LARGEST
