"""Merge reports into an order and write its new state with its events: the only writer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.db import IntegrityError

from exchanges.base import FillReport, OrderReport
from orders import external_terms, order_state, task_queue
from orders import fills as orders_fills
from orders.lifecycle import conclusions, ended_by, history, states
from orders.models import Order
from orders.order_events import find_request_id, log_status, record_change, record_decision
from realtime import streams
from realtime.values import format_money

log = structlog.get_logger(__name__)

MISSES_TO_END: Final = 3
HISTORY: Final = timedelta(days=90)  # no venue promises to know an order for longer
GRACE: Final = timedelta(seconds=20)  # venues show a new order late; see FAILURES 7 in the tests


def record_intent(order: Order) -> Order:
    """Save an order before it is sent to the venue."""
    with streams.unit() as unit:
        order.status, order.version = states.PENDING, 1
        order.request_id = find_request_id()
        order.save(force_insert=True)
        member = order.placed_by
        own_actor = ended_by.BOT if order.bot_id else ended_by.USER
        record_change(
            unit,
            order,
            source="user",
            actor=ended_by.MEMBER if member else own_actor,
            reason=f"asked for by {member}" if member else "asked for",
            at=order.created_at,
        )
        log_status(order, source="user")
    return order


def record_external(order: Order, report: OrderReport, *, source: str, now: datetime) -> Order:
    """Save an order that was placed at the exchange itself, as its venue reports it."""
    with streams.unit() as unit:
        order.status = states.PENDING
        before = order_state.read_state(order, {})
        decision = states.merge_report(before, report, now=now)
        _assign_state(order, decision.state)
        order.version = 1
        order.checked_at = now
        order.last_report = dict(report.raw)
        order.save(force_insert=True)
        reason = "placed at the exchange, not here"
        record_decision(
            unit, order, before, decision, source=source, actor=ended_by.HAND, reason=reason, at=now
        )
    return order


def apply_report(
    order_id: int,
    report: OrderReport,
    *,
    source: str,
    now: datetime,
    fills: Sequence[FillReport] = (),
) -> Order:
    """Merge a report of the venue and the fills that it listed apart."""
    complete_report = replace(report, fills=(*report.fills, *fills))
    if order_state.may_be_replaced(order_id, report, source=source, now=now):
        complete_report = replace(complete_report, status="new")
    try:
        return _change_order(
            order_id,
            lambda state: states.merge_report(state, complete_report, now=now),
            source=source,
            now=now,
            report=report,
        )
    except IntegrityError:
        if not order_state.has_row_of_successor(order_id, report):
            raise
    return _change_order(
        order_id,
        lambda state: conclusions.end_as_triggered(
            state, successor_id=report.exchange_order_id, now=now
        ),
        source=source,
        now=now,
        report=report,
    )


def apply_fills(order_id: int, fills: Iterable[FillReport], *, source: str, now: datetime) -> Order:
    """Merge fills that the venue listed apart from the order."""
    return _change_order(
        order_id,
        lambda state: states.merge_fills(state, tuple(fills), now=now),
        source=source,
        now=now,
    )


def refuse_order(order_id: int, *, status: str, reason: str, source: str, now: datetime) -> Order:
    """End an order that was denied here, rejected there, or cancelled before it was sent."""
    return _change_order(
        order_id,
        lambda state: conclusions.refuse_order(state, status=status, reason=reason, now=now),
        source=source,
        now=now,
    )


def mark_unanswered(order_id: int, *, reason: str, now: datetime) -> Order:
    """Mark an order unknown, since no answer came, until it is found by its client order id."""
    by_us: Any = {"reason": reason, "actor": ended_by.US}
    return _change_order(order_id, conclusions.mark_unanswered, source="submit", now=now, **by_us)


def mark_unverifiable(order_id: int, *, reason: str, now: datetime) -> Order:
    """Mark an order unknown while its venue may not be asked; it is never closed for that."""
    by_us: Any = {"reason": reason, "actor": ended_by.US}
    return _change_order(order_id, conclusions.mark_unverifiable, source="key", now=now, **by_us)


def record_miss(order_id: int, *, now: datetime) -> Order:
    """Count an answer that there is no such order; enough of them after a grace period end it."""

    def decide(state: states.OrderState, order: Order) -> states.Decision:
        known_since = order.submitted_at or order.created_at
        if state.ended_reason == conclusions.FORGOTTEN:
            return states.Decision(state=state)
        if not order.misses and now - (order.checked_at or known_since) > HISTORY:
            return conclusions.mark_forgotten(state)
        if order.misses + 1 < MISSES_TO_END or now - known_since < GRACE:
            return states.Decision(state=state)
        return conclusions.conclude_absence(state, now=now)

    return _change_order(order_id, decide, source="poll", now=now, is_miss=True)


def record_refusal(order_id: int, *, now: datetime) -> Order:
    """Record that a venue does not know the symbol of an order any more."""
    return _change_order(
        order_id, conclusions.mark_delisted, source="poll", now=now, is_refusal=True
    )


def close_by_hand(order_id: int, *, by: str, actor: str, now: datetime) -> Order:
    """End an order here of which its venue cannot say how it ended."""
    return _change_order(
        order_id,
        lambda state: conclusions.close_by_hand(state, now=now),
        source="user",
        now=now,
        reason=f"closed here by {by}",
        actor=actor,
    )


def request_cancel(order_id: int, *, by: str, now: datetime, actor: str = ended_by.USER) -> Order:
    """Record a cancel request; an order never sent ends here, any other when its venue says so."""
    with streams.unit() as unit:
        order = _lock_order(order_id)
        if order.status not in states.OPEN or order.cancel_requested_at:
            return order
        order.cancel_requested_at, order.cancel_requested_by = now, actor
        order.version += 1
        if order.submitted_at is None and order.status == states.PENDING:
            before = order_state.read_state(order, {})
            refused = {"status": states.CANCELED, "reason": f"cancelled by {by} before it was sent"}
            _assign_state(order, conclusions.refuse_order(before, **refused, now=now).state)
            task_queue.request_evaluations(order)
        order.save()
        reason = f"cancel asked for by {by}"
        record_change(unit, order, source="user", actor=actor, reason=reason, at=now)
    return order


def note_group(order: Order, *, reason: str, now: datetime) -> None:
    """Record in a locked order what became of the group that it shows."""
    with streams.unit() as unit:
        order.version += 1
        order.save(update_fields=["version"])
        record_change(unit, order, source="group", actor=ended_by.US, reason=reason, at=now)


def request_amend(
    order_id: int, *, wanted: order_state.WantedTerms, by: str, now: datetime, actor: str
) -> Order:
    """Record that an open order shall have other terms; the venue decides."""
    with streams.unit() as unit:
        order = _lock_order(order_id)
        if not order_state.can_change(order):
            return order
        order_state.note_amend(order, wanted, at=now, actor=actor)
        order.version += 1
        order.save()
        reason = f"change to {wanted.describe()} asked for by {by}"
        record_change(unit, order, source="user", actor=actor, reason=reason, at=now)
    return order


def give_up_amend(order_id: int, *, requested_at: datetime, reason: str, now: datetime) -> Order:
    """Record why a requested change did not happen, unless another one was requested since."""
    with streams.unit() as unit:
        if (order := _lock_order(order_id)).amend_requested_at != requested_at:
            return order
        order_state.clear_amend(order)
        order.version += 1
        order.save()
        reason = f"not changed: {reason}"
        record_change(unit, order, source="submit", actor=ended_by.VENUE, reason=reason, at=now)
    return order


def _change_order(
    order_id: int,
    decide: Callable[..., states.Decision],
    *,
    source: str,
    now: datetime,
    reason: str = "",
    actor: str = "",
    report: OrderReport | None = None,
    is_miss: bool = False,
    is_refusal: bool = False,  # an answer that says neither that it is there nor that it is not
) -> Order:
    """Lock, decide, write state, fills, history and events in one transaction."""
    with streams.unit() as unit:
        order = _lock_order(order_id)
        before = order_state.read_state(order, orders_fills.load_reports(order))
        decision = decide(before, order) if is_miss else decide(before)
        _note_check(order, report, is_miss=is_miss, is_refusal=is_refusal, at=now)
        news = external_terms.find_news(order, report) if report else {}
        overfill = order_state.describe_overfill(order, before, decision.state)
        for alarm in filter(None, (*decision.alarms, overfill)):
            log.warning("order report looks wrong", order=order.pk, source=source, alarm=alarm)
        if decision.state == before and not news:
            order.save(update_fields=["checked_at", "misses"])
            return order
        terms = external_terms.assign_news(order, report, news) if report and news else ""
        if report and report.raw:
            order.last_report = dict(report.raw)
        _assign_state(order, decision.state, report)
        amended_by = order_state.settle_amend(order)
        order.version += 1
        order.save()
        reason = reason or overfill or history.describe_change(before, decision) or terms
        actor = actor or amended_by or history.find_actor(before, decision.state, order.ended_by)
        record_decision(
            unit, order, before, decision, source=source, actor=actor, reason=reason, at=now
        )
        if not history.only_confirms_arrival(before, decision.state):
            task_queue.request_evaluations(order)
    return order


def _note_check(
    order: Order, report: OrderReport | None, *, is_miss: bool, is_refusal: bool, at: datetime
) -> None:
    """Count one check, if this was one: a refusal neither adds a miss nor forgives any."""
    if report or is_miss or is_refusal:
        order.checked_at = at
        order.misses = 0 if report else order.misses + is_miss


def _lock_order(order_id: int) -> Order:
    """Lock the row, but not against foreign keys to it (bot orders, log entries): deadlocks."""
    # Its group is read after that: joined here, it would be as before the wait for the lock.
    orders = Order.objects.select_for_update(of=("self",), no_key=True)
    return orders.select_related("key", "bot").get(pk=order_id)


def _assign_state(
    order: Order, state: states.OrderState, report: OrderReport | None = None
) -> None:
    order_state.credit_cancel(order, state, report)
    for name in (*order_state.STATE_FIELDS, *order_state.DERIVED_FIELDS):
        setattr(order, name, getattr(state, name))
    order.trigger_price = state.trigger_price or order.trigger_price
    order.quantity = state.final_quantity
    order.ordered = None if state.final_quantity == state.quantity else state.quantity
    order.fees = orders_fills.sum_fees(state.fills.values())
    order.former = {
        name: [format_money(p.filled), p.is_settled] for name, p in state.former.items()
    }
    order.lacks_past = not all(past.is_settled for past in state.former.values())
    order.end_is_assumed = state.is_assumed
    order.ended_by = ended_by.conclude_ended_by(
        state,
        requested_by=order.cancel_requested_by,
        is_patient=order_state.is_patient(order, state.ended_at),
    )
