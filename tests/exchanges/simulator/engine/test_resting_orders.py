"""Resting orders: a price that touches one fills it, up to the liquidity of the move."""

from decimal import Decimal

import pytest

from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.resting_orders import (
    OrderEnded,
    cancel_order,
    fill_order,
    move_price,
)
from exchanges.simulator.markets.filters import FilterFailure
from exchanges.simulator.markets.order_book import Liquidity
from tests.exchanges.simulator.traders import NOW, buy, sell


def test_a_touched_order_fills_completely_at_its_own_price(engine: Engine) -> None:
    order = buy(engine, "anna", "1", "60000")
    assert move_price(engine, "BTCUSDT", Decimal(59000), NOW) == 1
    assert (order.status, order.quote_executed) == ("FILLED", Decimal(60000))


def test_a_price_that_does_not_reach_an_order_leaves_it(engine: Engine) -> None:
    order = buy(engine, "anna", "1", "60000")
    move_price(engine, "BTCUSDT", Decimal("60000.01"), NOW)
    assert order.executed == 0


def test_little_liquidity_fills_the_best_and_oldest_first(engine: Engine) -> None:
    worse = buy(engine, "anna", "1", "60000", client_id="worse")
    older = buy(engine, "anna", "1", "60100", client_id="older")
    newer = buy(engine, "ben", "1", "60100", client_id="newer")
    move_price(engine, "BTCUSDT", Decimal(59000), NOW, liquidity=Decimal("1.5"))
    assert [o.executed for o in (older, newer, worse)] == [1, Decimal("0.5"), 0]


def test_sell_orders_fill_on_the_way_up(engine: Engine) -> None:
    order = sell(engine, "anna", "1", "65000")
    move_price(engine, "BTCUSDT", Decimal(65000), NOW, liquidity=Decimal("0.3"))
    assert (order.status, order.executed) == ("PARTIALLY_FILLED", Decimal("0.3"))


def test_the_price_levels_never_cross_an_order_that_remains(engine: Engine) -> None:
    market = engine.markets["BTCUSDT"]
    market.liquidity = Liquidity(Decimal(1), 20)
    order = buy(engine, "anna", "1", "60000")
    move_price(engine, "BTCUSDT", Decimal("59999"), NOW, liquidity=Decimal("0.5"))
    assert order.is_open
    assert market.compute_depth("BUY", 1)[0][0] == 60000
    assert market.compute_depth("SELL", 1)[0][0] > 60000


def test_a_price_off_the_tick_is_refused(engine: Engine) -> None:
    with pytest.raises(FilterFailure):
        move_price(engine, "BTCUSDT", Decimal("60000.005"), NOW)


def test_a_fill_by_hand_ignores_orders_before_it(engine: Engine) -> None:
    buy(engine, "ben", "1", "60100")
    order = buy(engine, "anna", "1", "60000")
    fill_order(engine, order, Decimal("0.25"), order.price, NOW)
    assert order.executed == Decimal("0.25")


def test_an_ended_order_can_neither_be_filled_nor_cancelled(engine: Engine) -> None:
    order = buy(engine, "anna", "1", "60000")
    cancel_order(engine, order, NOW)
    with pytest.raises(OrderEnded):
        cancel_order(engine, order, NOW)
    with pytest.raises(OrderEnded):
        fill_order(engine, order, Decimal(1), order.price, NOW)
    assert engine.accounts["anna"].balances["USDT"].locked == 0


def test_a_cancelled_order_keeps_what_was_filled(engine: Engine) -> None:
    order = buy(engine, "anna", "1", "60000")
    fill_order(engine, order, Decimal("0.25"), order.price, NOW)
    cancel_order(engine, order, NOW)
    assert (order.status, order.executed) == ("CANCELED", Decimal("0.25"))
    assert engine.accounts["anna"].get_free("USDT") == Decimal(1000000 - 15000)
