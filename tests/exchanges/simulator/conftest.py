"""Fixtures: an engine, a paused simulator in the test's loop, and clients of it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from exchanges.simulator.config import Config
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.server import RunningSimulator, start_simulator
from tests.exchanges.simulator.ccxt_clients import connect_binance
from tests.exchanges.simulator.client import Client, Session
from tests.exchanges.simulator.traders import open_engine
from tests.simulator import TOKEN, SimulatorProcess


@pytest.fixture
def engine() -> Engine:
    return open_engine("anna", "ben")


@pytest.fixture
async def simulator(tmp_path: Path) -> AsyncIterator[RunningSimulator]:
    running = await start_simulator(Config(home=tmp_path, port=0, paused=True, control_token=TOKEN))
    yield running
    await running.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client_session:
        yield client_session


@pytest.fixture
async def client(simulator: RunningSimulator, session: aiohttp.ClientSession) -> Client:
    """An account with 100,000 USDT, 2 BTC and 5 BNB."""
    base = f"http://127.0.0.1:{simulator.port}"
    return await Client.open(session, base, {"USDT": "100000", "BTC": "2", "BNB": "5"})


@pytest.fixture
async def binance(simulator: RunningSimulator, client: Client) -> AsyncIterator[Any]:
    """An unmodified ccxt.pro client whose production addresses lead to the simulator."""
    async with connect_binance(simulator.describe(), client.key, client.secret) as exchange:
        yield exchange


@pytest.fixture
def process(tmp_path: Path) -> Iterator[SimulatorProcess]:
    home = tmp_path / "home"
    home.mkdir()
    with SimulatorProcess(home) as simulator_process:
        yield simulator_process


@pytest.fixture
async def ws_session(client: Client) -> AsyncIterator[Session]:
    async with client.session.ws_connect(client.base + "/ws-api/v3") as socket:
        yield Session(client, socket)
