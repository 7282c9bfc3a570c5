"""Keep one key's holdings current while its stream runs: write what it reports, fetch the rest.

Only the newest report of each balance and position waits for the writer, so a burst of fills costs
a few writes. Waiting reports are written before a fetch: see exchanges/holdings/record.py for why.
"""

import asyncio
import random
from collections.abc import Hashable
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog
from django.utils import timezone

from exchanges.base import BalanceReport, PositionReport, StreamUpdate
from exchanges.holdings import fetch, record
from exchanges.holdings.record import HoldingsReport
from exchanges.models import ExchangeKey
from exchanges.streams.threads import DatabaseThreads
from orders.streams import threads
from realtime import streams

log = structlog.get_logger(__name__)

WRITE_PAUSE: Final = 0.2  # the fill itself is published first, and a burst is written at once
ASK_PAUSE: Final = 5.0
FIRST_DELAY: Final = 2.0
LONGEST_DELAY: Final = 60.0
fetching: Final = DatabaseThreads(2, thread_name_prefix="stream-counting")  # may wait
HoldingReport = BalanceReport | PositionReport


class HoldingsWriter:
    def __init__(self, key: ExchangeKey) -> None:
        self.key = key
        self._waiting: dict[Hashable, tuple[datetime, HoldingReport]] = {}
        self._has_reports = asyncio.Event()
        self._fetch_requested = asyncio.Event()  # all balances and positions
        self._writer = asyncio.Lock()

    def add_message(self, message: StreamUpdate, *, at: datetime) -> None:
        for balance in message.balances:
            self._waiting[balance.currency] = at, balance
        for position in message.positions:
            which = position.symbol, position.side
            self._waiting[which] = at, _merge_position(self._waiting.get(which), position)
            if position.quantity and position.liquidation_price is None:
                self.request_fetch()
        if self._waiting:
            self._has_reports.set()
        if message.needs_holdings:
            self.request_fetch()

    def request_fetch(self) -> None:
        self._fetch_requested.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write_loop())
            tasks.create_task(self._fetch_loop())

    async def _write_loop(self) -> None:
        while True:
            await self._has_reports.wait()
            await asyncio.sleep(WRITE_PAUSE)
            self._has_reports.clear()
            if not await self._write_reports():
                self.request_fetch()  # what could not be written is asked for again

    async def _write_reports(self) -> bool:
        async with self._writer:
            waiting, self._waiting = self._waiting, {}
            if not waiting:
                return True
            try:
                await threads.writing.run(_record_reports, self.key.pk, list(waiting.values()))
            except ExchangeKey.DoesNotExist:
                return True  # detached: the supervisor is about to notice
            except Exception:  # a database outage must not end the stream: fetched again later
                log.exception("holdings not written", key=self.key.pk)
                return False
        return True

    async def _fetch_loop(self) -> None:
        failures = 0
        while True:
            await self._fetch_requested.wait()
            self._fetch_requested.clear()
            if await self._write_reports() and await self._fetch_holdings():
                failures = 0
                await asyncio.sleep(ASK_PAUSE)
                continue
            self.request_fetch()
            bound = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(failures, 10))
            failures += 1
            await asyncio.sleep(random.uniform(bound / 2, bound))  # noqa: S311 (nothing secret)

    async def _fetch_holdings(self) -> bool:
        try:
            return await fetching.run(fetch.refresh_key, self.key.pk)
        except Exception:  # a database outage must not end the stream: the loop tries again
            log.exception("holdings not asked for", key=self.key.pk)
            return False


def _record_reports(key_id: int, reports: list[tuple[datetime, HoldingReport]]) -> None:
    """Record reports grouped by the time they arrived, all in one transaction."""
    with streams.unit():
        for at in sorted({at for at, _ in reports}):
            group = [report for when, report in reports if when == at]
            seen = HoldingsReport(
                at=at,
                balances=[one for one in group if isinstance(one, BalanceReport)],
                positions=[one for one in group if isinstance(one, PositionReport)],
            )
            record.record(key_id, seen, now=timezone.now())


def _merge_position(
    waiting: tuple[datetime, HoldingReport] | None, now: PositionReport
) -> PositionReport:
    """Fill what the later message of a position leaves out from the earlier one."""
    if waiting is None or not isinstance(waiting[1], PositionReport):
        return now
    earlier, names = waiting[1], ["entry_price", "mark_price", "leverage", "margin_mode"]
    if earlier.quantity == now.quantity:
        names += ["liquidation_price", "unrealised"]
    missing = {name: getattr(earlier, name) for name in names if getattr(now, name) is None}
    return replace(now, **missing)
