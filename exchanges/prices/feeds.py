"""Follow the prices that users watch: one process of the installation follows each market.

Every second a stream process looks what is wanted, follows those feeds that nobody else does, and
gives up what nobody wants any more. What it heard meanwhile goes out ten times a second, at once.
"""

import asyncio
import json
import random
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

import structlog
from django.conf import settings
from django.utils.module_loading import import_string
from redis.exceptions import RedisError

from exchanges import venues
from exchanges.base import VenueError
from exchanges.instruments import VenueMarket, group_by_market
from exchanges.limits import connect_rate
from exchanges.prices import leases
from exchanges.prices.board import PriceBoard, PriceFrame
from exchanges.prices.leases import threads
from exchanges.prices.poll import PublicPoll
from exchanges.prices.stream import PublicStream
from exchanges.through_ccxt.price_dialect import Dialect
from realtime import prices as realtime_prices

log = structlog.get_logger(__name__)

TURN_SECONDS: Final = 1.0
TELL_SECONDS: Final = 0.1
REPEAT_SECONDS: Final = 1.0  # until what could not be published is tried again
FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 30.0
STEADY_SECONDS: Final = 30.0  # sockets that lived this long start over patiently


class FollowedMarket:
    """One market, as long as this process follows its prices."""

    def __init__(self, market: VenueMarket) -> None:
        self.market = market
        self.board = PriceBoard(str(market), simulated=market.is_paper)
        dialect = _load_dialect(market)
        self._source = (
            PublicStream(market, self.board, dialect) if dialect else PublicPoll(market, self.board)
        )
        self._task: asyncio.Task[None] | None = None

    async def set_symbols(self, symbols: Iterable[str]) -> None:
        """Watch these symbols; start the new ones with what another process published last."""
        watched = frozenset(symbols)
        if watched != self.board.quotes.keys():
            new = self.board.set_symbols(watched, now=time.monotonic())
            names = [f"{self.market}:{symbol}" for symbol in new]
            for kind, _, frame in await threads.run(realtime_prices.read_newest, names):
                self.board.restore_frame(kind, json.loads(frame)["data"])
            self._source.note_new_symbols()
        if self._task is None or self._task.done():
            self._start_task()

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _start_task(self) -> None:
        if self._task and not self._task.cancelled():
            log.error(
                "price feed task died", market=str(self.market), error=repr(self._task.exception())
            )
        self._task = asyncio.create_task(self._follow_market())

    async def _follow_market(self) -> None:
        failures = 0
        while True:
            began = time.monotonic()
            try:
                await self._wait_for_connect()
                await self._source.run_until_broken()
            except (VenueError, RedisError, OSError) as failure:
                error = str(failure)
            except Exception as failure:  # noqa: BLE001 (the feed must reconnect, not end)
                error = f"{type(failure).__name__} {failure}"[:200]
            self.board.mark_stale()
            failures = 0 if time.monotonic() - began > STEADY_SECONDS else failures + 1
            longest = min(FIRST_DELAY * 2 ** min(failures, 10), LONGEST_DELAY)
            delay = random.uniform(0.5, 1) * longest  # noqa: S311
            log.warning(
                "price feed broke", market=str(self.market), error=error, retry_in=round(delay, 1)
            )
            await asyncio.sleep(delay)

    async def _wait_for_connect(self) -> None:
        """Wait for a connect that the venue's limit allows; all processes share the count."""
        while True:
            seconds = await threads.run(connect_rate.request_connect, self.market)
            if not seconds:
                return
            await asyncio.sleep(seconds)


class Feeds:
    """The markets whose prices this process follows."""

    def __init__(self, holder: str) -> None:
        self.holder = holder
        self._followed: dict[str, FollowedMarket] = {}
        self._ending = asyncio.Event()

    def end(self) -> None:
        self._ending.set()

    async def run(self) -> None:
        telling = asyncio.create_task(self._publish_changes())
        try:
            while not self._ending.is_set():
                await self._try_turn()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ending.wait(), TURN_SECONDS)
        finally:
            telling.cancel()
            await self._release_markets(list(self._followed))

    async def _try_turn(self) -> None:
        try:
            await self._take_turn()
        except RedisError as error:  # nothing can be published either; keep the feeds we have
            log.warning("price feeds not updated: Redis is down", error=str(error))
        except Exception:  # a bug in prices must not end the process, which also follows orders
            log.exception("price feeds not updated")

    async def _take_turn(self) -> None:
        watched = group_by_market(await threads.run(realtime_prices.list_requested))
        names = sorted(map(str, watched))
        leased = await threads.run(leases.hold_markets, self.holder, names)
        await self._release_markets([name for name in self._followed if name not in leased])
        for market, symbols in watched.items():
            if str(market) in leased:
                await self._follow_market(market, symbols)

    async def _follow_market(self, market: VenueMarket, symbols: Iterable[str]) -> None:
        if str(market) not in self._followed:
            self._followed[str(market)] = FollowedMarket(market)
        followed = self._followed[str(market)]
        await followed.set_symbols(symbols)
        followed.board.mark_old_stale(now=time.monotonic(), after=settings.MARKET_STALE_SECONDS)

    async def _release_markets(self, names: list[str]) -> None:
        """Stop following, then release the leases."""
        await asyncio.gather(*(self._followed.pop(name).stop() for name in names))
        with suppress(RedisError):  # then the leases run out by themselves
            await threads.run(leases.release_markets, self.holder, names)

    async def _publish_changes(self) -> None:
        while True:
            boards = [each.board for each in self._followed.values()]
            news = [frame for board in boards for frame in board.take_frames()]
            if news and not await self._publish_frames(news):
                for board in boards:  # of a market that is quiet by now no other frame would come
                    board.repeat_frames()
                await asyncio.sleep(REPEAT_SECONDS)
            await asyncio.sleep(TELL_SECONDS)

    async def _publish_frames(self, news: list[PriceFrame]) -> bool:
        """Publish; return False if it has to be done again."""
        try:
            return await threads.run(realtime_prices.publish_changes, news)
        except Exception:  # a frame that meets a bug would meet it again; the others go on
            log.exception("prices not published")
            return True


def _load_dialect(market: VenueMarket) -> Dialect | None:
    """Return how to read the public streams of this market, or None if it must be polled."""
    spec = venues.get(market.venue).markets.get(market.market)
    dialect: Dialect | None = import_string(spec.prices) if spec and spec.prices else None
    return dialect
