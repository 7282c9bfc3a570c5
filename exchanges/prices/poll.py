"""Follow one market by polling, for venues whose public streams we cannot read."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone

from exchanges import pool
from exchanges.base import VenueError
from exchanges.instruments import VenueMarket
from exchanges.limits import bans, weight_budget
from exchanges.limits.failures import note_failure
from exchanges.prices.board import PriceBoard
from exchanges.prices.leases import threads
from exchanges.through_ccxt.client import CcxtAdapter
from exchanges.through_ccxt.price_dialect import BookTop, LastPrice

EVERY_SECONDS: Final = 3.0
WAIT_SECONDS: Final = 1.0  # until there may be room in the budget


class PublicPoll:
    """Poll the watched tickers, in one request where the venue can."""

    def __init__(self, market: VenueMarket, board: PriceBoard) -> None:
        self._market, self._board = market, board

    def note_new_symbols(self) -> None:
        """Do nothing: each round polls what the board watches then."""

    async def run_until_broken(self) -> None:
        client = await pool.make_public_client(self._market)
        adapter = CcxtAdapter(client, clock=timezone.now)
        while True:
            try:
                await adapter.call_ccxt(lambda: self._fetch_prices(client))
            except VenueError as error:
                await threads.run(note_failure, self._market, error, now=timezone.now())
                raise
            await asyncio.sleep(EVERY_SECONDS)

    async def _fetch_prices(self, client: Any) -> None:
        symbols = [symbol for symbol in self._board.quotes if symbol in client.markets]
        if not symbols:
            return
        if client.has.get("fetchTickers"):
            await self._wait_for_budget()
            self._record_rows((await client.fetch_tickers(symbols)).values())
            return
        for symbol in symbols:
            await self._wait_for_budget()
            self._record_rows([await client.fetch_ticker(symbol)])

    async def _wait_for_budget(self) -> None:
        """Wait until the price share of the weight budget allows a request."""
        while True:
            if await threads.run(_may_ask, self._market):
                return
            await asyncio.sleep(WAIT_SECONDS)

    def _record_rows(self, rows: Any) -> None:
        now, clock = time.monotonic(), timezone.now()
        for row in rows:
            for report in _make_reports(row):
                self._board.record_report(row["symbol"], report, now=now, clock=clock)


def _may_ask(market: VenueMarket) -> bool:
    now = timezone.now()
    if bans.get_end(market, now=now):
        return False
    return weight_budget.try_spend(market, 1, now=now, window=weight_budget.PRICES)


def _make_reports(row: Mapping[str, Any]) -> list[LastPrice | BookTop]:
    """Return the reports in one ccxt ticker."""
    name, at = row["symbol"], row.get("timestamp")
    bid = str(row.get("bid") or ""), str(row.get("bidVolume") or "")
    ask = str(row.get("ask") or ""), str(row.get("askVolume") or "")
    return [LastPrice(name, str(row.get("last") or ""), at), BookTop(name, bid, ask, at)]
