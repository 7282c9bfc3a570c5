"""Accounts that hold a long and a short position of each contract, at the three venues."""

from tests.exchanges.binance.test_futures import AtBinanceUsdm
from tests.exchanges.bybit.test_adapter import AtBybitLinear
from tests.exchanges.contract_hedge import HedgeContract
from tests.exchanges.okx.test_adapter import AtOkxSwap


class TestBinanceUsdm(AtBinanceUsdm, HedgeContract):
    """By positionSide."""


class TestOkxSwap(AtOkxSwap, HedgeContract):
    """By posSide."""


class TestBybitLinear(AtBybitLinear, HedgeContract):
    """By positionIdx."""
