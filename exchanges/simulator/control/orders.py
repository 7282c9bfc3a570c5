"""Control of single orders: list, fill, cancel, amend, trigger and replace."""

from exchanges.simulator.accounts.accounts import InsufficientBalance
from exchanges.simulator.binance.spot import rows as spot_rows
from exchanges.simulator.control.accounts import random_text, read_account_key
from exchanges.simulator.control.body import BadRequest, Body, NotFound
from exchanges.simulator.control.waiting_orders import find_waiting, waiting_row
from exchanges.simulator.engine.resting_orders import OrderEnded
from exchanges.simulator.markets.filters import FilterFailure
from exchanges.simulator.orders.conditional_orders import WaitingOrder
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.simulation import Simulation

Json = dict[str, object]
CHANGES = ("price", "quantity", "trigger_price")


def list_orders(simulation: Simulation, query: Body) -> Json:
    records, account = simulation.venue.engine.records, read_account_key(simulation, query)
    orders = records.list_orders(account) if account else records.orders.values()
    rows = [order_row(o) for o in orders if query.get_text("symbol", o.symbol) == o.symbol]
    return {"orders": rows}


def list_trades(simulation: Simulation, query: Body) -> Json:
    records, account = simulation.venue.engine.records, read_account_key(simulation, query)
    fills = records.list_fills(account) if account else records.fills
    fills = [fill for fill in fills if query.get_text("symbol", fill.symbol) == fill.symbol]
    rows = [{**spot_rows.fill_row(fill), "account": fill.account} for fill in fills]
    return {"trades": rows}


def fill_order(simulation: Simulation, body: Body) -> Json:
    """Fill an order, at its own price unless another is given; fire its trigger before if it waits.

    `late` fills an order that has ended, by a trade from before its end.
    """
    late = body.get_flag("late", False)
    waiting: WaitingOrder | Order | None = find_waiting(simulation, body)
    if waiting is None and not late:
        order = find_order(simulation, body)
        waiting = order if order.is_waiting else None
    if waiting:
        placed_order = simulation.venue.fire_trigger(waiting)
        if placed_order is None or not placed_order.is_open:
            return {"order": placed_order and order_row(placed_order)}
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
    """Cancel an order as the venue's own web page would, whether it waits or not."""
    waiting = find_waiting(simulation, body)
    if waiting:
        simulation.venue.cancel_waiting_order(waiting)
        return {"waiting": waiting_row(waiting)}
    order = find_order(simulation, body)
    simulation.venue.cancel_order(order, f"web_{random_text(20)}")
    return {"order": order_row(order)}


def amend_order(simulation: Simulation, body: Body) -> Json:
    """Change price, quantity or trigger price, as the owner would on the venue's web page."""
    order = find_waiting(simulation, body) or find_order(simulation, body)
    changes = {name: body.get_decimal(name) for name in CHANGES}
    if not any(changes.values()):
        raise BadRequest(f"one of {', '.join(CHANGES)} is needed")
    if isinstance(order, Order) and (changes["quantity"] or order.quantity) <= order.executed:
        raise BadRequest(f"quantity must be above the {order.executed} that are filled")
    try:
        simulation.venue.amend_order(order, **changes)
    except InsufficientBalance as refusal:
        raise BadRequest(f"the account has not enough {refusal}") from refusal
    except FilterFailure as failure:
        raise BadRequest(f"this is outside the symbol's {failure}") from failure
    if isinstance(order, WaitingOrder):
        return {"waiting": waiting_row(order)}
    return {"order": order_row(order)}


def fire_trigger(simulation: Simulation, body: Body) -> Json:
    """Fire an order's trigger, whatever the price."""
    order = find_waiting(simulation, body) or find_order(simulation, body)
    if isinstance(order, Order) and not order.is_waiting:
        raise BadRequest("this order has no trigger that could fire")
    placed_order = simulation.venue.fire_trigger(order)
    answer: Json = {"order": placed_order and order_row(placed_order)}
    return answer | ({"waiting": waiting_row(order)} if isinstance(order, WaitingOrder) else {})


def replace_order(simulation: Simulation, body: Body) -> Json:
    """Cancel an order and place it anew under the same client id, as some web pages amend it."""
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


def order_row(order: Order) -> Json:
    return {**spot_rows.order_row(order), "account": order.account}


def find_order(simulation: Simulation, body: Body, *, ended: bool = False) -> Order:
    """Find an order by orderId or clientOrderId; symbol and account narrow the search."""
    order_id, client_id = body.get_int("orderId"), body.get_text("clientOrderId", "")
    if order_id is None and not client_id:
        raise BadRequest("orderId or clientOrderId is missing")
    account = read_account_key(simulation, body)
    orders = [
        order
        for order in simulation.venue.engine.records.orders.values()
        if order_id in (None, order.id)
        and client_id in ("", order.client_id)
        and account in (None, order.account)
        and body.get_text("symbol", order.symbol) == order.symbol
        and not (ended and order.is_open)
    ]
    return _pick_order(orders, ended=ended)


def _pick_order(orders: list[Order], *, ended: bool) -> Order:
    candidates = orders if ended else [order for order in orders if order.is_open]
    if len(candidates) == 1:
        return candidates[0]
    if not orders:
        raise NotFound("no such order")
    if not candidates:
        raise OrderEnded(orders[-1].id)
    raise BadRequest("several orders match; add symbol or account")
