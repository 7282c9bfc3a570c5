"""A price that touches an order fills it, with as much as the move brings."""

from decimal import Decimal
from random import Random

import pytest

from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.random_walk import compute_next_price, step_price
from exchanges.simulator.engine.resting_orders import (
    OrderEnded,
    cancel_order,
    fill_order,
    move_price,
)
from exchanges.simulator.markets.filters import FilterFailure
from exchanges.simulator.markets.price_levels import Liquidity
from tests.exchanges.simulator.traders import NOW, buy, opened, sell


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


def test_the_ladder_never_crosses_an_order_that_is_left_behind(engine: Engine) -> None:
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


def test_a_fill_by_hand_ignores_who_stands_before(engine: Engine) -> None:
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


def test_one_seed_walks_one_way() -> None:
    def walked(seed: int) -> list[Decimal]:
        engine = opened()
        prices = []
        for _ in range(20):
            step_price(engine, "BTCUSDT", seed, NOW)
            prices.append(engine.markets["BTCUSDT"].price)
        return prices

    assert walked(1) == walked(1)
    assert walked(1) != walked(2)
    assert len(set(walked(1))) > 15


def test_the_walk_stands_on_ticks_and_returns_from_afar() -> None:
    market = opened().markets["BTCUSDT"]
    market.price = Decimal(6400)
    price = compute_next_price(market, Random(1))  # noqa: S311 - the walk's own kind
    assert price > market.price
    assert price % market.symbol.tick == 0


def test_strangers_trade_at_each_step_and_nobody_pays(engine: Engine) -> None:
    market = engine.markets["BTCUSDT"]
    market.liquidity = Liquidity(Decimal(1), 3)
    step_price(engine, "BTCUSDT", 1, NOW)
    changes = engine.take_changes()
    assert [trade.price for trade in changes.trades] == [market.price]
    assert not changes.fills
    assert not any(engine.house.values())
