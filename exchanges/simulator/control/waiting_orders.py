"""The operator's hand on orders that wait, and on orders as their owner would change them."""

from decimal import Decimal

from exchanges.simulator.accounts.accounts import InsufficientBalance
from exchanges.simulator.control import market
from exchanges.simulator.control.accounts import find_account as find_account
from exchanges.simulator.control.body import BadRequest, Body
from exchanges.simulator.control.market import find_order, order_row
from exchanges.simulator.markets.filters import FilterFailure
from exchanges.simulator.orders.conditional_orders import WaitingOrder
from exchanges.simulator.orders.orders import Order
from exchanges.simulator.simulation import Simulation

Json = dict[str, object]


def list_waiting(simulation: Simulation, query: Body) -> Json:
    """Those apart from the other orders, ended ones too."""
    return {"waiting": [waiting_row(one) for one in _list_matching(simulation, query)]}


def cancel_any(simulation: Simulation, body: Body) -> Json:
    """Cancel "at the exchange" whatever goes by that name, waiting or not."""
    found = find_waiting(simulation, body)
    if found is None:
        return market.cancel_order(simulation, body)
    simulation.venue.cancel_waiting_order(found)
    return {"waiting": waiting_row(found)}


def fill_any(simulation: Simulation, body: Body) -> Json:
    """Fill an order by hand; one that waits is set off before."""
    one: WaitingOrder | Order | None = find_waiting(simulation, body)
    if one is None and not body.get_flag("late", False):
        order = market.find_order(simulation, body)
        one = order if order.is_waiting else None
    if one:
        became = simulation.venue.fire_trigger(one)
        if became is None or not became.is_open:
            return {"order": became and order_row(became)}
    return market.fill_order(simulation, body)


def fire_trigger(simulation: Simulation, body: Body) -> Json:
    """Set one off, whatever the price."""
    one = find_waiting(simulation, body) or find_order(simulation, body)
    if isinstance(one, Order) and not one.is_waiting:
        raise BadRequest("this order does not wait for anything")
    order = simulation.venue.fire_trigger(one)
    told: Json = {"order": order_row(order)} if order else {"order": None}
    return told | ({"waiting": waiting_row(one)} if isinstance(one, WaitingOrder) else {})


def amend_any(simulation: Simulation, body: Body) -> Json:
    """Another price, quantity or trigger price, as its owner sets it on the venue's web page."""
    one = find_waiting(simulation, body) or find_order(simulation, body)
    names = {"price": "price", "quantity": "quantity", "trigger_price": "trigger_price"}
    changes = {name: body.get_decimal(given) for name, given in names.items()}
    if not any(changes.values()):
        raise BadRequest(f"one of {', '.join(names)} is needed")
    if isinstance(one, Order) and (changes["quantity"] or one.quantity) <= one.executed:
        raise BadRequest(f"quantity must be above the {one.executed} that are filled")
    try:
        simulation.venue.amend_order(one, **changes)
    except InsufficientBalance as refusal:
        raise BadRequest(f"the account has not enough {refusal}") from refusal
    except FilterFailure as failure:
        raise BadRequest(f"this is outside the symbol's {failure}") from failure
    return (
        {"waiting": waiting_row(one)}
        if isinstance(one, WaitingOrder)
        else {"order": order_row(one)}
    )


def find_waiting(simulation: Simulation, body: Body) -> WaitingOrder | None:
    """By waitingId, or by clientOrderId if that one has not become an order yet."""
    number, name = body.get_int("waitingId"), body.get_text("clientOrderId", "")
    if number is None and not name:
        return None
    found = [one for one in _list_matching(simulation, body) if one.is_open]
    found = [one for one in found if number in (None, one.id) and name in ("", one.client_id)]
    if len(found) > 1:
        raise BadRequest("several orders wait under that name; add symbol or account")
    return found[0] if found else None


def waiting_row(one: WaitingOrder) -> Json:
    return {
        "waitingId": one.id,
        "clientOrderId": one.client_id,
        "account": one.account,
        "symbol": one.symbol,
        "side": one.request.side,
        "type": one.request.type,
        "quantity": str(one.request.quantity),
        "price": str(one.request.price),
        "kind": one.trigger.kind,
        "triggerPrice": str(one.trigger.price),
        "trailingPercent": str(one.trigger.trail),
        "firesAt": _price_or_none(one.trigger.fire_price),
        "status": one.status,
        "orderId": one.order_id,
        "reason": one.reason,
    }


def _list_matching(simulation: Simulation, body: Body) -> list[WaitingOrder]:
    account = (
        find_account(simulation, body.get_text("account")).key if body.has("account") else None
    )
    return [
        one
        for one in simulation.venue.engine.conditional.waiting.values()
        if account in (None, one.account) and body.get_text("symbol", one.symbol) == one.symbol
    ]


def _price_or_none(price: Decimal) -> str | None:
    return str(price) if price else None
