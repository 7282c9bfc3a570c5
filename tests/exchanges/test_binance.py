"""Binance spot keeps the contract: unmodified ccxt against the simulated venue."""

from exchanges import binance
from tests.exchanges.contract import VenueContract


class TestBinanceSpot(VenueContract):
    connect = staticmethod(binance.connect)
    adapter = binance.BinanceSpot
    order_path = "/api/v3/order"
