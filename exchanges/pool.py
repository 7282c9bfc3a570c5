"""Call venues through long-lived adapters, in one event loop per worker process."""

import asyncio
import atexit
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import localcontext
from functools import partial
from queue import Queue
from typing import Any, Final, TypeVar

import structlog
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from exchanges import venues
from exchanges.base import (
    Adapter,
    RateLimitError,
    RequestNotSent,
    UnknownOutcome,
    VenueDown,
    VenueError,
)
from exchanges.instruments import VenueMarket
from exchanges.models import ExchangeKey
from exchanges.secrets import sealing
from exchanges.through_ccxt import client as through_ccxt_client
from exchanges.through_ccxt.sessions import (
    CcxtSession,
    open_real_session,
    open_simulator_session,
)

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")
Call = Callable[[Adapter], Awaitable[Answer]]
CALL_TIMEOUT: Final = timedelta(seconds=30)
PRICES_TIMEOUT: Final = timedelta(
    seconds=25
)  # of one among many, so that the others' answers still count
MAX_MESSAGE: Final = 300
MAX_CONCURRENT_CALLS: Final = 100  # questions to one venue
MARKETS_LIFETIME: Final = timedelta(hours=4)
MARKETS_RETRY: Final = timedelta(minutes=1)


def load_adapter(market: VenueMarket) -> tuple[Any, Any]:
    """Return the function that makes a ccxt client of this market, and its adapter class."""
    row = venues.get(market.venue)
    spec = row.markets.get(market.market)
    if spec is None:
        raise RequestNotSent(f"{market.venue} {market.market} is not served by this installation")
    connect = import_string(spec.connect)
    if row.is_polled:  # one function makes the clients of all these venues
        connect = partial(connect, row.name)
    return connect, import_string(spec.adapter)


@dataclass(frozen=True, slots=True)
class MarketMaster:
    """A client without a key that has loaded the markets, which all keys there share."""

    client: Any
    loaded_at: datetime
    reload_at: datetime


@dataclass(slots=True)
class KeyAdapter:
    """A key's adapter, with the secrets and the markets that it was made from."""

    secrets: tuple[object, ...]
    client: Any
    adapter: Adapter
    markets_loaded_at: datetime | None = None


@dataclass
class VenuePool:
    """The open sessions, a master client per market, and an adapter per key."""

    loop: asyncio.AbstractEventLoop
    thread: threading.Thread
    sessions: dict[bool, CcxtSession] = field(default_factory=dict)
    masters: dict[VenueMarket, MarketMaster] = field(default_factory=dict)
    adapters: dict[int, KeyAdapter] = field(default_factory=dict)
    locks: dict[VenueMarket, asyncio.Lock] = field(default_factory=dict)
    limits: dict[VenueMarket, asyncio.Semaphore] = field(default_factory=dict)

    async def call_key(self, key: ExchangeKey, ask: Call[Answer]) -> Answer:
        """Call one key's adapter; the limit per market isolates a venue that hangs."""
        async with self.limits.setdefault(
            key.venue_market, asyncio.Semaphore(MAX_CONCURRENT_CALLS)
        ):
            return await _call_adapter(self, key, ask)

    async def get_adapter(self, key: ExchangeKey) -> Adapter:
        """Return the key's adapter; a new one if its secrets changed.

        When the venue's markets were read anew they are put under the adapter that there is: its
        stream knows the new ones too.
        """
        master = await self._get_master(key.venue_market)
        mark = (key.api_key, bytes(key.sealed_secret), bytes(key.sealed_passphrase))
        entry = self.adapters.get(key.pk)
        if entry is None or entry.secrets != mark:
            entry = self.adapters[key.pk] = self._make_adapter(key, mark)
        if entry.markets_loaded_at != master.loaded_at:
            through_ccxt_client.share_markets(master.client, entry.client)
            if venues.get_weights(key.venue, key.market).per == "address":
                entry.client.throttler = master.client.throttler  # one pace for all behind it
            entry.markets_loaded_at = master.loaded_at
        return entry.adapter

    async def fetch_prices(self, market: VenueMarket) -> Mapping[str, str]:
        """Fetch all last prices of one market."""
        master = await self._get_master(market)
        adapter: Adapter = load_adapter(market)[1](master.client, clock=timezone.now)
        return await adapter.fetch_prices()

    async def make_public_client(self, market: VenueMarket) -> Any:
        """Return a new client without a key, on the shared markets: for public streams."""
        master = await self._get_master(market)
        client = load_adapter(market)[0](self._get_session(market.is_paper))
        through_ccxt_client.share_markets(master.client, client)
        return client

    def _make_adapter(self, key: ExchangeKey, mark: tuple[object, ...]) -> KeyAdapter:
        connect, adapter_class = load_adapter(key.venue_market)
        client = connect(
            self._get_session(key.is_paper),
            api_key=key.api_key,
            secret=sealing.open_sealed(bytes(key.sealed_secret)),
            passphrase=_open_passphrase(key),
            timeout_ms=int(settings.VENUE_TIMEOUT_SECONDS * 1000),
        )
        return KeyAdapter(mark, client, adapter_class(client, clock=timezone.now))

    async def _get_master(self, market: VenueMarket) -> MarketMaster:
        async with self.locks.setdefault(market, asyncio.Lock()):
            known, now = self.masters.get(market), timezone.now()
            if known and now < known.reload_at:
                return known
            try:
                client = await self._make_master_client(market)
            except VenueError as error:
                if known is None:
                    raise
                log.warning("markets not reloaded", market=str(market), error=str(error))
                master = replace(known, reload_at=now + MARKETS_RETRY)
            else:
                master = MarketMaster(client, now, now + MARKETS_LIFETIME)
            self.masters[market] = master
            return master

    async def _make_master_client(self, market: VenueMarket) -> Any:
        connect, adapter_class = load_adapter(market)
        client = connect(self._get_session(market.is_paper))
        adapter = adapter_class(client, clock=timezone.now)
        await adapter.fetch_rules()
        await adapter.measure_clock()
        return client

    def _get_session(self, is_paper: bool) -> CcxtSession:
        if is_paper not in self.sessions:
            self.sessions[is_paper] = open_simulator_session() if is_paper else open_real_session()
        return self.sessions[is_paper]

    async def close(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()  # or whoever waits for it would wait for as long as it may take
        for way in self.sessions.values():
            await way.close()  # before a task could bid its venue a long farewell
        await asyncio.gather(*tasks, return_exceptions=True)


def _open_passphrase(key: ExchangeKey) -> str:
    sealed = bytes(key.sealed_passphrase)
    return sealing.open_sealed(sealed) if sealed else ""


_pool: VenuePool | None = None
_pool_lock = threading.Lock()


def call(key: ExchangeKey, ask: Call[Answer]) -> Answer:
    """Call the key's adapter and wait for the result."""
    answer: Answer = _wait_for(_get_pool().call_key(key, ask))
    return answer


def call_many(
    asks: Mapping[ExchangeKey, Call[Answer]],
) -> Iterator[tuple[ExchangeKey, Answer | Exception]]:
    """Call the adapters of many keys concurrently, and yield each result as it arrives.

    What goes wrong for one, or takes long, stays with that one.
    """
    hub = _get_pool()
    done: Queue[tuple[ExchangeKey, Future[Any]]] = Queue()
    for key, ask in asks.items():
        waited = asyncio.wait_for(hub.call_key(key, ask), CALL_TIMEOUT.total_seconds())
        future = _run_in_loop(waited, hub.loop)
        future.add_done_callback(lambda future, owner=key: done.put((owner, future)))  # type: ignore[misc]
    for _ in asks:
        key, answered = done.get()
        yield key, _unwrap_result(answered)


def fetch_prices(
    markets: Iterable[VenueMarket],
) -> dict[VenueMarket, Mapping[str, str] | Exception]:
    """Fetch all last prices of these markets concurrently; a market that fails gives its error."""
    hub, market_list = _get_pool(), list(markets)

    async def all_of_them() -> list[Any]:
        calls = (
            asyncio.wait_for(hub.fetch_prices(market), PRICES_TIMEOUT.total_seconds())
            for market in market_list
        )
        return await asyncio.gather(*calls, return_exceptions=True)

    return {
        market: _as_error(answer) if isinstance(answer, BaseException) else answer
        for market, answer in zip(market_list, _wait_for(all_of_them()), strict=True)
    }


def call_public(market: VenueMarket, ask: Callable[[Any], Awaitable[Answer]]) -> Answer:
    """Call a ccxt client without a key, and wait for the result."""

    async def asked() -> Answer:
        return await ask(await make_public_client(market))

    answer: Answer = _wait_for(asked())
    return answer


def run(work: Coroutine[Any, Any, None], *, stop: Callable[[], None]) -> None:
    """Run work in the adapters' loop until it ends. SIGTERM and Ctrl-C call `stop` there."""
    loop = _get_pool().loop
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
    _run_in_loop(work, loop).result()


async def call_async(key: ExchangeKey, call: Call[Answer]) -> Answer:
    """Call an adapter from within `run`, without a time limit."""
    return await _call_adapter(_get_pool(), key, call)


async def make_public_client(market: VenueMarket) -> Any:
    """Return a new ccxt client without a key, for work within `run`."""
    return await _get_pool().make_public_client(market)


async def refresh_markets(market: VenueMarket, client: Any) -> None:
    """Give such a client the markets as they were last loaded."""
    through_ccxt_client.share_markets((await _get_pool()._get_master(market)).client, client)


async def _call_adapter(hub: VenuePool, key: ExchangeKey, ask: Call[Answer]) -> Answer:
    try:
        adapter = await hub.get_adapter(key)
    except RateLimitError:
        raise
    except (VenueError, sealing.CannotOpen) as error:  # before the question itself left
        raise RequestNotSent(str(error)) from error
    try:
        return await ask(adapter)
    except (VenueError, TimeoutError):
        raise
    except Exception as error:  # an answer that is no such answer: whatever was asked may be done
        log.exception("unreadable answer", key=key.pk, venue=key.venue)
        message = f"the answer makes no sense: {type(error).__name__}: {error}"
        raise UnknownOutcome(message[:MAX_MESSAGE]) from error


def _unwrap_result(answered: Future[Any]) -> Any:
    if answered.cancelled():
        return VenueDown("interrupted")
    error = answered.exception()
    return _as_error(error) if error else answered.result()


def _as_error(error: BaseException) -> Exception:
    if isinstance(error, TimeoutError):
        return VenueDown("no answer in time")
    return error if isinstance(error, Exception) else VenueDown(f"interrupted: {error!r}")


def _run_in_loop(work: Awaitable[Any], loop: asyncio.AbstractEventLoop) -> Future[Any]:
    """Run in the loop with a decimal context of its own: ccxt changes its caller's rounding."""

    async def apart() -> Any:
        with localcontext():
            return await work

    return asyncio.run_coroutine_threadsafe(apart(), loop)


def _wait_for(work: Any) -> Any:
    """Wait from sync code for work in the adapters' loop."""
    future = _run_in_loop(work, _get_pool().loop)
    try:
        return future.result(CALL_TIMEOUT.total_seconds())
    except TimeoutError:
        future.cancel()
        raise VenueDown("no answer in time") from None
    except CancelledError:
        raise VenueDown("interrupted") from None


def close() -> None:
    """Cancel all calls and close the sessions. The next call opens them again."""
    global _pool
    with _pool_lock:
        hub, _pool = _pool, None
    if hub:
        asyncio.run_coroutine_threadsafe(hub.close(), hub.loop).result(CALL_TIMEOUT.total_seconds())
        hub.loop.call_soon_threadsafe(hub.loop.stop)
        hub.thread.join()


atexit.register(close)


def _serve_loop(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def _get_pool() -> VenuePool:
    global _pool
    with _pool_lock:
        if _pool is None:
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=_serve_loop, args=[loop], name="venues", daemon=True)
            thread.start()
            _pool = VenuePool(loop, thread)
    return _pool
