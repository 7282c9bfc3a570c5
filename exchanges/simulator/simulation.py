"""The parts of one running simulator, shared by all its endpoints."""

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from exchanges.simulator.accounts.listen_keys import ListenKeys
from exchanges.simulator.config import Config
from exchanges.simulator.countdowns import Countdowns
from exchanges.simulator.engine.market_history import MarketHistory
from exchanges.simulator.engine.venue import Venue
from exchanges.simulator.faults.faults import Faults
from exchanges.simulator.orders.amendments import Amendments
from exchanges.simulator.rate_limits.sliding_windows import SlidingWindows
from exchanges.simulator.rate_limits.weight_limiter import RateLimiter

if TYPE_CHECKING:
    from exchanges.simulator.transport.sockets import Connection


@dataclass(frozen=True)
class SentEvent:
    """An event sent to an account, and the path of the socket."""

    path: str
    key: str
    message: object


@dataclass
class Counters:
    """Counts of requests, for benches and tests."""

    requests: int = 0
    weight: int = 0
    endpoints: Counter[str] = field(default_factory=Counter)
    requests_by_key: Counter[str] = field(default_factory=Counter)
    weight_by_key: Counter[str] = field(default_factory=Counter)

    def add_weight(self, key: str, weight: int = 1) -> None:
        self.weight += weight
        self.weight_by_key[key] += weight


@dataclass
class Simulation:
    config: Config
    venue: Venue
    token: str
    history: MarketHistory
    limiter: RateLimiter = field(default_factory=RateLimiter)
    windows: SlidingWindows = field(default_factory=SlidingWindows)
    listen_keys: ListenKeys = field(default_factory=ListenKeys)
    faults: Faults = field(default_factory=Faults)
    counters: Counters = field(default_factory=Counters)
    amendments: Amendments = field(default_factory=Amendments)
    countdowns: Countdowns = field(default_factory=Countdowns)
    schedule: Countdowns = field(default_factory=Countdowns)  # planned acts of the control API
    # Bybit's disconnection protection: seconds by API key and product.
    disconnect_windows: dict[tuple[str, str], int] = field(default_factory=dict)
    sockets: set["Connection"] = field(default_factory=set)
    sent_events: deque[SentEvent] = field(default_factory=lambda: deque(maxlen=1000))
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    paused: bool = False
    started: int = 0

    def __post_init__(self) -> None:
        self.started = self.venue.now()
        self.paused = self.config.paused
        self.venue.add_listener(lambda c: self.history.record_changes(c, self.venue.now()))


SIMULATION = web.AppKey("simulation", Simulation)
