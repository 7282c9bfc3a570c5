"""Binance USD-M keeps the contract: unmodified ccxt against the simulated venue."""

from decimal import Decimal

from exchanges import binance_usdm
from tests.exchanges.contract import AtTheDesk, VenueContract
from tests.exchanges.contract_by_hand import ByHandContract
from tests.exchanges.contract_conditional import ConditionalContract


class AtBinanceUsdm(AtTheDesk):
    connect = staticmethod(binance_usdm.connect)
    adapter = binance_usdm.BinanceUsdm
    order_path = "/fapi/v1/order"
    symbol = "BTC/USDT:USDT"
    at_the_desk = "BTCUSDT-PERP"
    balances: dict[str, str] = {}
    account = {"futures": {"USDT": "100000"}, "permissions": {"futures": True}}


class TestOrders(AtBinanceUsdm, VenueContract):
    """Each of these: place, cancel, ask; every answer and every refusal."""

    fee_currency = "USDT"
    promised = Decimal("25")  # the margin, at a leverage of 20


class TestByHand(AtBinanceUsdm, ByHandContract):
    """Orders that someone else touched."""


class TestConditional(AtBinanceUsdm, ConditionalContract):
    """Orders that wait for a price, in a book of their own until it comes."""
