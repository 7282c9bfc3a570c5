"""Ask a venue for the best levels of an order book. Only workers load this: it needs ccxt."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from exchanges import venues
from exchanges.instruments import parse
from exchanges.prices.candles import query_public
from exchanges.prices.depth import LEVELS, BookLevelData, DepthData
from exchanges.through_ccxt.client import CcxtAdapter
from realtime.values import format_money, format_time

ASKED: Final = 20  # Binance futures and Bybit take no number between 5 and 20


def fetch_depth(instrument: str, *, now: datetime) -> DepthData:
    """Return the best levels of a symbol's book; raise VenueError if it cannot say."""
    parsed = parse(instrument)
    weight = venues.get_weights(parsed.venue, parsed.market).depth
    fetch = _fetch_book(parsed.symbol)
    book, size = query_public(parsed.venue_market, fetch, weight=weight, now=now)
    return DepthData(
        bids=_read_levels(book["bids"], size),
        asks=_read_levels(book["asks"], size),
        at=format_time(now),
    )


def _read_levels(rows: Iterable[Any], size: Decimal) -> list[BookLevelData]:
    """Read levels; OKX counts its contracts, and we count coins."""
    levels = [(Decimal(str(row[0])), Decimal(str(row[1])) * size) for row in rows]
    return [
        BookLevelData(price=format_money(price), quantity=format_money(quantity))
        for price, quantity in levels[:LEVELS]
        if quantity
    ]


def _fetch_book(symbol: str) -> Callable[[Any], Awaitable[Any]]:
    async def ask(client: Any) -> Any:
        adapter = CcxtAdapter(client, clock=timezone.now)
        book = await adapter.call_ccxt(lambda: client.fetch_order_book(symbol, ASKED))
        return book, Decimal(str(client.market(symbol).get("contractSize") or 1))

    return ask
