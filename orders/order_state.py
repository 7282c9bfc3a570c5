"""Read an order's row: its state, its name at the venue, and what the rows around it tell."""

from decimal import Decimal

from exchanges.base import CONDITIONAL, CONDITIONAL_PREFIX, FillReport, OrderName, OrderReport
from exchanges.models import Symbol
from orders.lifecycle import history, replacements, states
from orders.models import Order, OrderType, Origin, TimeInForce


def read_state(order: Order, fills: dict[str, FillReport]) -> states.OrderState:
    return states.OrderState(
        status=order.status,
        quantity=order.quantity,
        filled=order.filled,
        cost=order.cost,
        fills=fills,
        exchange_order_id=order.exchange_order_id,
        price=order.price,
        carried=order.carried,
        former={
            name: replacements.FormerName(Decimal(filled), sure)
            for name, (filled, sure) in order.former.items()
        },
        terms_at=order.terms_at,
        ended_at=order.ended_at,
        ended_reason=order.ended_reason,
        is_assumed=order.end_is_assumed,
    )


def build_order_name(order: Order) -> OrderName:
    """Build what a venue is asked with: its own id of the order where it is known, and ours."""
    name = order.exchange_order_id
    may_wait = not name or name.startswith(CONDITIONAL_PREFIX)
    return OrderName(
        symbol=order.symbol,
        client_order_id=order.client_order_id,
        exchange_order_id=name or None,
        is_conditional=order.type in CONDITIONAL and may_wait,
    )


def is_patient(order: Order) -> bool:
    """Tell whether an order waits at the venue until somebody cancels it."""
    return order.type != OrderType.MARKET and order.time_in_force == TimeInForce.GTC


def describe_overfill(order: Order, before: states.OrderState, after: states.OrderState) -> str:
    if after.filled <= after.quantity:
        return ""
    key = order.key
    step = Symbol.objects.filter(
        venue=key.venue, market=key.market, is_paper=key.is_paper, name=order.symbol
    ).values_list("quantity_step", flat=True)
    return history.describe_overfill(before, after, unit=step.first() or Decimal(0))


def has_row_of_successor(order_id: int, report: OrderReport) -> bool:
    """Venues start what a waiting order became without any name of the one that waited."""
    order = Order.objects.get(pk=order_id)
    twins = Order.objects.filter(
        key_id=order.key_id, symbol=order.symbol, exchange_order_id=report.exchange_order_id
    )
    return order.origin == Origin.EXTERNAL and twins.exclude(pk=order_id).exists()
