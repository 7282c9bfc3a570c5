"""Binance spot keeps the contract: unmodified ccxt against the simulated venue."""

from exchanges import binance
from tests.exchanges.contract import AtTheDesk, VenueContract
from tests.exchanges.contract_by_hand import ByHandContract
from tests.exchanges.contract_conditional import ConditionalContract
from tests.exchanges.contract_streams import StreamContract


class AtBinanceSpot(AtTheDesk):
    connect = staticmethod(binance.connect)
    adapter = binance.BinanceSpot
    order_path = "/api/v3/order"


class TestOrders(AtBinanceSpot, VenueContract):
    """Each of these: place, cancel, ask; every answer and every refusal."""


class TestByHand(AtBinanceSpot, ByHandContract):
    """Orders that someone else touched."""


class TestConditional(AtBinanceSpot, ConditionalContract):
    """Orders that wait for a price."""


class TestStream(AtBinanceSpot, StreamContract):
    """Its own stream."""
