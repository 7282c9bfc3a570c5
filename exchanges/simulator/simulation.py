"""All that one running simulator consists of, handed to every door of it."""

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web

from exchanges.simulator.accounts.listen_keys import ListenKeys
from exchanges.simulator.config import Config
from exchanges.simulator.engine.engine import Changes
from exchanges.simulator.engine.market_history import Tape
from exchanges.simulator.engine.venue import Venue
from exchanges.simulator.faults.faults import Faults
from exchanges.simulator.rate_limits.sliding_windows import Windows
from exchanges.simulator.rate_limits.weight_limiter import RateLimiter


class Socket(Protocol):
    """An open WebSocket, as far as faults are concerned."""

    @property
    def path(self) -> str: ...
    def asked(self) -> list[str]: ...
    def serves(self, key: str) -> bool: ...
    def send_event(self, message: object, key: str = "") -> None: ...
    def complain(self, code: int, words: str) -> None: ...
    def drop(self) -> None: ...
    def end_streams(self) -> None: ...
    def say(self, key: str, event: object) -> None: ...


@dataclass(frozen=True)
class Told:
    """An event that some account was told of, and on which kind of socket."""

    path: str
    key: str
    message: object


@dataclass
class Counters:
    """How often the simulator was asked, for benches and tests that count calls."""

    requests: int = 0
    weight: int = 0
    endpoints: Counter[str] = field(default_factory=Counter)
    requests_by_key: Counter[str] = field(default_factory=Counter)
    weight_by_key: Counter[str] = field(default_factory=Counter)


@dataclass
class Simulation:
    config: Config
    venue: Venue
    token: str
    tape: Tape
    limiter: RateLimiter = field(default_factory=RateLimiter)
    windows: Windows = field(default_factory=Windows)
    listen_keys: ListenKeys = field(default_factory=ListenKeys)
    faults: Faults = field(default_factory=Faults)
    counters: Counters = field(default_factory=Counters)
    sockets: set[Socket] = field(default_factory=set)
    told: deque[Told] = field(default_factory=lambda: deque(maxlen=1000))
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    paused: bool = False
    started: int = 0

    def __post_init__(self) -> None:
        self.started = self.venue.now()
        self.paused = self.config.paused
        self.venue.listen(self._hear)

    def _hear(self, changes: Changes) -> None:
        self.tape.hear(changes, self.venue.now())


SIMULATION = web.AppKey("simulation", Simulation)
