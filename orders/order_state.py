"""An order's row: its state, its name at the venue, a requested change, and rows around it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from exchanges import base, venues
from exchanges.base import CONDITIONAL, CONDITIONAL_PREFIX, FillReport, OrderName, OrderReport
from exchanges.keys import dead_mans_switch
from exchanges.models import Symbol
from orders.lifecycle import ended_by, history, replacements, states
from orders.models import Order, OrderType, Origin, TimeInForce
from realtime.values import EXACT, format_money

# The fields of a state that its row has under the same names.
STATE_FIELDS: Final = (
    *("status", "lacks_quantity", "filled", "cost", "exchange_order_id", "price", "carried"),
    *("terms_at", "ended_at", "ended_reason"),
)
AMEND_WITHIN: Final = timedelta(seconds=60)  # made much later a change is not what was requested
DERIVED_FIELDS: Final = ("fills_quantity", "average_price", "lacks_fees")


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedTerms:
    """The terms that an open order shall have; None is at market, or without a trigger."""

    quantity: Decimal
    price: Decimal | None
    trigger_price: Decimal | None = None

    def describe(self) -> str:
        """Describe them in a phrase: 0.02 at 51000; 0.02 from 45000 on."""
        start = f" from {format_money(self.trigger_price)} on" if self.trigger_price else ""
        limit = f" at {format_money(self.price)}" if self.price else ""
        return f"{format_money(self.quantity)}{start}{limit}"


def read_state(order: Order, fills: dict[str, FillReport]) -> states.OrderState:
    return states.OrderState(
        **{name: getattr(order, name) for name in STATE_FIELDS},
        quantity=read_ordered(order),
        trigger_price=order.trigger_price if waits_for_price(order) else None,
        fills=fills,
        former={
            name: replacements.FormerName(Decimal(filled), sure)
            for name, (filled, sure) in order.former.items()
        },
        is_assumed=order.end_is_assumed,
    )


def waits_for_price(order: Order) -> bool:
    """Tell whether it was placed here to wait for a trigger price, which can be changed.

    Of orders from outside the terms are kept elsewhere; a trailing stop's price is its venue's.
    """
    kinds = (OrderType.STOP_LOSS, OrderType.TAKE_PROFIT)
    return order.origin == Origin.FILLWATCH and order.type in kinds


def read_ordered(order: Order) -> Decimal:
    """Return the quantity as it was ordered, also where its venue settled it with less."""
    quantity: Decimal = order.quantity if order.ordered is None else order.ordered
    return quantity


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


def build_request(order: Order) -> base.OrderRequest:
    """Build the request without the zeros that the database adds: some venues refuse them."""
    return base.OrderRequest(
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        **_build_time_limit(order, now=timezone.now()),
        quantity=order.quantity.normalize(EXACT),
        quote_amount=_strip_zeros(order.quote_amount),
        price=_strip_zeros(order.price),
        trigger_price=_strip_zeros(order.trigger_price),
        trailing_percent=_strip_zeros(order.trailing_percent),
        reduce_only=order.reduce_only,
        position_side=order.position_side,
        client_order_id=order.client_order_id,
    )


def _build_time_limit(order: Order, *, now: datetime) -> dict[str, Any]:
    """Have the venue end the order at its time, or send it without: then the sweep ends it."""
    if order.time_in_force != TimeInForce.GTD or order.good_till is None:
        return {"time_in_force": order.time_in_force}
    seconds = (order.good_till - now).total_seconds()
    if venues.get(order.key.venue).can_expire(order.key.market, seconds):
        return {"time_in_force": TimeInForce.GTD.value, "good_till": order.good_till}
    return {"time_in_force": TimeInForce.GTC.value}


def _strip_zeros(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.normalize(EXACT)


def build_amendment(order: Order) -> base.OrderRequest:
    """Build the changed order: its venue knows nothing of what was filled under former ids."""
    quantity = (order.amend_quantity or order.quantity) - order.carried
    return replace(
        build_request(order),
        price=_strip_zeros(order.amend_price),
        trigger_price=_strip_zeros(order.amend_trigger_price or order.trigger_price),
        quantity=quantity.normalize(EXACT),
    )


def build_former(order: Order) -> base.OrderRequest:
    """Build the order as it was before a requested change, to place it once more."""
    quantity = order.quantity - order.carried
    return replace(build_request(order), quantity=quantity.normalize(EXACT))


def is_patient(order: Order, ended_at: datetime | None) -> bool:
    """Tell whether an order would have waited at the venue for longer than it did."""
    if order.time_in_force == TimeInForce.GTD:
        return bool(order.good_till and ended_at and ended_at < order.good_till)
    return order.type != OrderType.MARKET and order.time_in_force == TimeInForce.GTC


def describe_overfill(order: Order, before: states.OrderState, after: states.OrderState) -> str:
    if after.filled <= after.quantity:
        return ""
    symbols = Symbol.objects.filter(name=order.symbol, **order.key.venue_market._asdict())
    step = symbols.values_list("quantity_step", flat=True).first()
    return history.describe_overfill(before, after, unit=step or Decimal(0))


def has_row_of_successor(order_id: int, report: OrderReport) -> bool:
    """Venues start what a waiting order became without any name of the one that waited."""
    order = Order.objects.get(pk=order_id)
    twins = Order.objects.filter(
        key_id=order.key_id, symbol=order.symbol, exchange_order_id=report.exchange_order_id
    )
    return order.origin == Origin.EXTERNAL and twins.exclude(pk=order_id).exists()


def may_be_replaced(order_id: int, report: OrderReport, *, source: str, now: datetime) -> bool:
    """Tell whether a cancelled order may go on under another id, since a change was requested.

    Some venues change an order by cancelling it first, and their streams tell that on its own. The
    answer to the change says what became of it, and if it does not come, the next check does. If we
    may have died before the second step, a check leaves the end to whoever sends the change again.
    """
    if report.status != "canceled" or source not in ("stream", "poll"):
        return False
    orders = Order.objects.filter(pk=order_id, exchange_order_id=report.exchange_order_id)
    changing = orders.filter(cancel_requested_at=None, amend_requested_at__isnull=False)
    if source == "poll":
        changing = changing.filter(
            amend_sent_at__isnull=False, amend_requested_at__gt=now - AMEND_WITHIN
        )
    return changing.exists()


def can_change(order: Order) -> bool:
    """Tell whether the venue has the order, and nobody wants its end."""
    return order.status in states.AT_VENUE and order.cancel_requested_at is None


def note_amend(order: Order, wanted: WantedTerms, *, at: datetime, actor: str) -> None:
    order.amend_price, order.amend_quantity = wanted.price, wanted.quantity
    order.amend_trigger_price = wanted.trigger_price
    order.amend_requested_at, order.amend_requested_by = at, actor
    order.amend_sent_at = None


def settle_amend(order: Order) -> str:
    """End a requested change that has happened, or that cannot happen any more.

    Returns who requested the change that this is, if it is one and no more.
    """
    if order.amend_requested_at is None:
        return ""
    requested_by = order.amend_requested_by
    wanted_trigger = order.amend_trigger_price or order.trigger_price
    has_happened = (order.price, order.quantity, order.trigger_price) == (
        *(order.amend_price, order.amend_quantity),
        wanted_trigger,
    )
    if has_happened or order.ended_at:
        clear_amend(order)
    return requested_by if has_happened and order.ended_at is None else ""


def clear_amend(order: Order) -> None:
    order.amend_price = order.amend_quantity = order.amend_trigger_price = None
    order.amend_requested_at = order.amend_sent_at = None
    order.amend_requested_by = ""


def credit_cancel(order: Order, state: states.OrderState, report: OrderReport | None) -> None:
    """Note what cancelled an order of which nobody requested it: our own change, or the switch.

    Of the switch the venue's time of the end decides, not when we heard of it. Without that time
    nobody knows.
    """
    if state.status != states.CANCELED or order.ended_at or order.cancel_requested_by:
        return
    if order.amend_sent_at is not None:
        order.cancel_requested_by = ended_by.CHANGE
        return
    if report is None or report.reported_at is None:
        return
    if dead_mans_switch.has_fired(order.key_id, at=report.reported_at):
        order.cancel_requested_by = ended_by.SWITCH
