"""The last 24 hours of a market in a cell: change, volume and a line, from hourly candles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from exchanges.instruments import parse
from exchanges.prices import chart_candles
from exchanges.prices.chart_candles import CandleData
from exchanges.venues import MarketKind
from orders.web.row_text import MINUS
from realtime.values import format_money
from users.number_format.separators import write_number

LENGTH: Final = "1h"
HOURS: Final = 24
WIDTH, HEIGHT = 96, 20


@dataclass(frozen=True, slots=True)
class MarketDay:
    """Texts of a cell; `points` are those of an SVG line."""

    percent: Decimal
    change: str
    way: str
    volume: str  # in the base currency; empty for contracts, which venues count differently
    points: str


def read_day(instrument: str) -> MarketDay | None:
    """Build the cell of candles at hand; None while a worker still reads them."""
    candles = chart_candles.find_candles(instrument, LENGTH)
    return None if candles is None else _build_market_day(instrument, candles)


def list_days(instruments: Iterable[str]) -> dict[str, MarketDay | None]:
    """Build the cells of candles at hand, for the first paint of a page."""
    kept = chart_candles.list_kept(instruments, LENGTH)
    return {name: _build_market_day(name, candles) for name, candles in kept.items()}


def build_day(candles: Sequence[CandleData], *, is_spot: bool) -> MarketDay | None:
    """Build the cell; None unless the candles reach back for a whole day."""
    newest = candles[-HOURS - 1 :]
    if len(newest) <= HOURS:
        return None
    first, last = Decimal(newest[0]["open"]), Decimal(newest[-1]["close"])
    percent = round((last / first - 1) * 100, 2)
    sign, way = ("+", "up") if percent > 0 else (MINUS, "down") if percent < 0 else ("", "")
    volume = sum((Decimal(candle["volume"]) for candle in newest[1:]), Decimal(0))
    return MarketDay(
        percent=percent,
        change=f"{sign}{write_number(f'{abs(percent):,}')} %",
        way=way,
        volume=_write_volume(volume) if is_spot and volume else "",
        points=_draw_line([Decimal(candle["close"]) for candle in newest]),
    )


def _write_volume(volume: Decimal) -> str:
    exact = format_money(Decimal(f"{volume:.4g}"))
    return write_number(f"{Decimal(exact):,f}")


def _build_market_day(instrument: str, candles: Sequence[CandleData]) -> MarketDay | None:
    return build_day(candles, is_spot=parse(instrument).market == MarketKind.SPOT)


def _draw_line(prices: Sequence[Decimal]) -> str:
    low, high = min(prices), max(prices)
    span = (high - low) or Decimal(1)
    last = len(prices) - 1
    return " ".join(
        f"{index * WIDTH / last:.1f},{HEIGHT - (price - low) / span * HEIGHT:.1f}"
        for index, price in enumerate(prices)
    )
