"""Conversion between currencies, by prices of pairs alone."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bots.prices.conversion import PairPrice, Prices, Rate, convert
from tests.orders.reports import NOON

EARLIER = NOON - timedelta(minutes=5)


def prices(**pairs: str) -> Prices:
    """prices(BTC_USDT="50000")"""
    return {_pair(name): PairPrice(Decimal(price), NOON) for name, price in pairs.items()}


def _pair(name: str) -> tuple[str, str]:
    base, _, quote = name.partition("_")
    return base, quote


@pytest.mark.parametrize(
    ("of", "into", "pairs", "each"),
    [
        ("BTC", "USDT", {"BTC_USDT": "50000"}, "50000"),
        ("USDT", "BTC", {"BTC_USDT": "50000"}, "0.00002"),
        ("ETH", "EUR", {"ETH_USDT": "3000", "EUR_USDT": "1.25"}, "2400"),
        ("ETH", "EUR", {"ETH_BTC": "0.05", "BTC_EUR": "40000"}, "2000"),
        ("SOL", "GBP", {"SOL_BTC": "0.01", "BTC_USDC": "50000", "GBP_USDC": "1.25"}, "400"),
        ("BTC", "USDT", {"BTC_USDT": "50000", "BTC_USDC": "49000", "USDC_USDT": "2"}, "50000"),
    ],
    ids=["direct", "inverse", "bridge", "other bridge", "two bridges", "the shortest way"],
)
def test_the_shortest_path_is_used(of: str, into: str, pairs: dict[str, str], each: str) -> None:
    found = convert(of, into, prices(**pairs))
    assert found
    assert found.each == Decimal(each)


def test_a_currency_is_worth_itself_without_any_price() -> None:
    assert convert("XYZ", "XYZ", {}) == Rate(Decimal(1), None)


def test_dollars_of_two_issuers_are_not_the_same() -> None:
    pairs = {"BTC_USDT": "50000", "XRP_USDC": "0.5"}
    assert convert("USDC", "USDT", prices(**pairs)) is None
    assert convert("XRP", "USDT", prices(**pairs)) is None
    pairs["USDC_USDT"] = "0.9"
    found = convert("XRP", "USDT", prices(**pairs))
    assert found
    assert found.each == Decimal("0.45")


def test_only_bridge_currencies_are_bridges() -> None:
    assert convert("AAA", "CCC", prices(AAA_BBB="2", BBB_CCC="3")) is None


def test_a_price_of_zero_is_ignored() -> None:
    assert convert("BTC", "USDT", prices(BTC_USDT="0")) is None


def test_a_rate_is_as_old_as_its_oldest_price() -> None:
    known = {
        ("ETH", "BTC"): PairPrice(Decimal("0.05"), NOON),
        ("BTC", "EUR"): PairPrice(Decimal(40000), EARLIER),
    }
    found = convert("ETH", "EUR", known)
    assert found
    assert found.at == EARLIER


@given(some.decimals("0.00000001", "10000000", places=8), some.decimals("0.0001", "100", places=4))
def test_there_and_back_is_where_it_began(one: Decimal, other: Decimal) -> None:
    known = prices(AAA_USDT=str(one), EUR_USDT=str(other))
    there, back = convert("AAA", "EUR", known), convert("EUR", "AAA", known)
    assert there
    assert back
    assert abs(there.each * back.each - 1) < Decimal("1e-25")
