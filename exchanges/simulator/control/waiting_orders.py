"""Control of waiting orders: conditional orders with ids of their own."""

from exchanges.simulator.control.accounts import read_account_key
from exchanges.simulator.control.body import BadRequest, Body
from exchanges.simulator.orders.conditional_orders import WaitingOrder
from exchanges.simulator.simulation import Simulation

Json = dict[str, object]


def list_waiting(simulation: Simulation, query: Body) -> Json:
    """List the waiting orders, ended ones too."""
    return {"waiting": [waiting_row(order) for order in _list_matching(simulation, query)]}


def find_waiting(simulation: Simulation, body: Body) -> WaitingOrder | None:
    """Find an open waiting order by waitingId or clientOrderId; None if there is none."""
    number, client_id = body.get_int("waitingId"), body.get_text("clientOrderId", "")
    if number is None and not client_id:
        return None
    orders = [order for order in _list_matching(simulation, body) if order.is_open]
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


def _list_matching(simulation: Simulation, body: Body) -> list[WaitingOrder]:
    account = read_account_key(simulation, body)
    return [
        order
        for order in simulation.venue.engine.conditional.waiting.values()
        if account in (None, order.account)
        and body.get_text("symbol", order.symbol) == order.symbol
    ]
