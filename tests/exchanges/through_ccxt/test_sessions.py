"""What the ways out of a worker cost and allow."""

import gc
from asyncio import sslproto

from pytest_django import Settings

from exchanges.through_ccxt import sessions
from tests.simulator import SimulatorProcess


async def test_a_connection_keeps_room_for_one_record_only(
    new_venue: SimulatorProcess, settings: Settings
) -> None:
    """A thousand keys have a thousand streams open, each on a connection of its own."""
    settings.SIMULATOR_ENDPOINT = str(new_venue.home / "endpoint.json")
    way = sessions.open_simulator_session()
    async with way.session, way.session.get("https://fapi.binance.com/fapi/v1/exchangeInfo") as got:
        assert len(await got.read()) > 1000
        found = [one for one in gc.get_objects() if type(one) is sslproto.SSLProtocol]
        rooms = [len(one._ssl_buffer) for one in found]  # type: ignore[attr-defined]
    assert rooms
    assert max(rooms) <= sessions.TLS_RECORD
