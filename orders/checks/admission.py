"""Whose turn it is in a round: most urgent first, within the budget, and nobody asked for twice.

A key is held while it is asked about, so that a slow one delays nobody's next round but its own.
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
from orders.checks.plan import PendingOrder, Plan

ASKED_NOW: Final = 0x46575F53  # names our advisory locks: any number, but always this one
MOST_KEYS: Final = 2000  # in one round; Postgres keeps locks in memory of a fixed size


@dataclass(slots=True)
class Round:
    """Which keys are asked what now, and how many have to wait for another round."""

    plans: dict[ExchangeKey, Plan]
    deferred: int = 0
    busy: int = 0


def planned(
    wanted: Mapping[ExchangeKey, list[PendingOrder]],
    *,
    now: datetime,
    alone: bool,
    whole: bool = False,
) -> Round:
    """Hold the keys (if wanted alone), and plan for as many as the venues' limits allow."""
    inline = sorted(wanted, key=lambda key: priority.rank_key(key, wanted[key], now=now))
    first = inline[:MOST_KEYS]
    held = hold([key.pk for key in first]) if alone else {key.pk for key in first}
    try:
        plan = _whole_if_affordable if whole else _affordable
        plans = {key: plan(key, wanted[key], now) for key in first if key.pk in held}
    except BaseException:  # whatever it was: keys that stay held would not be checked again
        let_go(held if alone else ())
        raise
    turn = Round({key: plan for key, plan in plans.items() if plan})
    turn.busy = len(first) - len(held)
    turn.deferred = len(inline) - turn.busy - len(turn.plans)
    if alone:
        let_go(held - {key.pk for key in turn.plans})
    return turn


def in_words(wanted: Mapping[ExchangeKey, list[PendingOrder]]) -> Round:
    """What would be asked if no limit stood in the way: nothing is held, nothing is spent."""
    costs = {key: venues.get_weights(key.venue, key.market) for key in wanted}
    return Round({key: checks_plan.plan(orders, costs[key]) for key, orders in wanted.items()})


def hold(key_ids: Collection[int]) -> set[int]:
    """Of these keys, those that no other round is asking about. They are ours until let go.

    Locks live and die with this connection: a killed worker cannot leave them behind.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM unnest(%s::int[]) AS id WHERE pg_try_advisory_lock(%s, id)",
            [list(key_ids), ASKED_NOW],
        )
        return {pk for (pk,) in cursor.fetchall()}


def let_go(key_ids: Collection[int]) -> None:
    if not key_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_unlock(%s, id) FROM unnest(%s::int[]) AS id",
            [ASKED_NOW, list(key_ids)],
        )


def _whole_if_affordable(
    key: ExchangeKey, orders: list[PendingOrder], now: datetime
) -> Plan | None:
    """Also what others placed; where that is too dear by now, what is known goes first."""
    plan = checks_plan.plan(orders, venues.get_weights(key.venue, key.market), whole=True)
    if weight_budget.try_spend_on_listing(key, plan.weight, now=now):
        return plan
    full_listing.want(key)
    return _affordable(key, orders, now) if orders else checks_plan.Plan()


def _affordable(key: ExchangeKey, orders: list[PendingOrder], now: datetime) -> Plan | None:
    """Everything; or, where that is too dear by now, what cannot wait."""
    costs = venues.get_weights(key.venue, key.market)
    plan = checks_plan.plan(orders, costs)
    if weight_budget.try_spend(key, plan.weight, now=now, audit=leases.tells(key, now=now)):
        return plan
    pressing = priority.select_urgent(orders)
    if not pressing:
        return None
    plan = checks_plan.plan(pressing, costs)
    return plan if weight_budget.try_spend(key, plan.weight, now=now, pressing=True) else None
