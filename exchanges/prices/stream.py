"""Follow one market by its venue's public streams: one subscription per instrument."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any, Final

import ccxt
import structlog
from django.conf import settings
from django.utils import timezone

from exchanges import pool
from exchanges.base import VenueDown
from exchanges.instruments import VenueMarket
from exchanges.prices.board import PriceBoard
from exchanges.through_ccxt import private_stream
from exchanges.through_ccxt.errors import extract_message
from exchanges.through_ccxt.price_dialect import Dialect

log = structlog.get_logger(__name__)

TOLD: Final = frozenset({"data", "e", "u"})  # frames with one of these are no answers
LOOK_AGAIN_SECONDS: Final = 60.0  # for instruments that no market list has yet
ANSWER_SECONDS: Final = 5.0  # a refusal that comes later answers nothing that we asked
DOUBT_SECONDS: Final = 600.0


class PublicStream:
    """One market's public streams: subscriptions over one life of its sockets.

    A request that is refused costs the others a new connection, so what was refused is left out
    for a while.
    """

    def __init__(self, market: VenueMarket, board: PriceBoard, dialect: Dialect) -> None:
        self._market, self._board, self._dialect = market, board, dialect
        self._changed = asyncio.Event()
        self._subscribed: dict[str, str] = {}  # symbols by the venue's names for them
        self._sent: dict[str, deque[float]] = {}
        self._number = count(1)
        self._latest: tuple[float, list[str]] = (0.0, [])
        self._suspended: dict[str, float] = {}

    def note_new_symbols(self) -> None:
        """Wake the subscriber: the board watches other symbols."""
        self._changed.set()

    async def run_until_broken(self) -> None:
        client = await pool.make_public_client(self._market)
        client.open()
        self._subscribed, self._sent = {}, {}
        try:
            await self._follow_sockets(client)
        except ccxt.BaseError as error:
            raise VenueDown(extract_message(error)) from None

    async def _follow_sockets(self, client: Any) -> None:
        theirs = client.handle_message
        await private_stream.follow_until_broken(
            client,
            [partial(self._keep_subscribed, client), partial(self._wait_for_end, client)],
            login=partial(self._subscribe_changes, client),
            connected=lambda: log.info("price feed open", market=str(self._market)),
            look=self._check_frame,
            handle=lambda socket, frame: None if _carries_data(frame) else theirs(socket, frame),
            silent_seconds=min(private_stream.SILENT_SECONDS, settings.MARKET_STALE_SECONDS),
        )

    def _check_frame(self, frame: Any) -> Exception | None:
        """Read a frame onto the board before ccxt sees it."""
        if not isinstance(frame, Mapping):
            return None  # a pong
        if message := self._dialect.refusal(frame):
            self._suspend_refused(message)
            return VenueDown(f"{self._market.venue} refused: {message}"[:200])
        report = self._dialect.read(frame)
        if report is not None and (symbol := self._subscribed.get(report.name)):
            self._board.record_report(symbol, report, now=time.monotonic(), clock=timezone.now())
        return None

    def _suspend_refused(self, message: str) -> None:
        """Leave out refused symbols for a while: those it names, or the whole request."""
        now, (at, names) = time.monotonic(), self._latest
        if now - at < ANSWER_SECONDS:
            meant = [name for name in names if name in message] or names
            self._suspended |= dict.fromkeys(meant, now + DOUBT_SECONDS)

    async def _keep_subscribed(self, client: Any) -> None:
        wait = LOOK_AGAIN_SECONDS if self._has_unlisted(client) else None
        try:
            async with asyncio.timeout(wait):
                await self._changed.wait()
        except TimeoutError:
            await pool.refresh_markets(self._market, client)
        await self._subscribe_changes(client)

    async def _wait_for_end(self, client: Any) -> None:
        """Wait until a socket ends: ccxt reports that only to futures on the socket."""
        sockets = (client.client(url) for url in self._list_urls(client))
        await asyncio.gather(*(socket.future("end") for socket in sockets))

    async def _subscribe_changes(self, client: Any) -> None:
        """Subscribe to new symbols and unsubscribe from old ones, as fast as the venue allows."""
        while True:
            self._changed.clear()
            listed = self._wanted_names(client)
            more = sorted(listed.keys() - self._subscribed.keys())[: self._dialect.at_once]
            less = sorted(self._subscribed.keys() - listed.keys())[: self._dialect.at_once]
            if not (more or less):
                return
            for name in more:
                self._note_contract_size(client.markets[listed[name]])
            self._subscribed |= {name: listed[name] for name in more}
            for name in less:
                del self._subscribed[name]
            await self._send_request(client, True, more)
            await self._send_request(client, False, less)

    def _wanted_names(self, client: Any) -> dict[str, str]:
        """Return the watched symbols that the venue lists and has not refused, by its names."""
        now, markets = time.monotonic(), client.markets
        names = {
            markets[symbol]["id"]: symbol for symbol in self._board.quotes if symbol in markets
        }
        return {
            name: symbol for name, symbol in names.items() if self._suspended.get(name, 0) < now
        }

    def _note_contract_size(self, market: Mapping[str, Any]) -> None:
        size = Decimal(str(market.get("contractSize") or 1)) if market.get("contract") else 1
        if size != 1:
            self._board.sizes[market["symbol"]] = Decimal(size)

    async def _send_request(self, client: Any, begin: bool, names: list[str]) -> None:
        if not names:
            return
        for channel in self._dialect.channels:
            url = self._dialect.address(client, channel)
            socket = client.client(url)
            await socket.connect(client.session)
            await self._wait_for_rate(url)
            request = self._dialect.request(begin, channel, names, next(self._number))
            await socket.send(request)
            self._latest = time.monotonic(), names

    async def _wait_for_rate(self, url: str) -> None:
        limit, seconds = self._dialect.requests
        sent = self._sent.setdefault(url, deque(maxlen=limit))
        if len(sent) == limit:
            await asyncio.sleep(max(0.0, sent[0] + seconds - time.monotonic()))
        sent.append(time.monotonic())

    def _has_unlisted(self, client: Any) -> bool:
        return any(symbol not in client.markets for symbol in self._board.quotes)

    def _list_urls(self, client: Any) -> set[str]:
        return {self._dialect.address(client, channel) for channel in self._dialect.channels}


def _carries_data(frame: Any) -> bool:
    """Return True for frames that the board has read; ccxt need not read them too."""
    return isinstance(frame, Mapping) and not TOLD.isdisjoint(frame)
