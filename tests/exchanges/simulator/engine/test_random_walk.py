"""The random walk: repeatable by seed, on ticks, with public trades."""

from decimal import Decimal
from random import Random

from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.random_walk import compute_next_price, step_price
from exchanges.simulator.markets.order_book import Liquidity
from tests.exchanges.simulator.traders import NOW, open_engine


def test_the_same_seed_gives_the_same_prices() -> None:
    def walk(seed: int) -> list[Decimal]:
        engine = open_engine()
        prices = []
        for _ in range(20):
            step_price(engine, "BTCUSDT", seed, NOW)
            prices.append(engine.markets["BTCUSDT"].price)
        return prices

    assert walk(1) == walk(1)
    assert walk(1) != walk(2)
    assert len(set(walk(1))) > 15


def test_the_walk_keeps_to_ticks_and_leans_back_to_its_start() -> None:
    market = open_engine().markets["BTCUSDT"]
    market.price = Decimal(6400)
    price = compute_next_price(market, Random(1))  # noqa: S311 - the same kind of random numbers as the walk
    assert price > market.price
    assert price % market.symbol.tick == 0


def test_each_step_adds_a_public_trade_that_changes_no_balance(engine: Engine) -> None:
    market = engine.markets["BTCUSDT"]
    market.liquidity = Liquidity(Decimal(1), 3)
    step_price(engine, "BTCUSDT", 1, NOW)
    changes = engine.take_changes()
    assert [trade.price for trade in changes.trades] == [market.price]
    assert not changes.fills
    assert not any(engine.house.values())
