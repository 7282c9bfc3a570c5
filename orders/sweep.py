"""One round over everything pending: plan, ask, write down. The beat starts it every 5 seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from exchanges import asking as key_test
from exchanges import budget, freezes, venues, weights
from exchanges.base import FillReport, KeyInvalid, OrderReport, Throttled
from exchanges.models import ExchangeKey
from orders import asking, monitor, placement, reconciler
from orders.models import IS_OPEN, LACKS_FILLS, Order
from orders.monitor import Watched
from orders.submission import name_of

log = structlog.get_logger(__name__)

LONGEST_ASK: Final = 15.0  # seconds for one key; a slow one must not hold up the others' next round
ONE_SWEEP: Final = 0x46575F53  # the advisory lock's number: any, but always this one


@dataclass(slots=True)
class Outcome:
    """What a sweep did, for its one line in the log."""

    orders: int = 0
    keys: int = 0
    checked: int = 0
    updated: int = 0
    sent: int = 0
    errors: int = 0
    frozen: int = 0
    deferred: int = 0
    weight: int = 0
    seconds: float = 0.0
    plans: dict[ExchangeKey, monitor.Plan] = field(default_factory=dict)

    def line(self) -> dict[str, object]:
        names = (
            *("orders", "keys", "checked", "updated", "sent"),
            *("errors", "frozen", "deferred", "weight"),
        )
        return {name: getattr(self, name) for name in names} | {"seconds": round(self.seconds, 3)}


def sweep(
    *, user_id: int | None = None, key_id: int | None = None, force: bool = False, dry: bool = False
) -> Outcome | None:
    """Check what is due (or everything, if forced). None when another sweep is under way."""
    started = time.monotonic()
    with _alone() as alone:
        if not alone:
            log.warning("sweep skipped: the one before is still under way")
            return None
        outcome = _sweep(_pending(user_id, key_id), force=force, dry=dry)
    outcome.seconds = time.monotonic() - started
    log.info("sweep", **outcome.line())
    return outcome


def reconcile(key_id: int) -> Outcome:
    """Ask about everything pending of one key, whoever else asks at the same time."""
    return _sweep(_pending(None, key_id), force=True, dry=False)


def _sweep(orders: list[Order], *, force: bool, dry: bool) -> Outcome:
    now = timezone.now()
    outcome = Outcome(orders=len(orders))
    wanted: list[tuple[ExchangeKey, list[Watched]]] = []
    for key, of_key in _by_key(orders).items():
        if freezes.until(key, now=now):
            outcome.frozen += 1
            continue
        if not dry:
            outcome.sent += _hand_on_again(of_key, now)
        asked = _asked(of_key, now, force=force)
        if asked and key.is_active:
            wanted.append((key, asked))
    _plan_within_budget(outcome, wanted, now)
    outcome.keys = len(outcome.plans)
    outcome.weight = sum(plan.weight for plan in outcome.plans.values())
    if not dry:
        _ask_and_settle(outcome, {order.pk: order for order in orders})
    return outcome


def _by_key(orders: list[Order]) -> dict[ExchangeKey, list[Watched]]:
    by_key: dict[ExchangeKey, list[Watched]] = {}
    for order in orders:
        by_key.setdefault(order.key, []).append(_watched(order))
    return by_key


def _asked(orders: list[Watched], now: datetime, *, force: bool) -> list[Watched]:
    if force:
        return [order for order in orders if order.submitted_at]
    return monitor.due(orders, now=now, tick=timedelta(seconds=settings.ORDER_CHECK_SECONDS))


def _plan_within_budget(
    outcome: Outcome, wanted: list[tuple[ExchangeKey, list[Watched]]], now: datetime
) -> None:
    """The most urgent keys first; what a venue's limit does not allow waits for the next round."""
    budgets: dict[str, budget.Budget] = {}
    for key, orders in sorted(wanted, key=lambda one: min(map(monitor.urgency, one[1]))):
        plan = monitor.plan(orders, weights.of(key.venue, key.market))
        name = budget.name_of(key)
        if name not in budgets:
            budgets[name] = budget.opened(key, now=now)
        if budgets[name].take(plan.weight):
            outcome.plans[key] = plan
        else:
            outcome.deferred += 1
    for spent in budgets.values():
        spent.close()


def _ask_and_settle(outcome: Outcome, orders: dict[int, Order]) -> None:
    outcome.weight = 0
    asks = {key: _question(key, plan) for key, plan in outcome.plans.items()}
    for key, answers in venues.call_many(asks):
        if isinstance(answers, Exception):
            outcome.errors += 1
            _note(key, answers)
            continue
        outcome.weight += answers.weight
        outcome.errors += len(answers.errors)
        for error in answers.errors:
            _note(key, error)
        _settle(outcome, answers, orders)


def _question(key: ExchangeKey, plan: monitor.Plan) -> venues.Call[asking.Answers]:
    costs = weights.of(key.venue, key.market)
    return lambda venue: asking.ask(venue, plan, costs, seconds=LONGEST_ASK)


def _settle(outcome: Outcome, answers: asking.Answers, orders: dict[int, Order]) -> None:
    """Each order by itself: what is wrong with one is logged and keeps nobody else waiting."""
    now = timezone.now()
    unchanged: list[Order] = []
    for pk in answers.reports.keys() | answers.fills.keys() | set(answers.absent):
        order = orders[pk]
        try:
            report = answers.reports.get(pk)
            fills = answers.fills.get(pk, [])
            if report and not fills and reconciler.says_nothing_new(order, report, now=now):
                unchanged.append(order)
                continue
            outcome.updated += _settle_one(order, report, fills, now)
        except Exception:  # a row that cannot be written must not stop the others: seen in the log
            outcome.errors += 1
            log.exception("order could not be settled", order=pk)
    reconciler.touch(unchanged, now=now)
    outcome.checked += len(answers.reports) + len(answers.absent)


def _settle_one(
    order: Order, report: OrderReport | None, fills: list[FillReport], now: datetime
) -> bool:
    version = order.version
    after = order
    if report:
        after = reconciler.apply(order.pk, report, fills=fills, source="poll", now=now)
    elif fills:
        after = reconciler.apply_fills(order.pk, fills, source="poll", now=now)
    else:
        after = reconciler.miss(order.pk, now=now)
    return after.version != version


def _hand_on_again(orders: list[Watched], now: datetime) -> int:
    """Wishes whose message to a worker was lost, or whose venue did not confirm.

    They expire by the next round, which sends them again: nothing piles up before a slow venue.
    """
    again = [("orders.submit", order) for order in monitor.unsent(orders, now=now)]
    again += [("orders.cancel", order) for order in monitor.uncancelled(orders)]
    for task, order in again:
        placement.send(task, order.id, expires=settings.ORDER_CHECK_SECONDS)
    return len(again)


def _note(key: ExchangeKey, error: Exception) -> None:
    log.warning("could not ask", key=key.pk, venue=key.venue, error=str(error))
    if isinstance(error, Throttled):
        freezes.freeze(key, until=error.until, words=str(error), now=timezone.now())
    if isinstance(error, KeyInvalid):
        key_test.soon(key.pk)


def _pending(user_id: int | None, key_id: int | None) -> list[Order]:
    """Open ones, and ended ones whose executed parts are not all listed yet. One query."""
    orders = Order.objects.filter(IS_OPEN | LACKS_FILLS).select_related("key", "bot")
    narrowed: Q = Q()
    if user_id is not None:
        narrowed &= Q(user_id=user_id)
    if key_id is not None:
        narrowed &= Q(key_id=key_id)
    return list(orders.filter(narrowed).order_by("key_id", "pk"))


def _watched(order: Order) -> Watched:
    seconds = order.bot.check_seconds if order.bot else settings.ORDER_CHECK_SECONDS
    return Watched(
        id=order.pk,
        name=name_of(order),
        status=order.status,
        filled=order.filled,
        fills_quantity=order.fills_quantity,
        every=timedelta(seconds=seconds),
        created_at=order.created_at,
        submitted_at=order.submitted_at,
        checked_at=order.checked_at,
        cancel_requested=order.cancel_requested_at is not None,
    )


@contextmanager
def _alone() -> Iterator[bool]:
    """Holds for the life of this connection: a killed worker cannot leave it behind."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ONE_SWEEP])
        (alone,) = cursor.fetchone()
        try:
            yield alone
        finally:
            if alone:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_SWEEP])
