"""Call venues through long-lived adapters, in one event loop per worker process."""

import asyncio
import atexit
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from datetime import timedelta
from decimal import localcontext
from queue import Queue
from typing import Any, Final

from exchanges.adapters import Answer, Call, VenueClock, VenuePool, call_adapter
from exchanges.base import VenueDown
from exchanges.instruments import VenueMarket
from exchanges.models import ExchangeKey
from exchanges.through_ccxt import client as through_ccxt_client

CALL_TIMEOUT: Final = timedelta(seconds=30)
# Of one market among many; shorter, so that the others' answers still arrive in time.
CLOCK_TIMEOUT: Final = timedelta(seconds=8)  # an answer that takes longer is none
PRICES_TIMEOUT: Final = timedelta(seconds=25)

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
    return _ask_markets(_get_pool().fetch_prices, markets, PRICES_TIMEOUT)


def measure_clocks(
    markets: Iterable[VenueMarket],
) -> dict[VenueMarket, VenueClock | Exception | None]:
    """Ask these markets for their time concurrently; a market that fails gives its error."""
    return _ask_markets(_get_pool().measure_clock, markets, CLOCK_TIMEOUT)


def _ask_markets(
    ask: Callable[[VenueMarket], Awaitable[Any]], markets: Iterable[VenueMarket], limit: timedelta
) -> dict[VenueMarket, Any]:
    market_list = list(markets)

    async def all_of_them() -> list[Any]:
        calls = (asyncio.wait_for(ask(market), limit.total_seconds()) for market in market_list)
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
    return await call_adapter(_get_pool(), key, call)


async def make_public_client(market: VenueMarket) -> Any:
    """Return a new ccxt client without a key, for work within `run`."""
    return await _get_pool().make_public_client(market)


async def refresh_markets(market: VenueMarket, client: Any) -> None:
    """Give such a client the markets as they were last loaded."""
    through_ccxt_client.share_markets((await _get_pool()._get_master(market)).client, client)


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
