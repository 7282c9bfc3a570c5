"""The operator's hand on orders that wait, and on orders as their owner would change them."""

from decimal import Decimal

from exchanges.simulator.accounts.accounts import InsufficientBalance
from exchanges.simulator.control import market
from exchanges.simulator.control.accounts import find as find_account
from exchanges.simulator.control.body import BadRequest, Body
from exchanges.simulator.control.market import find_order, order_row
from exchanges.simulator.markets.filters import FilterFailure
from exchanges.simulator.orders.conditional_orders import Waiting
from exchanges.simulator.orders.orders import Order
from exchanges.simulator.simulation import Simulation

Json = dict[str, object]


def waiting(simulation: Simulation, query: Body) -> Json:
    """Those apart from the other orders, ended ones too."""
    return {"waiting": [waiting_row(one) for one in _matching(simulation, query)]}


def cancel(simulation: Simulation, body: Body) -> Json:
    """Cancel "at the exchange" whatever goes by that name, waiting or not."""
    found = find_waiting(simulation, body)
    if found is None:
        return market.cancel(simulation, body)
    simulation.venue.cancel_waiting(found)
    return {"waiting": waiting_row(found)}


def fill(simulation: Simulation, body: Body) -> Json:
    """Fill an order by hand; one that waits is set off before."""
    one: Waiting | Order | None = find_waiting(simulation, body)
    if one is None and not body.flag("late", False):
        order = market.find_order(simulation, body)
        one = order if order.waits else None
    if one:
        became = simulation.venue.fire(one)
        if became is None or not became.is_open:
            return {"order": became and order_row(became)}
    return market.fill(simulation, body)


def trigger(simulation: Simulation, body: Body) -> Json:
    """Set one off, whatever the price."""
    one = find_waiting(simulation, body) or find_order(simulation, body)
    if isinstance(one, Order) and not one.waits:
        raise BadRequest("this order does not wait for anything")
    order = simulation.venue.fire(one)
    told: Json = {"order": order_row(order)} if order else {"order": None}
    return told | ({"waiting": waiting_row(one)} if isinstance(one, Waiting) else {})


def amend(simulation: Simulation, body: Body) -> Json:
    """Another price, quantity or trigger price, as its owner sets it on the venue's web page."""
    one = find_waiting(simulation, body) or find_order(simulation, body)
    names = {"price": "price", "quantity": "quantity", "trigger_price": "trigger_price"}
    changes = {name: body.decimal(given) for name, given in names.items()}
    if not any(changes.values()):
        raise BadRequest(f"one of {', '.join(names)} is needed")
    if isinstance(one, Order) and (changes["quantity"] or one.quantity) <= one.executed:
        raise BadRequest(f"quantity must be above the {one.executed} that are filled")
    try:
        simulation.venue.amend(one, **changes)
    except InsufficientBalance as refusal:
        raise BadRequest(f"the account has not enough {refusal}") from refusal
    except FilterFailure as failure:
        raise BadRequest(f"this is outside the symbol's {failure}") from failure
    return {"waiting": waiting_row(one)} if isinstance(one, Waiting) else {"order": order_row(one)}


def find_waiting(simulation: Simulation, body: Body) -> Waiting | None:
    """By waitingId, or by clientOrderId if that one has not become an order yet."""
    number, name = body.whole("waitingId"), body.text("clientOrderId", "")
    if number is None and not name:
        return None
    found = [one for one in _matching(simulation, body) if one.is_open]
    found = [one for one in found if number in (None, one.id) and name in ("", one.client_id)]
    if len(found) > 1:
        raise BadRequest("several orders wait under that name; add symbol or account")
    return found[0] if found else None


def waiting_row(one: Waiting) -> Json:
    return {
        "waitingId": one.id,
        "clientOrderId": one.client_id,
        "account": one.account,
        "symbol": one.symbol,
        "side": one.wish.side,
        "type": one.wish.type,
        "quantity": str(one.wish.quantity),
        "price": str(one.wish.price),
        "kind": one.trigger.kind,
        "triggerPrice": str(one.trigger.price),
        "trailingPercent": str(one.trigger.trail),
        "firesAt": _shown(one.trigger.fires_at),
        "status": one.status,
        "orderId": one.became,
        "reason": one.reason,
    }


def _matching(simulation: Simulation, body: Body) -> list[Waiting]:
    account = find_account(simulation, body.text("account")).key if body.has("account") else None
    return [
        one
        for one in simulation.venue.engine.conditional.waiting.values()
        if account in (None, one.account) and body.text("symbol", one.symbol) == one.symbol
    ]


def _shown(price: Decimal) -> str | None:
    return str(price) if price else None
