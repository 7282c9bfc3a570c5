"""Control of single orders: list, fill, cancel, amend, trigger and replace."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeVar

from exchanges.simulator.accounts.accounts import InsufficientBalance
from exchanges.simulator.accounts.listen_keys import random_text
from exchanges.simulator.binance.spot import rows as spot_rows
from exchanges.simulator.control.accounts import read_account_key
from exchanges.simulator.control.body import BadRequest, Body, Json, NotFound
from exchanges.simulator.decimals import floor_to_8
from exchanges.simulator.engine.resting_orders import OrderEnded
from exchanges.simulator.markets.filters import FilterFailure
from exchanges.simulator.orders.conditional_orders import WaitingOrder
from exchanges.simulator.orders.orders import Fill, NewOrder, Order
from exchanges.simulator.simulation import Simulation

Record = TypeVar("Record", Order, Fill, WaitingOrder)

MOST_PARTS = 1000
CHANGES = ("price", "quantity", "trigger_price")
KEPT_FIELDS = ("account", "symbol", "side", "type", "client_id", "time_in_force", "reserves")


def list_orders(simulation: Simulation, query: Body) -> Json:
    orders = simulation.venue.engine.records.orders.values()
    return {"orders": [order_row(order) for order in _list_matching(simulation, query, orders)]}


def list_waiting(simulation: Simulation, query: Body) -> Json:
    """List the waiting orders, which have ids of their own; ended ones too."""
    orders = simulation.venue.engine.conditional.waiting.values()
    return {"waiting": [waiting_row(order) for order in _list_matching(simulation, query, orders)]}


def list_trades(simulation: Simulation, query: Body) -> Json:
    fills = _list_matching(simulation, query, simulation.venue.engine.records.fills)
    return {"trades": [{**spot_rows.fill_row(fill), "account": fill.account} for fill in fills]}


def fill_order(simulation: Simulation, body: Body) -> Json:
    """Fill an order, at its own price unless another is given; fire its trigger before if it waits.

    `late` fills an order that has ended, by a trade from before its end. `parts` fills the quantity
    by so many trades at once, as an order that sweeps the order book does.
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
    parts = _split_quantity(quantity, body.get_int("parts") or 1)
    simulation.venue.fill_order(order, parts, price, late=late)
    return {"order": order_row(order)}


def _split_quantity(quantity: Decimal, parts: int) -> list[Decimal]:
    """Split a quantity into equal parts, and refuse one that does not divide exactly."""
    if not 0 < parts <= MOST_PARTS:
        raise BadRequest(f"parts must be above 0 and at most {MOST_PARTS}")
    part = floor_to_8(quantity / parts)
    if part * parts != quantity:
        raise BadRequest(f"quantity {quantity} is not {parts} equal parts of at most 8 digits")
    return [part] * parts


def cancel_order(simulation: Simulation, body: Body) -> Json:
    """Cancel an order as the venue's own web page would, whether it waits or not."""
    waiting = find_waiting(simulation, body)
    if waiting:
        simulation.venue.cancel_waiting_order(waiting)
        return {"waiting": waiting_row(waiting)}
    order = find_order(simulation, body)
    simulation.venue.cancel_order(order, f"web_{random_text(20)}")
    return {"order": order_row(order)}


def settle_order(simulation: Simulation, body: Body) -> Json:
    """Call a partly filled order filled, as venues do with one that they cut or rounded."""
    order = find_order(simulation, body)
    if not order.executed:
        raise BadRequest("nothing of this order is filled")
    simulation.venue.settle_order(order)
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
        **{name: getattr(order, name) for name in KEPT_FIELDS},
        quantity=body.get_decimal("quantity") or order.remaining,
        price=body.get_decimal("price") or order.price,
        trigger=order.trigger if order.is_waiting else None,
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
    orders = [
        order
        for order in _list_matching(
            simulation, body, simulation.venue.engine.records.orders.values()
        )
        if order_id in (None, order.id)
        and client_id in ("", order.client_id)
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


def find_waiting(simulation: Simulation, body: Body) -> WaitingOrder | None:
    """Find an open waiting order by waitingId or clientOrderId; None if there is none."""
    number, client_id = body.get_int("waitingId"), body.get_text("clientOrderId", "")
    if number is None and not client_id:
        return None
    waiting = simulation.venue.engine.conditional.waiting.values()
    orders = [order for order in _list_matching(simulation, body, waiting) if order.is_open]
    orders = [order for order in orders if number in (None, order.id)]
    orders = [order for order in orders if client_id in ("", order.client_id)]
    if len(orders) > 1:
        raise BadRequest("several waiting orders match; add symbol or account")
    return orders[0] if orders else None


def waiting_row(order: WaitingOrder) -> Json:
    return {
        "waitingId": order.id,
        "clientOrderId": order.client_id,
        "account": order.account,
        "symbol": order.symbol,
        "side": order.request.side,
        "type": order.request.type,
        "quantity": str(order.request.quantity),
        "price": str(order.request.price),
        "kind": order.trigger.kind,
        "triggerPrice": str(order.trigger.price),
        "trailingPercent": str(order.trigger.trail),
        "firesAt": str(order.trigger.fire_price) if order.trigger.fire_price else None,
        "status": order.status,
        "orderId": order.order_id,
        "reason": order.reason,
    }


def _list_matching(simulation: Simulation, body: Body, records: Iterable[Record]) -> list[Record]:
    """Return the orders or fills of the account and the symbol that a request names."""
    account = read_account_key(simulation, body)
    records = [record for record in records if account in (None, record.account)]
    return [r for r in records if body.get_text("symbol", r.symbol) == r.symbol]
