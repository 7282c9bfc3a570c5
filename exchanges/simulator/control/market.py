"""Control of the markets: prices, the random walk and liquidity."""

from dataclasses import replace
from decimal import Decimal

from exchanges.simulator.control.body import BadRequest, Body, Json, NotFound
from exchanges.simulator.decimals import ZERO, floor_to
from exchanges.simulator.markets.market import Market
from exchanges.simulator.markets.order_book import Liquidity
from exchanges.simulator.markets.regime import Regime
from exchanges.simulator.markets.symbols import CONTRACT_SUFFIX, SETTLEMENT_ASSET
from exchanges.simulator.simulation import Simulation

# Each step is stored; more of them at once would block all other requests.
MAX_STEPS = 1000
MOST_FACTOR = 1000
MOST_PERCENT = 1000


def set_price(simulation: Simulation, body: Body) -> Json:
    market, price = _find_market(simulation, body), body.get_decimal("price")
    if not price:
        raise BadRequest("price is missing")
    if price % market.symbol.tick:
        raise BadRequest(f"price must be a multiple of {market.symbol.tick}")
    return _move_market(simulation, market, price, body)


def move_price(simulation: Simulation, body: Body) -> Json:
    """Move a price by percent of what it is, down to the symbol's step."""
    market, percent = _find_market(simulation, body), body.get_signed_decimal("percent")
    if percent is None or not -100 < percent <= MOST_PERCENT:
        raise BadRequest(f"percent must be above -100, at most {MOST_PERCENT}")
    tick = market.symbol.tick
    price = max(tick, floor_to(market.price * (1 + percent / 100), tick))
    return _move_market(simulation, market, price, body)


def set_regime(simulation: Simulation, body: Body) -> Json:
    """Set how much a market walks, in which direction, and how much is traded in it."""
    market = _find_market(simulation, body)
    old = market.regime
    volatility, volume = body.get_decimal("volatility"), body.get_decimal("volume")
    trend = body.get_signed_decimal("trend")
    factors = [factor for factor in (volatility, volume) if factor is not None]
    if any(factor > MOST_FACTOR for factor in factors) or abs(trend or ZERO) > MOST_PERCENT:
        raise BadRequest(
            f"volatility and volume are at most {MOST_FACTOR}, trend {MOST_PERCENT} percent an hour"
        )
    regime = Regime(
        volatility=old.volatility if volatility is None else volatility,
        trend=old.trend if trend is None else trend,
        volume=old.volume if volume is None else volume,
    )
    simulation.venue.set_regime(market.symbol.name, regime)
    return {"symbol": market.symbol.name, **regime_row(market)}


def list_symbol(simulation: Simulation, body: Body) -> Json:
    """Start trading a coin against USDT, on spot and as a contract."""
    base = body.get_text("base").upper()
    if not (base.isascii() and base.isalnum()):
        raise BadRequest("base must be letters and digits")
    pair = base + SETTLEMENT_ASSET
    if pair in simulation.venue.engine.markets:
        raise BadRequest(f"{pair} is traded already")
    simulation.venue.list_symbols([pair, pair + CONTRACT_SUFFIX])
    return {"symbols": [pair, pair + CONTRACT_SUFFIX]}


def set_walk(simulation: Simulation, body: Body) -> Json:
    simulation.paused = body.get_flag("paused", simulation.paused)
    steps = body.get_int("step") or 0
    if not 0 <= steps <= MAX_STEPS:
        raise BadRequest(f"step must be between 0 and {MAX_STEPS}")
    for _ in range(steps):
        simulation.venue.step_prices()
    return {"paused": simulation.paused, "stepped": steps, "prices": list_prices(simulation)}


def set_liquidity(simulation: Simulation, body: Body) -> Json:
    """Set depth per level and number of levels; without either, only refill the levels."""
    market = _find_market(simulation, body)
    depth, levels = body.get_decimal("depth"), body.get_int("levels")
    liquidity = market.liquidity
    if depth is not None:
        liquidity = replace(liquidity, depth=depth)
    if levels is not None:
        liquidity = replace(liquidity, levels=min(max(levels, 0), 1000))
    simulation.venue.set_liquidity(market.symbol.name, liquidity)
    return {"symbol": market.symbol.name, **_liquidity_row(liquidity)}


def delist_symbol(simulation: Simulation, body: Body) -> Json:
    """Take a symbol off all lists; its orders are still answered for, unless it is `unknown`."""
    market = _find_market(simulation, body)
    market.is_listed = body.get_flag("listed", False)
    market.is_known = not body.get_flag("unknown", False)
    return {"symbol": market.symbol.name, "listed": market.is_listed, "known": market.is_known}


def list_prices(simulation: Simulation) -> dict[str, str]:
    return {name: str(market.price) for name, market in simulation.venue.engine.markets.items()}


def market_rows(simulation: Simulation) -> dict[str, Json]:
    return {
        name: {
            "price": str(m.price),
            "tick": str(m.symbol.tick),
            "steps": m.steps,
            **_liquidity_row(m.liquidity),
            **regime_row(m),
        }
        for name, m in simulation.venue.engine.markets.items()
    }


def regime_row(market: Market) -> Json:
    regime = market.regime
    names = ("volatility", "trend", "volume")
    row: Json = {name: str(getattr(regime, name)) for name in names}
    return row | {"anchor": str(regime.anchor or market.symbol.start_price)}


def _move_market(simulation: Simulation, market: Market, price: Decimal, body: Body) -> Json:
    """Move a price; with `anchor` the walk leans to the new one, and not back to the old."""
    name = market.symbol.name
    filled = simulation.venue.move_price(name, price, body.get_decimal("liquidity"))
    if body.get_flag("anchor", False):
        simulation.venue.set_regime(name, replace(market.regime, anchor=price))
    return {"symbol": name, "price": str(price), "filled": str(filled)}


def _liquidity_row(liquidity: Liquidity) -> Json:
    return {"depth": str(liquidity.depth), "levels": liquidity.levels}


def _find_market(simulation: Simulation, body: Body) -> Market:
    name = body.get_text("symbol")
    market = simulation.venue.engine.markets.get(name)
    if market is None:
        symbols = ", ".join(simulation.venue.engine.markets)
        raise NotFound(f"no symbol {name!r} here; there are {symbols}")
    return market
