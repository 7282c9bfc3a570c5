"""The operator's hand on the market: prices, the walk, liquidity, single orders."""

from dataclasses import replace

from exchanges.simulator.binance.spot import rows as spot_rows
from exchanges.simulator.control.accounts import find_account, random_text
from exchanges.simulator.control.body import BadRequest, Body, NotFound
from exchanges.simulator.engine.resting_orders import OrderEnded
from exchanges.simulator.markets.market import Market
from exchanges.simulator.markets.price_levels import Liquidity
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.simulation import Simulation

Json = dict[str, object]
# Each step is stored; more at once would keep everybody else waiting.
MAX_STEPS = 1000


def set_price(simulation: Simulation, body: Body) -> Json:
    market, price = _find_market(simulation, body), body.get_decimal("price")
    if not price:
        raise BadRequest("price is missing")
    if price % market.symbol.tick:
        raise BadRequest(f"price must be a multiple of {market.symbol.tick}")
    name = market.symbol.name
    filled = simulation.venue.move_price(name, price, body.get_decimal("liquidity"))
    return {"symbol": name, "price": str(price), "filled": str(filled)}


def set_walk(simulation: Simulation, body: Body) -> Json:
    simulation.paused = body.get_flag("paused", simulation.paused)
    steps = body.get_int("step") or 0
    if not 0 <= steps <= MAX_STEPS:
        raise BadRequest(f"step must be between 0 and {MAX_STEPS}")
    for _ in range(steps):
        simulation.venue.step_prices()
    return {"paused": simulation.paused, "stepped": steps, "prices": list_prices(simulation)}


def set_liquidity(simulation: Simulation, body: Body) -> Json:
    """Depth per level and number of levels; without either, only refill what was taken."""
    market = _find_market(simulation, body)
    depth, levels = body.get_decimal("depth"), body.get_int("levels")
    wanted = market.liquidity
    if depth is not None:
        wanted = replace(wanted, depth=depth)
    if levels is not None:
        wanted = replace(wanted, levels=min(max(levels, 0), 1000))
    simulation.venue.set_liquidity(market.symbol.name, wanted)
    return {"symbol": market.symbol.name, **_liquidity_row(wanted)}


def fill_order(simulation: Simulation, body: Body) -> Json:
    """Fill one resting order by hand, at its own price unless another is given.

    `late`: a trade from before the order ended, which nobody has heard of until now.
    """
    late = body.get_flag("late", False)
    order = find_order(simulation, body, ended=late)
    quantity = body.get_decimal("quantity")
    quantity = order.remaining if quantity is None else quantity
    if not 0 < quantity <= order.remaining:
        raise BadRequest(f"quantity must be above 0 and at most {order.remaining}")
    price = body.get_decimal("price") or order.price
    if order.side == "BUY" and price > order.price:
        raise BadRequest("a buy order is not filled above its own price")
    simulation.venue.fill_order(order, quantity, price, late=late)
    return {"order": order_row(order)}


def cancel_order(simulation: Simulation, body: Body) -> Json:
    """Cancel "at the exchange", as its own staff or web page would."""
    order = find_order(simulation, body)
    simulation.venue.cancel_order(order, f"web_{random_text(20)}")
    return {"order": order_row(order)}


def replace_order(simulation: Simulation, body: Body) -> Json:
    """Cancel it and place it anew under the same client id, as a web page may do to amend it."""
    order = find_order(simulation, body)
    new = NewOrder(
        account=order.account,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        client_id=order.client_id,
        time_in_force=order.time_in_force,
        quantity=body.get_decimal("quantity") or order.remaining,
        price=body.get_decimal("price") or order.price,
        trigger=order.trigger if order.is_waiting else None,
        reserves=order.reserves,
    )
    simulation.venue.cancel_order(order, f"web_{random_text(20)}")
    return {"order": order_row(order), "new": order_row(simulation.venue.place_order(new))}


def list_orders(simulation: Simulation, query: Body) -> Json:
    engine = simulation.venue.engine
    found = list(engine.records.orders.values())
    if query.has("account"):
        found = engine.records.list_orders(find_account(simulation, query.get_text("account")).key)
    rows = [order_row(o) for o in found if query.get_text("symbol", o.symbol) == o.symbol]
    return {"orders": rows}


def list_trades(simulation: Simulation, query: Body) -> Json:
    engine = simulation.venue.engine
    fills = engine.records.fills
    if query.has("account"):
        fills = engine.records.list_fills(find_account(simulation, query.get_text("account")).key)
    rows = [
        {**spot_rows.trade_row(fill), "account": fill.account}
        for fill in fills
        if query.get_text("symbol", fill.symbol) == fill.symbol
    ]
    return {"trades": rows}


def list_prices(simulation: Simulation) -> dict[str, str]:
    return {name: str(market.price) for name, market in simulation.venue.engine.markets.items()}


def market_rows(simulation: Simulation) -> dict[str, Json]:
    return {
        name: {
            "price": str(market.price),
            "steps": market.steps,
            **_liquidity_row(market.liquidity),
        }
        for name, market in simulation.venue.engine.markets.items()
    }


def order_row(order: Order) -> Json:
    return {**spot_rows.order_row(order), "account": order.account}


def _liquidity_row(liquidity: Liquidity) -> Json:
    return {"depth": str(liquidity.depth), "levels": liquidity.levels}


def _find_market(simulation: Simulation, body: Body) -> Market:
    name = body.get_text("symbol")
    market = simulation.venue.engine.markets.get(name)
    if market is None:
        known = ", ".join(simulation.venue.engine.markets)
        raise NotFound(f"no symbol {name!r} here; there are {known}")
    return market


def find_order(simulation: Simulation, body: Body, *, ended: bool = False) -> Order:
    """By orderId or clientOrderId, with symbol or account where those are not enough."""
    order_id, name = body.get_int("orderId"), body.get_text("clientOrderId", "")
    if order_id is None and not name:
        raise BadRequest("orderId or clientOrderId is missing")
    account = (
        find_account(simulation, body.get_text("account")).key if body.has("account") else None
    )
    found = [
        order
        for order in simulation.venue.engine.records.orders.values()
        if order_id in (None, order.id)
        and name in ("", order.client_id)
        and account in (None, order.account)
        and body.get_text("symbol", order.symbol) == order.symbol
    ]
    return _pick_order([order for order in found if not ended or not order.is_open], ended=ended)


def _pick_order(found: list[Order], *, ended: bool) -> Order:
    standing = [order for order in found if ended or order.is_open]
    if len(standing) == 1:
        return standing[0]
    if not found:
        raise NotFound("no such order")
    if not standing:
        raise OrderEnded(found[-1].id)
    raise BadRequest("several orders match; add symbol or account")
