"""The price's random walk: the same seed takes the same steps, also after a restart."""

from decimal import Decimal
from random import Random

from exchanges.simulator.decimals import floor_to
from exchanges.simulator.engine import Engine
from exchanges.simulator.market import Market
from exchanges.simulator.moving import move_price

# One step's usual size, as a share of the price; about 0.02 %.
VOLATILITY = 0.0002
# The walk leans back towards where it started, so that a week of it stays believable.
PULL = 0.002
# A step brings this many ladder levels' worth of takers to the users' orders it touches.
LEVELS_PER_STEP = 3


def step(engine: Engine, symbol: str, seed: int, now: int) -> None:
    market = engine.markets[symbol]
    market.steps += 1
    price = next_price(market, seed)
    move_price(engine, symbol, price, now, market.liquidity.depth * LEVELS_PER_STEP)


def next_price(market: Market, seed: int) -> Decimal:
    symbol = market.symbol
    # Not for secrets: the point of this randomness is that it can be repeated.
    random = Random(f"{seed}:{symbol.name}:{market.steps}")  # noqa: S311
    away = float(symbol.start_price / market.price) - 1
    change = Decimal(repr(1 + random.gauss(0, VOLATILITY) + away * PULL))
    return max(symbol.tick, floor_to(market.price * change, symbol.tick))
