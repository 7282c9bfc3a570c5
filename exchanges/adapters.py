"""Keep the adapters of a worker process: sessions, loaded markets, and an adapter per key."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

import structlog
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from exchanges import delisted, venues
from exchanges.base import Adapter, RateLimitError, RequestNotSent, UnknownOutcome, VenueError
from exchanges.instruments import VenueMarket
from exchanges.models import ExchangeKey
from exchanges.secrets import sealing
from exchanges.through_ccxt import client as through_ccxt_client
from exchanges.through_ccxt import sessions
from exchanges.through_ccxt.sessions import CcxtSession

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")
Call = Callable[[Adapter], Awaitable[Answer]]
MAX_MESSAGE: Final = 300
MAX_CONCURRENT_CALLS: Final = 100  # to one market
MARKETS_LIFETIME: Final = timedelta(hours=1)
MARKETS_RETRY: Final = timedelta(minutes=1)
IDLE_SECONDS: Final = 3600.0  # then an adapter is dropped: its key was detached or switched off
LOOK_SECONDS: Final = 60.0  # between two looks for idle ones


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
    asked_at: datetime  # loaded, or tried in vain


@dataclass(frozen=True, slots=True)
class VenueClock:
    """A market's answer to the time: how long it took, and by how much our clock is ahead."""

    seconds: float
    offset_ms: int


@dataclass(slots=True, eq=False)
class KeyAdapter:
    """A key's adapter, with the secrets and the markets that it was made from."""

    secrets: tuple[object, ...]
    client: Any
    adapter: Adapter
    markets_loaded_at: datetime | None = None
    calls: int = 0  # under way; a stream is one of them
    used_at: float = field(default_factory=time.monotonic)

    @contextmanager
    def count_call(self) -> Iterator[Adapter]:
        self.calls += 1
        try:
            yield self.adapter
        finally:
            self.calls, self.used_at = self.calls - 1, time.monotonic()

    def is_idle(self, now: float) -> bool:
        return not self.calls and now - self.used_at > IDLE_SECONDS


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
    replaced: list[KeyAdapter] = field(default_factory=list)  # by others with new secrets
    looked_at: float = field(default_factory=time.monotonic)

    async def call_key(self, key: ExchangeKey, ask: Call[Answer]) -> Answer:
        """Call one key's adapter; the limit per market isolates a venue that hangs."""
        async with self.limits.setdefault(
            key.venue_market, asyncio.Semaphore(MAX_CONCURRENT_CALLS)
        ):
            return await call_adapter(self, key, ask)

    async def get_adapter(self, key: ExchangeKey) -> KeyAdapter:
        """Return the key's adapter; a new one if its secrets changed.

        When the venue's markets were read anew they are put under the adapter that there is: its
        stream knows the new ones too.
        """
        master = await self._get_master(key.venue_market)
        self._drop_idle()
        mark = (key.api_key, bytes(key.sealed_secret), bytes(key.sealed_passphrase))
        entry = self.adapters.get(key.pk)
        if entry is None or entry.secrets != mark:
            self.replaced += [entry] if entry else []
            entry = self.adapters[key.pk] = self._make_adapter(key, mark)
        self._share_master(key, entry, master)
        return entry

    def _drop_idle(self) -> None:
        """Drop what is not used any more: a detached key leaves neither memory nor secrets."""
        now = time.monotonic()
        if now - self.looked_at < LOOK_SECONDS:
            return
        self.looked_at = now
        idle = {pk: entry for pk, entry in self.adapters.items() if entry.is_idle(now)}
        for pk in idle:
            del self.adapters[pk]
        ended = [entry for entry in self.replaced if not entry.calls]
        self.replaced = [entry for entry in self.replaced if entry.calls]
        for entry in (*idle.values(), *ended):
            entry.client.session = None  # it is shared, and ccxt warns of one that is not closed

    async def refresh_markets(self, key: ExchangeKey, entry: KeyAdapter) -> None:
        """Load the markets anew for a key that met an unknown one, at most once a minute."""
        self._share_master(key, entry, await self._get_master(key.venue_market, is_needed=True))

    def _share_master(self, key: ExchangeKey, entry: KeyAdapter, master: MarketMaster) -> None:
        if entry.markets_loaded_at != master.loaded_at:
            through_ccxt_client.share_markets(master.client, entry.client)
            if venues.get_weights(key.venue, key.market).per == "address":
                entry.client.throttler = master.client.throttler  # one pace for all behind it
            entry.markets_loaded_at = master.loaded_at

    async def fetch_prices(self, market: VenueMarket) -> Mapping[str, str]:
        """Fetch all last prices of one market."""
        master = await self._get_master(market)
        adapter: Adapter = load_adapter(market)[1](master.client, clock=timezone.now)
        return await adapter.fetch_prices()

    async def measure_clock(self, market: VenueMarket) -> VenueClock | None:
        """Ask a market for its time; None where the venue tells none."""
        master = await self._get_master(market)
        if not master.client.has.get("fetchTime"):
            return None
        adapter = load_adapter(market)[1](master.client, clock=timezone.now)
        began = time.monotonic()
        await adapter.measure_clock()
        ahead_ms = int(master.client.options.get("timeDifference") or 0)
        return VenueClock(seconds=time.monotonic() - began, offset_ms=ahead_ms)

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
            passphrase=open_passphrase(key),
            timeout_ms=int(settings.VENUE_TIMEOUT_SECONDS * 1000),
        )
        adapter = adapter_class(client, clock=timezone.now)
        entry = KeyAdapter(mark, client, adapter)
        adapter.listings.refresh = lambda: self.refresh_markets(key, entry)
        return entry

    async def _get_master(self, market: VenueMarket, *, is_needed: bool = False) -> MarketMaster:
        """Return the market's master; `is_needed` has one older than a minute loaded anew."""
        async with self.locks.setdefault(market, asyncio.Lock()):
            known, now = self.masters.get(market), timezone.now()
            is_old = is_needed and known is not None and now - known.asked_at > MARKETS_RETRY
            if known and now < known.reload_at and not is_old:
                return known
            try:
                client = await self._make_master_client(market)
            except VenueError as error:
                if known is None:
                    raise
                log.warning("markets not reloaded", market=str(market), error=str(error))
                master = replace(known, reload_at=now + MARKETS_RETRY, asked_at=now)
            else:
                master = MarketMaster(client, now, now + MARKETS_LIFETIME, now)
            self.masters[market] = master
            return master

    async def _make_master_client(self, market: VenueMarket) -> Any:
        connect, adapter_class = load_adapter(market)
        client = connect(self._get_session(market.is_paper))
        adapter = adapter_class(client, clock=timezone.now)
        await adapter.fetch_rules()
        await delisted.restore_symbols(market, client)
        await adapter.measure_clock()
        return client

    def _get_session(self, is_paper: bool) -> CcxtSession:
        if is_paper not in self.sessions:
            session = (
                sessions.open_simulator_session() if is_paper else sessions.open_real_session()
            )
            self.sessions[is_paper] = session
        return self.sessions[is_paper]

    async def close(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()  # or whoever waits for it would wait for as long as it may take
        for way in self.sessions.values():
            await way.close()  # before a task could bid its venue a long farewell
        await asyncio.gather(*tasks, return_exceptions=True)


def open_passphrase(key: ExchangeKey) -> str:
    sealed = bytes(key.sealed_passphrase)
    return sealing.open_sealed(sealed) if sealed else ""


async def call_adapter(hub: VenuePool, key: ExchangeKey, ask: Call[Answer]) -> Answer:
    try:
        entry = await hub.get_adapter(key)
    except RateLimitError:
        raise
    except (VenueError, sealing.CannotOpen) as error:  # before the question itself left
        raise RequestNotSent(str(error)) from error
    try:
        with entry.count_call() as adapter:
            return await ask(adapter)
    except (VenueError, TimeoutError):
        raise
    except Exception as error:  # a malformed answer: the venue may have done what it was asked
        log.exception("unreadable answer", key=key.pk, venue=key.venue)
        message = f"the answer makes no sense: {type(error).__name__}: {error}"
        raise UnknownOutcome(message[:MAX_MESSAGE]) from error
