"""Start and stop of a simulator: its two ports, its lock, its random walk."""

import asyncio
import contextlib
import fcntl
import logging
import os
import secrets
import socket
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from aiohttp import web

from exchanges.simulator import certificates
from exchanges.simulator.binance.futures import app as binance_futures
from exchanges.simulator.binance.spot import app as binance_spot
from exchanges.simulator.bybit import app as bybit
from exchanges.simulator.config import Config
from exchanges.simulator.control import app as control_app
from exchanges.simulator.describe import describe_addresses, write_endpoints
from exchanges.simulator.engine.market_history import MarketHistory
from exchanges.simulator.engine.storage import Store
from exchanges.simulator.engine.venue import Venue
from exchanges.simulator.okx import app as okx
from exchanges.simulator.rate_limits.weight_limiter import DAY
from exchanges.simulator.simulation import SIMULATION, Simulation
from exchanges.simulator.statements import routes as statements
from exchanges.simulator.transport.request_faults import apply_faults

log = logging.getLogger(__name__)

TOKEN_VARIABLE = "FILLWATCH_SIMULATOR_TOKEN"  # noqa: S105 - the name, not a token
STOP_SECONDS = 0.5
WELCOME = """This is Fillwatch's simulated venue. Nothing here is a real price or real money.
It speaks Binance's protocols, spot (/api/v3/, /ws-api/v3, /ws, /stream) and USD-M (/fapi/, /market,
/public, /private); and Bybit's: /v5/.
And OKX's: /api/v5/ and /ws/v5/.
Operators steer it under /control/ with the control token.
"""


class HomeInUse(Exception):
    """Another simulator already runs in that home folder."""


@dataclass
class RunningSimulator:
    simulation: Simulation
    port: int
    tls_port: int
    _runner: web.AppRunner
    _walk_task: asyncio.Task[None]
    _lock_file: IO[str]

    def describe(self) -> dict[str, object]:
        return describe_addresses(self.simulation.config, self.port, self.tls_port)

    async def stop(self) -> None:
        """Stop within two seconds, whatever clients do; all state is on disk already."""
        self.simulation.stopping.set()
        self.simulation.countdowns.stop_all()
        self.simulation.schedule.stop_all()
        self._walk_task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._walk_task
        for connection in list(self.simulation.sockets):
            connection.cut_connection()
        await self._runner.cleanup()
        self.simulation.venue.close()
        self.simulation.config.endpoint_file.unlink(missing_ok=True)
        self._lock_file.close()
        log.info("stopped")


async def start_simulator(config: Config) -> RunningSimulator:
    """Start a simulator in this event loop; port 0 takes any free port."""
    config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = _lock_home(config.home)
    plain = _open_socket(config.host, config.port)
    tls = _open_socket(config.host, config.effective_tls_port)
    simulation = Simulation(
        config=config,
        venue=_open_venue(config),
        token=ensure_control_token(config),
        history=MarketHistory(config.seed),
    )
    app = build_application(simulation)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    await web.SockSite(runner, plain).start()
    await web.SockSite(runner, tls, ssl_context=certificates.load_tls_context(config.home)).start()
    walk = asyncio.create_task(_run_walk(simulation))
    ports = plain.getsockname()[1], tls.getsockname()[1]
    running = RunningSimulator(simulation, *ports, runner, walk, lock)
    write_endpoints(config, running.describe())
    log.info("started on %s, http port %d, TLS port %d", config.host, *ports)
    return running


def build_application(simulation: Simulation) -> web.Application:
    """Build the web application with the endpoints of all venues and of the control API.

    A new dialect attaches itself here. Where its paths collide with another's, give it its own
    hosts by `app.add_domain`.
    """
    app = web.Application(middlewares=[apply_faults])
    app[SIMULATION] = simulation
    app.router.add_get("/", _show_welcome)
    control_app.attach(app)
    binance_spot.attach(app)
    binance_futures.attach(app)
    bybit.attach(app)
    okx.attach(app)
    statements.attach(app)
    return app


def ensure_control_token(config: Config) -> str:
    """Return the control token, and write it to disk for other programs of the same owner."""
    token = config.control_token or os.environ.get(TOKEN_VARIABLE)
    file = config.token_file
    if not token and file.exists():
        return file.read_text().strip()
    token = token or secrets.token_urlsafe(32)
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(token)
    return token


def _open_venue(config: Config) -> Venue:
    store = Store(config.home / "venue.sqlite3")
    oldest = time.time_ns() // 1_000_000 - config.keep_days * DAY
    deleted = store.delete_ended_before(oldest)
    if deleted:
        log.info("deleted %d orders that ended over %d days ago", deleted, config.keep_days)
    return Venue(store, config.seed)


async def _show_welcome(_: web.Request) -> web.Response:
    return web.Response(text=WELCOME)


async def _run_walk(simulation: Simulation) -> None:
    while True:
        await asyncio.sleep(simulation.config.step_seconds)
        _step_walk(simulation)


def _step_walk(simulation: Simulation) -> None:
    try:
        simulation.venue.expire_orders()
        if not simulation.paused:
            simulation.venue.step_prices()
    except sqlite3.Error:
        log.exception("storing a walk step failed; trying again")


def _open_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024)


def is_running(home: Path) -> bool:
    if not home.exists():
        return False
    try:
        _lock_home(home).close()
    except HomeInUse:
        return True
    return False


def _lock_home(home: Path) -> IO[str]:
    file = (home / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise HomeInUse(f"another simulator runs in {home}; stop it first") from error
    return file
