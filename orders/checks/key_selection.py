"""Choose which keys a sweep may query now, most urgent first, within the rate budget.

A key stays locked while its venue is asked, so that a slow one delays only its own next sweep.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from exchanges import venues
from exchanges.limits import weight_budget
from exchanges.models import ExchangeKey
from exchanges.streams import leases
from orders.checks import full_listing, priority
from orders.checks import plan as checks_plan
from orders.checks.plan import CheckPlan, PendingOrder

LOCK_SPACE: Final = 0x46575F53  # names our advisory locks: any number, but always this one
MAX_KEYS: Final = 2000  # in one round; Postgres keeps locks in memory of a fixed size


@dataclass(slots=True)
class Admission:
    """The plans of the admitted keys, and how many keys wait for another sweep."""

    plans: dict[ExchangeKey, CheckPlan]
    deferred: int = 0
    busy: int = 0


def admit_keys(
    pending: Mapping[ExchangeKey, list[PendingOrder]],
    *,
    now: datetime,
    exclusive: bool,
    full: bool = False,
) -> Admission:
    """Lock the keys (if exclusive), and plan for as many as the venues' rate budgets allow."""
    ranked = sorted(pending, key=lambda key: priority.rank_key(key, pending[key], now=now))
    first = ranked[:MAX_KEYS]
    locked = lock_keys([key.pk for key in first]) if exclusive else {key.pk for key in first}
    try:
        plan = _plan_full_listing if full else _plan_within_budget
        plans = {key: plan(key, pending[key], now) for key in first if key.pk in locked}
    except BaseException:  # even SystemExit: no sweep can check a key that stays locked
        unlock_keys(locked if exclusive else ())
        raise
    admission = Admission({key: plan for key, plan in plans.items() if plan})
    admission.busy = len(first) - len(locked)
    admission.deferred = len(ranked) - admission.busy - len(admission.plans)
    if exclusive:
        unlock_keys(locked - {key.pk for key in admission.plans})
    return admission


def plan_all(pending: Mapping[ExchangeKey, list[PendingOrder]]) -> Admission:
    """Plan for all keys as if there were no budget: nothing is locked, nothing is spent."""
    costs = {key: venues.get_weights(key.venue, key.market) for key in pending}
    return Admission(
        {key: checks_plan.build_plan(orders, costs[key]) for key, orders in pending.items()}
    )


def lock_keys(key_ids: Collection[int]) -> set[int]:
    """Lock those of these keys that no other sweep has locked, and return them.

    Advisory locks end with this connection, so a killed worker cannot leave them behind.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM unnest(%s::int[]) AS id WHERE pg_try_advisory_lock(%s, id)",
            [list(key_ids), LOCK_SPACE],
        )
        return {pk for (pk,) in cursor.fetchall()}


def unlock_keys(key_ids: Collection[int]) -> None:
    if not key_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_unlock(%s, id) FROM unnest(%s::int[]) AS id",
            [LOCK_SPACE, list(key_ids)],
        )


def _plan_full_listing(
    key: ExchangeKey, orders: list[PendingOrder], now: datetime
) -> CheckPlan | None:
    """Plan a full listing; if it is too expensive now, plan for the known orders only."""
    plan = checks_plan.build_plan(orders, venues.get_weights(key.venue, key.market), full=True)
    if weight_budget.try_spend(key, plan.weight, now=now, window=weight_budget.LISTINGS):
        return plan
    full_listing.request_listing(key)
    return _plan_within_budget(key, orders, now) if orders else checks_plan.CheckPlan()


def _plan_within_budget(
    key: ExchangeKey, orders: list[PendingOrder], now: datetime
) -> CheckPlan | None:
    """Plan for all orders; if that is too expensive now, for the urgent ones."""
    costs = venues.get_weights(key.venue, key.market)
    plan = checks_plan.build_plan(orders, costs)
    window = weight_budget.AUDIT if leases.is_complete(key, now=now) else ""
    if weight_budget.try_spend(key, plan.weight, now=now, window=window):
        return plan
    urgent = priority.select_urgent(orders)
    if not urgent:
        return None
    plan = checks_plan.build_plan(urgent, costs)
    return plan if weight_budget.try_spend(key, plan.weight, now=now, pressing=True) else None
