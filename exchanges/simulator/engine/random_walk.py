"""Random walk of prices: the same seed takes the same steps, also after a restart."""

from decimal import Decimal
from random import Random

from exchanges.simulator.decimals import floor_to
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.resting_orders import move_price
from exchanges.simulator.markets.market import Market
from exchanges.simulator.markets.symbols import wire_symbol
from exchanges.simulator.orders.orders import Side

# One step's usual size, as a share of the price; about 0.02 %.
VOLATILITY = 0.0002
# The walk leans back towards where it started, so that a week of it stays believable.
PULL = 0.002
# A step fills the users' orders it touches by at most this many price levels' quantity.
LEVELS_PER_STEP = 3


def step_price(engine: Engine, symbol: str, seed: int, now: int) -> None:
    market = engine.markets[symbol]
    market.steps += 1
    # Repeatable on purpose, and no secret: noqa S311 below.
    # A contract takes the steps of its spot pair, so that the two prices stay close.
    random = Random(f"{seed}:{wire_symbol(symbol)}:{market.steps}")  # noqa: S311
    price = compute_next_price(market, random)
    move_price(engine, symbol, price, now, market.liquidity.depth * LEVELS_PER_STEP)
    _add_house_trade(engine, market, random, now)


def _add_house_trade(engine: Engine, market: Market, random: Random, now: int) -> None:
    """Add a public trade with the house on both sides, so no balance changes."""
    share = Decimal(random.randint(1, 100)) / 200
    share *= market.regime.volume
    quantity = floor_to(market.liquidity.depth * share, market.symbol.step)
    if quantity:
        side: Side = "BUY" if random.random() < 0.5 else "SELL"
        engine.execute_trade(market.symbol.name, side, market.price, quantity, now)


def compute_next_price(market: Market, random: Random) -> Decimal:
    symbol, regime = market.symbol, market.regime
    distance = float((regime.anchor or symbol.start_price) / market.price) - 1
    direction = regime.drift or distance * PULL
    noise = random.gauss(0, VOLATILITY) * float(regime.volatility)
    change = Decimal(repr(1 + noise + direction))
    return max(symbol.tick, floor_to(market.price * change, symbol.tick))
