"""Ask a venue for the candles of a chart. Only workers load this: it needs ccxt."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from exchanges.instruments import parse
from exchanges.prices.candles import query_candles
from exchanges.prices.chart_candles import CANDLES, CandleData
from exchanges.through_ccxt.client import CcxtAdapter
from exchanges.through_ccxt.values import parse_time
from realtime.values import format_money, format_time


def fetch_candles(instrument: str, length: str, *, now: datetime) -> list[CandleData]:
    """Return the newest candles of a symbol, oldest first; raise VenueError if it cannot say."""
    parsed = parse(instrument)
    rows = query_candles(parsed.venue_market, _fetch_rows(parsed.symbol, length), now=now)
    return [candle_data(row) for row in sorted(rows) if all(row[:5])][-CANDLES:]


def candle_data(row: Any) -> CandleData:
    moment, *prices, volume = row
    opened, high, low, close = (format_money(Decimal(price)) for price in prices)
    return CandleData(
        at=format_time(parse_time(moment)),
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=format_money(Decimal(volume or 0)),
    )


def _fetch_rows(symbol: str, length: str) -> Callable[[Any], Awaitable[Any]]:
    async def ask(client: Any) -> Any:
        adapter = CcxtAdapter(client, clock=timezone.now)
        return await adapter.call_ccxt(lambda: client.fetch_ohlcv(symbol, length, None, CANDLES))

    return ask
