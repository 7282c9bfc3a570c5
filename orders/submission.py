"""Send and cancel orders at a venue, in a worker. An order is sent once, under one name only."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import transaction
from django.utils import timezone

from exchanges import base, pool
from exchanges.holdings.request import request_refresh
from exchanges.limits import bans
from exchanges.limits.failures import note_failure
from exchanges.models import ExchangeKey
from exchanges.through_ccxt.errors import before_sending
from orders import order_state, reconciler
from orders.changes import replacement
from orders.lifecycle import replacements, states
from orders.models import MarginMode, Order

log = structlog.get_logger(__name__)

SEND_WITHIN: Final = timedelta(seconds=60)  # an order placed much later is not what was requested
UNCONFIRMED: Final = (
    f"its venue did not confirm it within {order_state.AMEND_WITHIN.total_seconds():.0f} s"
)


class StillUnknown(Exception):
    """The venue was asked, and its answer does not tell yet whether the order arrived."""


def submit_order(order_id: int) -> Order | None:
    """Send an order that was not sent yet; of several callers only one does it."""
    orders = _claim_orders(order_id, now=timezone.now())
    if not orders:
        return None
    key = orders[0].key
    try:
        reports = pool.call(key, lambda venue: _send_orders(venue, orders))
    except (base.RequestRefused, base.KeyInvalid) as error:
        note_failure(key, error, now=timezone.now())
        if isinstance(error, base.PositionModeMismatch):  # switched there: read it anew
            request_refresh(key.pk)
        refused = [_record_refusal(order, states.REJECTED, str(error)) for order in orders]
        return refused[0]
    except (base.RequestNotSent, base.RateLimitError) as error:
        note_failure(key, error, now=timezone.now())
        for order in orders:
            release_submission(order.pk)
        raise
    except base.VenueError as error:
        is_known = isinstance(error, base.DuplicateClientOrderId)
        reason = "the venue already has this name" if is_known else str(error)
        for order in orders:
            reconciler.mark_unanswered(order.pk, reason=reason, now=timezone.now())
        raise StillUnknown(order_id) from None
    placed = [_record_placed(*each) for each in zip(orders, reports, strict=True)]
    return placed[0]


def _record_placed(order: Order, report: base.OrderReport) -> Order:
    placed = reconciler.apply_report(order.pk, report, source="submit", now=timezone.now())
    return _confirm_placed(placed) if report.filled is None else placed


def claim_submission(order_id: int, *, now: datetime) -> Order | None:
    """Claim the right to send this order; only one caller ever gets it, before anything is sent."""
    claimed = Order.objects.filter(
        pk=order_id, status=states.PENDING, submitted_at=None, cancel_requested_at=None
    ).update(submitted_at=now)
    return Order.objects.select_related("key", "bot").get(pk=order_id) if claimed else None


def release_submission(order_id: int) -> None:
    """Return the right to send: the request never left, so it may be sent again."""
    Order.objects.filter(pk=order_id, status=states.PENDING).update(submitted_at=None)


async def _send_orders(venue: base.Adapter, orders: Sequence[Order]) -> Sequence[base.OrderReport]:
    """Send one order, or two that their venue takes in one request."""
    if len(orders) == 1:
        return [await _send_order(venue, orders[0])]
    return await venue.place_pair(
        [order_state.build_request(o) for o in orders], name=orders[0].group
    )


async def _send_order(venue: base.Adapter, order: Order) -> base.OrderReport:
    """Set the leverage, then send the order: if the first is not certain, nothing was sent."""
    if order.leverage:
        margin_mode = order.margin_mode or MarginMode.CROSS
        with before_sending("leverage not set"):
            await venue.set_leverage(order.symbol, leverage=order.leverage, margin_mode=margin_mode)
    return await venue.place_order(order_state.build_request(order))


def _confirm_placed(order: Order) -> Order:
    """Fetch an order whose reply was no more than an id; the sweep finds what this misses."""
    try:
        report = pool.call(
            order.key, lambda venue: venue.fetch_order(order_state.build_order_name(order))
        )
    except base.VenueError as error:  # also when it shows there late: one look proves no absence
        note_failure(order.key, error, now=timezone.now())
        log.info("placed, not seen yet", order=order.pk, error=str(error))
        return order
    return reconciler.apply_report(order.pk, report, source="submit", now=timezone.now())


def look_up_order(order_id: int) -> Order:
    """Ask by client order id whether an order arrived; raise StillUnknown until that is clear."""
    order = Order.objects.select_related("key", "bot").get(pk=order_id)
    if order.status not in (states.UNKNOWN, states.PENDING):
        return order
    try:
        report = pool.call(
            order.key, lambda venue: venue.fetch_order(order_state.build_order_name(order))
        )
    except base.NotFound:
        order = reconciler.record_miss(order_id, now=timezone.now())
    except base.VenueError as error:
        note_failure(order.key, error, now=timezone.now())
        raise StillUnknown(order_id) from None
    else:
        order = reconciler.apply_report(order_id, report, source="poll", now=timezone.now())
    if order.status == states.UNKNOWN:
        raise StillUnknown(order_id)
    return order


def cancel_at_venue(order_id: int) -> Order:
    """Cancel an order at its venue and merge the answer, also when the cancel came too late."""
    order = Order.objects.select_related("key", "bot").get(pk=order_id)
    if order.status not in states.OPEN or _is_key_refused(order.key):
        return order
    try:
        report = _cancel_or_fetch(order)
    except base.NotFound:
        return reconciler.record_miss(order_id, now=timezone.now())
    except base.VenueError as error:
        note_failure(order.key, error, now=timezone.now())
        log.warning("cancel not confirmed, will ask again", order=order_id, error=str(error))
        return order
    return reconciler.apply_report(order_id, report, source="cancel", now=timezone.now())


def amend_at_venue(order_id: int) -> Order:
    """Send a requested change to the venue, and merge what the order is afterwards.

    Sent twice it does no harm: it says what the order shall be, not by how much it changes.
    """
    with replacement.lock_change(order_id) as is_ours:
        order = Order.objects.select_related("key", "bot").get(pk=order_id)
        is_over = order.ended_at or order.cancel_requested_at
        if not is_ours or is_over or _is_key_refused(order.key) or not order.amend_requested_at:
            return order
        is_late = timezone.now() - order.amend_requested_at > order_state.AMEND_WITHIN
        if is_late and order.amend_sent_at is None:
            return _give_up_amend(order, UNCONFIRMED)
        return _send_amend(order, is_late=is_late)


def _send_amend(order: Order, *, is_late: bool) -> Order:
    wanted = order_state.build_amendment(order)
    try:
        report, refusal = (
            (replacement.find_or_place(order, ()), UNCONFIRMED)
            if is_late
            else _change_or_find(order, wanted)
        )
    except base.VenueError as error:
        note_failure(order.key, error, now=timezone.now())
        log.warning("change not confirmed, will ask again", order=order.pk, error=str(error))
        return order
    told = (report.price, report.quantity, report.trigger_price)
    if refusal and told != (wanted.price, wanted.quantity, wanted.trigger_price):
        if report.status == "canceled" and order.amend_sent_at:  # by its change, so that is the end
            report = replace(report, raw_status=f"for a change: {refusal}")
        else:
            _give_up_amend(order, refusal)
    return reconciler.apply_report(order.pk, report, source="submit", now=timezone.now())


def _change_or_find(order: Order, wanted: base.OrderRequest) -> tuple[base.OrderReport, str]:
    """Return the changed order; or if the change is refused the order as it is then, and why."""
    name, former = order_state.build_order_name(order), order_state.build_former(order)
    was_sent = replacement.note_sending(order, now=timezone.now())
    terms: tuple[base.OrderRequest, ...] = (wanted, former) if was_sent else ()
    try:
        return pool.call(order.key, lambda venue: venue.amend_order(name, wanted)), ""
    except base.RequestNotSent:
        if not was_sent:
            replacement.forget_sending(order)
        raise
    except base.ReplacementRefused as error:
        refusal, terms = str(error), (former,)
    except (base.NotFound, base.RequestRefused) as error:
        refusal = str(error)  # done already, ended, or not to the venue's liking: look
        if not was_sent:
            replacement.forget_sending(order)
    return replacement.find_or_place(order, terms), refusal


def _give_up_amend(order: Order, reason: str) -> Order:
    requested_at = order.amend_requested_at
    if requested_at is None:
        return order
    return reconciler.give_up_amend(
        order.pk, requested_at=requested_at, reason=reason, now=timezone.now()
    )


def _cancel_or_fetch(order: Order) -> base.OrderReport:
    name = order_state.build_order_name(order)
    try:
        return pool.call(order.key, lambda venue: venue.cancel_order(name))
    except (base.NotFound, base.RequestRefused):  # ended already: read what became of it
        return pool.call(order.key, lambda venue: _fetch_current(venue, name))


async def _fetch_current(venue: base.Adapter, name: base.OrderName) -> base.OrderReport:
    report = await venue.fetch_order(name)
    now = report
    if report.status == "canceled":
        now = await fetch_latest_report(venue, name, report)
    if now.exchange_order_id != report.exchange_order_id:
        raise base.VenueDown("it was replaced at the venue, and has another name there now")
    return now


async def fetch_latest_report(
    venue: base.Adapter, name: base.OrderName, report: base.OrderReport
) -> base.OrderReport:
    """Fetch what our name means at the venue by now: this report, or one of its successor.

    Replaced by hand, an order has ended under the id that we know and lives on under our own name.
    """
    try:
        latest = await venue.fetch_order(replace(name, exchange_order_id=None))
    except base.NotFound:
        return report
    place = replacements.classify_report(latest, known=report.exchange_order_id)
    return latest if place == "successor" else report


def _claim_orders(order_id: int, *, now: datetime) -> list[Order]:
    """Claim the order for sending, with the other one of its pair: both, or none of them."""
    order = Order.objects.get(pk=order_id)
    ids = [order_id]
    if order.group and order.order_group_id:
        pair = Order.objects.filter(order_group=order.order_group_id, group=order.group)
        unsent = pair.filter(status=states.PENDING, submitted_at=None, cancel_requested_at=None)
        ids = sorted({order_id, *unsent.values_list("pk", flat=True)})
    with transaction.atomic():
        claimed = [each for pk in ids if (each := _claim_order(pk, now=now))]
        if len(claimed) < len(ids):
            transaction.set_rollback(len(claimed) > 0)
            return []
    return claimed


def _claim_order(order_id: int, *, now: datetime) -> Order | None:
    """Claim the order for sending, unless its venue banned us or we refuse it by now."""
    order = Order.objects.select_related("key", "bot").get(pk=order_id)
    if order.submitted_at or order.status != states.PENDING:
        return None
    if order.cancel_requested_at:  # its request was on the way, but did not leave
        _record_refusal(order, states.CANCELED, "cancelled before it was sent")
        return None
    if bans.get_end(order.key, now=now):
        return None
    claimed = claim_submission(order_id, now=now)
    if claimed and (reason := _find_objection(claimed, now=now)):
        _record_refusal(claimed, states.DENIED, reason)
        return None
    return claimed


def _find_objection(order: Order, *, now: datetime) -> str:
    if not order.key.is_active:
        return f"not sent: the key “{order.key.label}” is switched off"
    if now - order.created_at > SEND_WITHIN:
        return f"not sent: the venue could not be reached within {SEND_WITHIN.seconds} s"
    if order.good_till and order.good_till <= now:
        return "not sent: its time is over"
    return ""


def _record_refusal(order: Order, status: str, reason: str) -> Order:
    return reconciler.refuse_order(
        order.pk, status=status, reason=reason, source="submit", now=timezone.now()
    )


def _is_key_refused(key: ExchangeKey) -> bool:
    """Tell whether the venue refused this key: repeated requests with it get our address banned."""
    return bool(not key.is_active and key.last_error)
