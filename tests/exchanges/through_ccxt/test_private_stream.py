"""A venue's own stream: nothing is lost, and every way of breaking is noticed and said."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import psutil
import pytest
from django.utils import timezone

from exchanges.base import FillReport, KeyInvalid, OrderName, OrderReport, StreamUpdate, VenueError
from exchanges.binance import spot
from exchanges.through_ccxt import private_stream, sessions
from tests.exchanges.contract import VenueContract
from tests.simulator import SimulatorProcess

SOON = 15.0
request = VenueContract().request


class Ears:
    """A key that listens; what it hears, and how that ended."""

    def __init__(self, venue: spot.BinanceSpot) -> None:
        self.venue = venue
        self.reports: list[OrderReport] = []
        self.needs_orders = False
        self.connected = asyncio.Event()
        self._changed = asyncio.Event()
        self.task = asyncio.create_task(
            venue.follow_stream(self._hear, connected=self.connected.set)
        )

    def _hear(self, heard: StreamUpdate) -> None:
        self.reports.extend(heard.orders)
        self.needs_orders |= heard.needs_orders
        self._changed.set()

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(SOON):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def end(self) -> VenueError:
        """How the listening broke; it must break by itself."""
        async with asyncio.timeout(SOON):
            with pytest.raises(VenueError) as broken:
                await self.task
        return broken.value

    @property
    def fills(self) -> list[FillReport]:
        return [fill for report in self.reports for fill in report.fills]


@pytest.fixture
def account(simulator: SimulatorProcess) -> dict[str, Any]:
    return simulator.open_account({"USDT": "100000", "BTC": "2"})


async def close(way: sessions.CcxtSession) -> None:
    """And wait for the last polite end of TLS, which would outlive the test's loop."""
    await way.close()
    port = sessions.read_simulator_address()[1]
    async with asyncio.timeout(SOON):
        while any(  # noqa: ASYNC110 (the system tells nobody)
            one.raddr and one.raddr.port == port for one in psutil.Process().net_connections()
        ):
            await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(account: dict[str, Any], **other: Any) -> AsyncIterator[Ears]:
    way = sessions.open_simulator_session()
    credentials = {"api_key": account["key"], "secret": account["secret"]} | other
    client = spot.make_client(way, timeout_ms=5000, **credentials)
    ears = Ears(spot.BinanceSpot(client, clock=timezone.now))
    try:
        yield ears
    finally:
        ears.task.cancel()
        await asyncio.gather(ears.task, return_exceptions=True)
        assert not client.clients
        await close(way)


@asynccontextmanager
async def connected(account: dict[str, Any]) -> AsyncIterator[Ears]:
    async with listening(account) as ears:
        async with asyncio.timeout(SOON):
            await ears.connected.wait()
        yield ears


async def test_every_part_of_a_burst_is_told_once_and_in_order(
    simulator: SimulatorProcess, account: dict[str, Any]
) -> None:
    async with connected(account) as ears:
        await ears.venue.place_order(request("fwburst", quantity=Decimal("0.05")))
        for _ in range(50):
            simulator.control.post("fill", clientOrderId="fwburst", quantity="0.001")
        await ears.until(lambda: len(ears.fills) == 50)
        assert [report.filled for report in ears.reports] == [
            n * Decimal("0.001") for n in range(51)
        ]
        listed = await ears.venue.fetch_fills(
            OrderName(
                symbol="BTC/USDT",
                client_order_id="fwburst",
                exchange_order_id=ears.reports[0].exchange_order_id,
            )
        )
        assert ears.fills == list(listed)


async def test_what_is_told_is_what_the_venue_answers_when_asked(
    simulator: SimulatorProcess, account: dict[str, Any]
) -> None:
    async with connected(account) as ears:
        await ears.venue.place_order(request("fwsame"))
        simulator.control.post("fill", clientOrderId="fwsame", quantity="0.004")
        name = OrderName(symbol="BTC/USDT", client_order_id="fwsame", exchange_order_id=None)
        await ears.venue.cancel_order(name)
        await ears.until(lambda: any(report.status == "canceled" for report in ears.reports))
        asked = await ears.venue.fetch_order(name)
        told = ears.reports[-1]
        fields = ("symbol", "exchange_order_id", "client_order_id", "side", "type", "status")
        for field in (*fields, "raw_status", "price", "quantity", "filled", "cost"):
            assert getattr(told, field) == getattr(asked, field), field


async def test_a_cut_socket_is_noticed(
    simulator: SimulatorProcess, account: dict[str, Any]
) -> None:
    async with connected(account) as ears:
        simulator.control.post("faults", kind="drop_sockets")
        await ears.end()


async def test_an_ended_stream_is_noticed_though_its_socket_lives(
    simulator: SimulatorProcess, account: dict[str, Any]
) -> None:
    async with connected(account) as ears:
        simulator.control.post("faults", kind="end_streams")
        assert "ended" in str(await ears.end())


async def test_an_event_that_makes_no_sense_asks_for_orders(
    simulator: SimulatorProcess, account: dict[str, Any]
) -> None:
    async with connected(account) as ears:
        event = {"e": "executionReport", "s": "BTCUSDT", "i": 1}
        simulator.control.post("say", key=account["key"], event=event)
        await ears.until(lambda: ears.needs_orders)
        assert not ears.task.done()


async def test_a_frame_that_nobody_can_digest_is_noticed(
    simulator: SimulatorProcess, account: dict[str, Any]
) -> None:
    async with connected(account) as ears:
        simulator.control.post("say", key=account["key"], events=["nothing"])
        await ears.end()


@pytest.mark.parametrize("wrong", ["api_key", "secret"])
async def test_a_wrong_key_is_said_and_does_not_hang(account: dict[str, Any], wrong: str) -> None:
    async with listening(account, **{wrong: "x" * 64}) as ears:
        error = await ears.end()
        assert isinstance(error, KeyInvalid) or wrong == "secret", repr(error)
        assert not ears.connected.is_set()


async def test_a_wrong_clock_is_mended(
    simulator: SimulatorProcess, account: dict[str, Any]
) -> None:
    simulator.control.post("clock", skew_ms=-60_000)
    async with connected(account) as ears:
        assert not ears.task.done()


async def test_a_peer_that_falls_silent_is_given_up(
    simulator: SimulatorProcess, account: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = private_stream.follow_until_broken

    async def impatient(*args: Any, **terms: Any) -> None:
        await follow(*args, **terms, silent_seconds=0.4)

    monkeypatch.setattr(private_stream, "follow_until_broken", impatient)
    async with connected(account) as ears:
        simulator.freeze()
        try:
            assert "silent" in str(await ears.end())
        finally:
            simulator.thaw()


async def test_a_venue_that_takes_the_login_and_never_answers_is_given_up(
    account: dict[str, Any],
) -> None:
    way = sessions.open_simulator_session()
    client = spot.make_client(way, api_key=account["key"], secret=account["secret"])

    async def never() -> None:
        await asyncio.Event().wait()

    with pytest.raises(VenueError, match="did not open"):
        await private_stream.follow_until_broken(
            client, [], login=never, connected=lambda: None, login_seconds=0.1
        )
    await close(way)


async def test_a_socket_that_opens_after_the_end_is_closed(
    simulator: SimulatorProcess, account: dict[str, Any]
) -> None:
    way = sessions.open_simulator_session()
    client = spot.make_client(way, api_key=account["key"], secret=account["secret"])
    client.open()
    opened: list[Any] = []

    async def connect() -> None:
        opened.append(socket := client.client(simulator.spot["stream"]))
        await socket.connect(client.session)

    simulator.freeze()
    try:
        with pytest.raises(VenueError, match="did not open"):
            await private_stream.follow_until_broken(
                client, [], login=connect, connected=lambda: None, login_seconds=0.1
            )
    finally:
        simulator.thaw()
    async with asyncio.timeout(SOON):
        while opened[0].connection is None or not opened[0].connection.closed:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await close(way)


async def test_a_socket_is_closed_though_the_process_stood_still_meanwhile(
    simulator: SimulatorProcess, account: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    way = sessions.open_simulator_session()
    client = spot.make_client(way, api_key=account["key"], secret=account["secret"])
    client.open()
    socket = client.client(simulator.spot["stream"])
    await socket.connect(client.session)
    while not socket.connection._waiting:  # noqa: ASYNC110 (until ccxt receives)
        await asyncio.sleep(0)
    monkeypatch.setattr(private_stream, "CLOSE_SECONDS", 0)  # over before anything could be done
    await private_stream.close_sockets(client)
    assert socket.connection.closed
    await close(way)
