"""Filters: every limit of a symbol, by name."""

from decimal import Decimal

import pytest

from exchanges.simulator.markets.filters import FilterFailure, check_filters
from exchanges.simulator.markets.symbols import SYMBOLS
from exchanges.simulator.orders.orders import NewOrder
from tests.exchanges.simulator.traders import build_order

BTC = SYMBOLS[0]
PRICE = Decimal(64000)


@pytest.mark.parametrize(
    ("new_order", "name"),
    [
        (build_order("a", "BUY", "0.01", "60000.001"), "PRICE_FILTER"),
        (build_order("a", "BUY", "0.01", "2000000"), "PRICE_FILTER"),
        (build_order("a", "BUY", "0.01", "400000"), "PERCENT_PRICE_BY_SIDE"),
        (build_order("a", "BUY", "0.01", "100"), "PERCENT_PRICE_BY_SIDE"),
        (build_order("a", "BUY", "0.000001", "60000"), "LOT_SIZE"),
        (build_order("a", "BUY", "0.010001", "60000"), "LOT_SIZE"),
        (build_order("a", "BUY", "9001", "60000"), "LOT_SIZE"),
        (build_order("a", "BUY", "8999", type="MARKET"), "MARKET_LOT_SIZE"),
        (build_order("a", "BUY", "0.00001", "60000"), "NOTIONAL"),
        (build_order("a", "BUY", "", type="MARKET", value="4.99"), "NOTIONAL"),
    ],
)
def test_a_refusal_names_the_broken_limit(new_order: NewOrder, name: str) -> None:
    with pytest.raises(FilterFailure, match=f"^{name}$"):
        check_filters(BTC, PRICE, new_order)


def test_an_order_within_all_limits_passes() -> None:
    check_filters(BTC, PRICE, build_order("a", "BUY", "0.00123", "63999.99"))


@pytest.mark.parametrize("symbol", SYMBOLS, ids=lambda symbol: symbol.name)
def test_start_prices_are_multiples_of_the_tick(symbol: object) -> None:
    assert symbol.start_price % symbol.tick == 0  # type: ignore[attr-defined]
