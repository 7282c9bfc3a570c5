"""Check pending orders at their venues: plan, ask, record. The beat starts it every 5 seconds."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.utils import timezone

from exchanges import pool, venues
from exchanges.adapters import Call
from exchanges.base import FillReport, OrderReport
from exchanges.limits import bans, circuit_breaker, weight_budget
from exchanges.limits.failures import note_failure
from exchanges.models import ExchangeKey
from orders import external_orders, reconciler, task_queue
from orders.checks import (
    ask_venue,
    expiry,
    full_listing,
    key_selection,
    last_sweep,
    pending,
    priority,
    stream_first,
)
from orders.checks import plan as checks_plan
from orders.checks import unchanged as unchanged_orders
from orders.checks.plan import PendingOrder
from orders.groups.due import queue_due
from orders.models import Order

log = structlog.get_logger(__name__)

ASK_SECONDS: Final = 15.0  # seconds for one key; a slow one must not hold up the others' next round


@dataclass(slots=True)
class SweepOutcome:
    """Numbers of one sweep, for its line in the log."""

    orders: int = 0
    keys: int = 0
    checked: int = 0
    updated: int = 0
    sent: int = 0
    errors: int = 0
    skipped: int = 0
    deferred: int = 0
    busy: int = 0
    weight: int = 0
    seconds: float = 0.0
    plans: dict[ExchangeKey, checks_plan.CheckPlan] = field(default_factory=dict)

    def to_log_fields(self) -> dict[str, object]:
        names = (
            *("orders", "keys", "checked", "updated", "sent"),
            *("errors", "skipped", "deferred", "busy", "weight"),
        )
        return {name: getattr(self, name) for name in names} | {"seconds": round(self.seconds, 3)}


def run_sweep(
    *, user_id: int | None = None, key_id: int | None = None, force: bool = False, dry: bool = False
) -> SweepOutcome:
    """Check the orders that are due (or all, if forced), except keys another sweep has locked."""
    started = time.monotonic()
    if user_id is None and key_id is None and not dry:
        last_sweep.note_sweep(timezone.now())
        expiry.cancel_due(now=timezone.now())
        queue_due(now=timezone.now(), expires=settings.ORDER_CHECK_SECONDS)
    outcome = _check_orders(
        pending.load_orders(user_id, key_id), force=force, dry=dry, exclusive=True
    )
    outcome.seconds = time.monotonic() - started
    if user_id is None and key_id is None and not dry:
        last_sweep.note_end(outcome.seconds, now=timezone.now())
    log.info("sweep", **outcome.to_log_fields())
    return outcome


def reconcile_key(key_id: int, *, full: bool = False) -> SweepOutcome:
    """Check all pending orders of one key, even while another sweep does.

    A full check also finds orders that were placed at the exchange itself.
    """
    keys = full_listing.load_key(key_id) if full else []
    orders = pending.load_orders(None, key_id)
    return _check_orders(orders, force=True, dry=False, exclusive=False, full_keys=keys)


def read_full_lists(keys: list[ExchangeKey]) -> SweepOutcome:
    """Read the full lists of these keys, except those that another sweep has locked."""
    orders = [order for key in keys for order in pending.load_orders(None, key.pk)]
    outcome = _check_orders(orders, force=True, dry=False, exclusive=True, full_keys=keys)
    if keys:
        log.info("full lists read", **outcome.to_log_fields())
    return outcome


def _check_orders(
    orders: list[Order],
    *,
    force: bool,
    dry: bool,
    exclusive: bool,
    full_keys: Sequence[ExchangeKey] = (),
) -> SweepOutcome:
    now = timezone.now()
    outcome = SweepOutcome(orders=len(orders))
    selected: dict[ExchangeKey, list[PendingOrder]] = {}
    by_key: dict[ExchangeKey, list[PendingOrder]] = {key: [] for key in full_keys}
    for key, key_orders in (by_key | pending.group_by_key(orders)).items():
        if not key.is_active and key.last_error and not dry:
            _mark_unverifiable(outcome, key, key_orders, now)
        if bans.get_end(key, now=now):
            outcome.skipped += 1
            continue
        if not dry:
            outcome.sent += _requeue_requests(key_orders, now)
        due = _select_orders(key_orders, now, force=force)
        if (due or key in by_key) and key.is_active:
            selected[key] = due
    keys = selected if force else circuit_breaker.filter_admitted(selected, now=now)
    admitted = {key: selected[key] for key in keys}
    admitted_plans = (
        key_selection.plan_all(admitted)
        if dry
        else key_selection.admit_keys(admitted, now=now, exclusive=exclusive, full=bool(full_keys))
    )
    outcome.skipped += len(selected) - len(admitted)
    outcome.plans, outcome.deferred = admitted_plans.plans, admitted_plans.deferred
    outcome.busy, outcome.keys = admitted_plans.busy, len(outcome.plans)
    outcome.weight = sum(plan.weight for plan in outcome.plans.values())
    if not dry:
        _ask_and_settle(outcome, {order.pk: order for order in orders}, exclusive=exclusive)
    return outcome


def _mark_unverifiable(
    outcome: SweepOutcome, key: ExchangeKey, orders: list[PendingOrder], now: datetime
) -> None:
    """Mark the orders of a refused key unknown: nobody can ask about them, so none is closed."""
    for order in filter(checks_plan.is_at_venue, orders):
        try:
            reconciler.mark_unverifiable(
                order.id, reason=f"its key is switched off: {key.last_error}", now=now
            )
        except Exception:  # one order, for example a deleted one, must not stop the whole sweep
            outcome.errors += 1
            log.exception("order not marked unknown", order=order.id)
        else:
            outcome.updated += 1


def _select_orders(orders: list[PendingOrder], now: datetime, *, force: bool) -> list[PendingOrder]:
    if force:
        return [order for order in orders if order.submitted_at]
    return priority.select_due(
        orders, now=now, tick=timedelta(seconds=settings.ORDER_CHECK_SECONDS)
    )


def _ask_and_settle(outcome: SweepOutcome, orders: dict[int, Order], *, exclusive: bool) -> None:
    outcome.weight = 0
    tally = circuit_breaker.AnswerTally()
    calls = {key: _build_call(key, plan) for key, plan in outcome.plans.items()}
    locked = {key.pk for key in calls} if exclusive else set()
    try:
        answered = pool.call_many(calls)
        if exclusive:  # a stream that has just opened asks for what it did not hear: no use to wait
            answered = stream_first.postpone_told(answered, orders)
        for key, answers in answered:
            _record_answers(outcome, tally, key, answers, orders)
            if key.pk in locked:
                locked.remove(key.pk)
                key_selection.unlock_keys([key.pk])
    finally:
        key_selection.unlock_keys(locked)
    tally.record(now=timezone.now())


def _record_answers(
    outcome: SweepOutcome,
    tally: circuit_breaker.AnswerTally,
    key: ExchangeKey,
    answers: ask_venue.Answers | Exception,
    orders: dict[int, Order],
) -> None:
    if isinstance(answers, Exception):
        tally.add_result(key, answers)
        outcome.errors += 1
        _note_error(key, answers)
        return
    tally.add_result(key, answers.errors[0] if answers.errors and not answers.has_answers else None)
    weight_budget.record_overspend(
        key, answers.weight - outcome.plans[key].weight, now=timezone.now()
    )
    outcome.weight += answers.weight
    outcome.errors += len(answers.errors)
    for error in answers.errors:
        _note_error(key, error)
    _settle_orders(outcome, answers, orders)
    _record_external(outcome, key, answers)


def _build_call(key: ExchangeKey, plan: checks_plan.CheckPlan) -> Call[ask_venue.Answers]:
    costs = venues.get_weights(key.venue, key.market)
    return lambda venue: ask_venue.run_plan(venue, plan, costs, seconds=ASK_SECONDS)


def _settle_orders(
    outcome: SweepOutcome, answers: ask_venue.Answers, orders: dict[int, Order]
) -> None:
    """Record the answers order by order: an error with one is logged and stops no other."""
    now = timezone.now()
    unchanged: list[Order] = []
    for pk in _answered_ids(answers):
        order = orders[pk]
        try:
            for past_report in answers.past_reports.get(pk, ()):
                reconciler.apply_report(pk, past_report, source="poll", now=now)
            if pk in answers.refused:
                outcome.updated += reconciler.record_refusal(pk, now=now).version != order.version
                continue
            report = answers.reports.get(pk)
            fills = answers.fills.get(pk, [])
            if report and not fills and unchanged_orders.changes_nothing(order, report, now=now):
                unchanged.append(order)
                continue
            if report or fills or pk in answers.absent:
                outcome.updated += _settle_order(order, report, fills, now)
            if order.ended_at and pk in answers.fills:  # asked for its parts, if in vain
                unchanged.append(order)
        except Exception:  # one row that cannot be written must not stop the other orders
            outcome.errors += 1
            log.exception("order not settled", order=pk)
    unchanged_orders.record_unchanged(unchanged, now=now)
    outcome.checked += len(answers.reports) + len(answers.absent)


def _answered_ids(answers: ask_venue.Answers) -> set[int]:
    looked_up = (*answers.reports, *answers.past_reports, *answers.fills)
    return {*looked_up, *answers.absent, *answers.refused}


def _record_external(outcome: SweepOutcome, key: ExchangeKey, answers: ask_venue.Answers) -> None:
    """Record listed orders that nobody asked about: placed by hand, or given a new id."""
    for report in external_orders.select_unknown(key.pk, answers.unexpected):
        try:
            recorded = external_orders.merge_report(
                key.pk, report, source="poll", now=timezone.now()
            )
        except Exception:  # one order, for example of a key just detached, must not stop the rest
            outcome.errors += 1
            log.exception("external order not recorded", key=key.pk, name=report.exchange_order_id)
        else:
            outcome.updated += recorded is not None
    if answers.is_full:
        full_listing.note_listed(key, now=timezone.now())


def _settle_order(
    order: Order, report: OrderReport | None, fills: list[FillReport], now: datetime
) -> bool:
    version = order.version
    settled = order
    if report:
        settled = reconciler.apply_report(order.pk, report, fills=fills, source="poll", now=now)
    elif fills:
        settled = reconciler.apply_fills(order.pk, fills, source="poll", now=now)
    else:
        settled = reconciler.record_miss(order.pk, now=now)
    return settled.version != version


def _requeue_requests(orders: list[PendingOrder], now: datetime) -> int:
    """Queue again what was never sent, and cancels and changes that were not confirmed.

    The tasks expire by the next sweep, which queues them again, so none pile up for a slow venue.
    """
    requests = [("orders.submit", order) for order in checks_plan.select_unsent(orders, now=now)]
    requests += [("orders.cancel", order) for order in checks_plan.select_uncancelled(orders)]
    requests += [("orders.amend", order) for order in checks_plan.select_unamended(orders)]
    for task, order in requests:
        task_queue.send_task(task, order.id, expires=settings.ORDER_CHECK_SECONDS)
    return len(requests)


def _note_error(key: ExchangeKey, error: Exception) -> None:
    log.warning("venue query failed", key=key.pk, venue=key.venue, error=str(error))
    note_failure(key, error, now=timezone.now())
