"""Symbols that a venue no longer lists: clients keep them, to ask about the orders of them.

ccxt refuses a symbol that its venue does not list before it sends anything. The venue itself still
answers for the orders of such a symbol, by its own name of it.
"""

import asyncio
from collections.abc import Collection
from typing import Any

import structlog
from django.db import connection

from exchanges.instruments import VenueMarket
from exchanges.models import Symbol
from exchanges.through_ccxt.client import restore_market

log = structlog.get_logger(__name__)


async def restore_symbols(market: VenueMarket, client: Any) -> None:
    """Give a client that has loaded its markets those that its venue no longer lists."""
    try:
        symbols = await asyncio.to_thread(_load_missing, market, set(client.markets))
    except Exception:  # a database error must not stop the client: listed symbols still work
        log.exception("delisted symbols not loaded", market=str(market))
        return
    for symbol in symbols:
        restore_market(
            client,
            name=symbol.name,
            venue_name=symbol.venue_name,
            base=symbol.base,
            quote=symbol.quote,
            contract_size=symbol.contract_size,
        )


def _load_missing(market: VenueMarket, listed: Collection[str]) -> list[Symbol]:
    """Load what the venue's list lacks; the hourly reading may not have noticed it yet."""
    try:
        known = Symbol.with_delisted.filter(**market._asdict()).exclude(venue_name="")
        return [symbol for symbol in known if symbol.name not in listed]
    finally:
        connection.close()  # needed again in hours
