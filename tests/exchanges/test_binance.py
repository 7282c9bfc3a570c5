"""Binance spot keeps the contract: unmodified ccxt against the simulated venue."""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from exchanges import binance, connections
from exchanges.base import Venue, VenueError
from tests.exchanges.contract import Desk, VenueContract
from tests.simulator import SimulatorProcess


class TestBinanceSpot(VenueContract):
    @pytest.fixture
    def desk(self, tmp_path: Path) -> Iterator[Desk]:
        with SimulatorProcess(tmp_path) as simulator:
            account = simulator.open_account({"USDT": "100000", "BTC": "2"})
            self.secret = account["secret"]
            yield Desk(simulator, account["key"], "BTCUSDT", "/api/v3/order")

    @pytest.fixture
    async def venue(self, desk: Desk, settings: Settings) -> AsyncIterator[Venue]:
        settings.SIMULATOR_ENDPOINT = str(desk.simulator.home / "endpoint.json")
        way = connections.to_the_simulator()
        client = binance.connect(way, api_key=desk.key, secret=self.secret, timeout_ms=1000)
        venue = binance.BinanceSpot(client, clock=timezone.now)
        yield venue
        desk.simulator.kill()
        with suppress(VenueError):  # one more round of the loop, which sees the sockets end
            await venue.balances()
        await way.session.close()
