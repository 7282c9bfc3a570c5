"""Keeps one key's holdings while its stream is followed: writes what is heard, asks for the rest.

The newest word on each thing waits for the writer, so a burst of fills costs a few writes. What
was heard before a question is written before it is asked: see exchanges/holdings/record.py for why.
"""

import asyncio
import random
from collections.abc import Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog
from django.utils import timezone

from exchanges.base import BalanceReport, PositionReport, StreamUpdate
from exchanges.holdings import fetch, record
from exchanges.holdings.record import Seen
from exchanges.models import ExchangeKey
from orders.streams import threads
from realtime import streams

log = structlog.get_logger(__name__)

WRITE_PAUSE: Final = 0.2  # the fill itself is told first, and a burst of them in one word
ASK_PAUSE: Final = 5.0
FIRST_DELAY: Final = 2.0
LONGEST_DELAY: Final = 60.0
fetching: Final = ThreadPoolExecutor(2, thread_name_prefix="stream-counting")  # in no haste
HoldingReport = BalanceReport | PositionReport


class HoldingsWriter:
    def __init__(self, key: ExchangeKey) -> None:
        self.key = key
        self._waiting: dict[Hashable, tuple[datetime, HoldingReport]] = {}
        self._heard = asyncio.Event()
        self._wanted = asyncio.Event()  # an answer to "what do you hold?"
        self._writer = asyncio.Lock()

    def hear(self, heard: StreamUpdate, *, at: datetime) -> None:
        for balance in heard.balances:
            self._waiting[balance.currency] = at, balance
        for position in heard.positions:
            which = position.symbol, position.side
            self._waiting[which] = at, _merge_position(self._waiting.get(which), position)
            if position.quantity and position.liquidation_price is None:
                self.want()
        if self._waiting:
            self._heard.set()
        if heard.needs_holdings:
            self.want()

    def want(self) -> None:
        self._wanted.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write_for_ever())
            tasks.create_task(self._ask_for_ever())

    async def _write_for_ever(self) -> None:
        while True:
            await self._heard.wait()
            await asyncio.sleep(WRITE_PAUSE)
            self._heard.clear()
            if not await self._written():
                self.want()  # what could not be written is asked for again

    async def _written(self) -> bool:
        async with self._writer:
            waiting, self._waiting = self._waiting, {}
            if not waiting:
                return True
            try:
                await threads.run_in_thread(
                    threads.writing, _record_reports, self.key.pk, list(waiting.values())
                )
            except ExchangeKey.DoesNotExist:
                return True  # detached: the supervisor is about to notice
            except Exception:  # such as a database that is away: seen in the log, asked for later
                log.exception("holdings not written", key=self.key.pk)
                return False
        return True

    async def _ask_for_ever(self) -> None:
        failures = 0
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            if await self._written() and await self._asked():
                failures = 0
                await asyncio.sleep(ASK_PAUSE)
                continue
            self.want()
            bound = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(failures, 10))
            failures += 1
            await asyncio.sleep(random.uniform(bound / 2, bound))  # noqa: S311 (nothing secret)

    async def _asked(self) -> bool:
        try:
            return await threads.run_in_thread(fetching, fetch.take, self.key.pk)
        except Exception:  # such as a database that is away: seen in the log, and tried again
            log.exception("holdings not asked for", key=self.key.pk)
            return False


def _record_reports(key_id: int, heard: list[tuple[datetime, HoldingReport]]) -> None:
    """Each by the time it was heard, all in one transaction."""
    with streams.unit():
        for at in sorted({at for at, _ in heard}):
            then = [report for when, report in heard if when == at]
            seen = Seen(
                at=at,
                balances=[one for one in then if isinstance(one, BalanceReport)],
                positions=[one for one in then if isinstance(one, PositionReport)],
            )
            record.record(key_id, seen, now=timezone.now())


def _merge_position(
    before: tuple[datetime, HoldingReport] | None, now: PositionReport
) -> PositionReport:
    """What the later message leaves out, the earlier one may have said."""
    if before is None or not isinstance(before[1], PositionReport):
        return now
    earlier, names = before[1], ["entry_price", "mark_price", "leverage", "margin_mode"]
    if earlier.quantity == now.quantity:
        names += ["liquidation_price", "unrealised"]
    unsaid = {name: getattr(earlier, name) for name in names if getattr(now, name) is None}
    return replace(now, **unsaid)
