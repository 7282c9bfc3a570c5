"""The actor and the reason of an order's end, concluded from its state."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from bots.models import Bot
from exchanges.models import ExchangeKey
from orders import placement, reconciler, submission
from orders.checks import sweep
from orders.lifecycle import ended_by
from orders.lifecycle.states import OrderState
from orders.models import Order, OrderChange
from tests.orders.conftest import move_to_past
from tests.orders.reports import fill, report
from tests.simulator import SimulatorProcess
from tests.trading import record_order, reload_order


@pytest.mark.parametrize(
    ("status", "is_assumed", "requested_by", "is_patient", "expected"),
    [
        ("new", False, "user", True, ""),
        ("unknown", False, "", True, ""),
        ("filled", False, "", True, "venue"),
        ("filled", False, "user", True, "venue"),
        ("canceled", False, "user", True, "user"),
        ("canceled", False, "bot", True, "bot"),
        ("canceled", False, "operator", False, "operator"),
        ("canceled", False, "", True, "hand"),
        ("canceled", False, "", False, "expiry"),
        ("canceled", True, "", True, "absence"),
        ("rejected", True, "user", True, "absence"),
        ("expired", False, "", True, "expiry"),
        ("rejected", False, "", True, "refused"),
        ("denied", False, "", True, "fillwatch"),
    ],
)
def test_who_ended_an_order(
    status: str, is_assumed: bool, requested_by: str, is_patient: bool, expected: str
) -> None:
    state = OrderState(status=status, quantity=Decimal(1), is_assumed=is_assumed)
    ender = ended_by.conclude_ended_by(state, requested_by=requested_by, is_patient=is_patient)
    assert ender == expected


def apply_status(order: Order, status: str, filled: str = "0", **changes: Any) -> Order:
    said = report(status, filled, quantity=order.quantity, price=order.price, **changes)
    return reconciler.apply_report(order.pk, said, source="stream", now=timezone.now())


def test_what_ends_by_its_own_terms_was_ended_by_nobody(key: ExchangeKey) -> None:
    order = record_order(key, time_in_force="IOC")
    submission.submit_order(order.pk)
    assert (reload_order(order).status, reload_order(order).ended_by) == ("expired", "expiry")


def test_a_refusal_and_a_denial_are_told_apart(key: ExchangeKey) -> None:
    refused, denied = record_order(key, quantity=Decimal(50)), record_order(key)
    submission.submit_order(refused.pk)
    move_to_past(denied, seconds=120)
    Order.objects.filter(pk=denied.pk).update(submitted_at=None)
    submission.submit_order(denied.pk)
    assert (reload_order(refused).status, reload_order(refused).ended_by) == ("rejected", "refused")
    assert (reload_order(denied).status, reload_order(denied).ended_by) == ("denied", "fillwatch")


def test_an_end_that_was_only_concluded_says_so_until_the_venue_speaks(key: ExchangeKey) -> None:
    order = record_order(key)
    apply_status(order, "new")
    move_to_past(order)
    for _ in range(reconciler.MISSES_TO_END):
        reconciler.record_miss(order.pk, now=timezone.now())
    assert (reload_order(order).status, reload_order(order).ended_by) == ("canceled", "absence")
    apply_status(order, "new")
    assert (reload_order(order).status, reload_order(order).ended_by) == ("new", "")
    apply_status(order, "canceled")
    assert reload_order(order).ended_by == "hand"
    actors = (
        OrderChange.objects.filter(order=order).order_by("version").values_list("actor", flat=True)
    )
    assert list(actors) == ["user", "venue", "absence", "venue", "hand"]


def test_a_bots_order_was_asked_for_by_a_bot(key: ExchangeKey) -> None:
    bot = Bot.objects.create(user=key.user, key=key, name="grid", symbol="BTC/USDT")
    order = record_order(key, bot=bot)
    placement.cancel_order(order, by="bot grid", actor=ended_by.BOT, now=timezone.now())
    assert reload_order(order).ended_by == "bot"
    steps = (
        OrderChange.objects.filter(order=order).order_by("version").values_list("actor", "reason")
    )
    assert list(steps) == [("bot", "asked for"), ("bot", "cancel asked for by bot grid")]


def test_a_cancel_that_lost_the_race_ended_nothing(key: ExchangeKey) -> None:
    order = record_order(key)
    apply_status(order, "new")
    reconciler.request_cancel(order.pk, by="ada", now=timezone.now())
    apply_status(order, "filled", "0.01")
    assert reload_order(order).ended_by == "venue"


def test_the_api_says_it_in_the_order_and_in_its_history(key: ExchangeKey) -> None:
    order = record_order(key)
    apply_status(order, "new")
    apply_status(order, "canceled")
    api = APIClient()
    api.force_authenticate(key.user)
    shown = api.get(f"/api/v1/orders/{order.pk}/").json()
    assert (shown["ended_by"], shown["ended_reason"]) == (
        "hand",
        "canceled at the venue (CANCELED)",
    )
    steps = api.get(f"/api/v1/orders/{order.pk}/history/").json()
    assert [(step["status"], step["actor"], step["source"]) for step in steps] == [
        ("pending", "user", "user"),
        ("new", "venue", "stream"),
        ("canceled", "hand", "stream"),
    ]


def test_28_a_late_fill_counts_and_changes_nothing_about_who_ended_it(key: ExchangeKey) -> None:
    order = record_order(key)
    apply_status(order, "canceled")
    version = reload_order(order).version
    part = fill("t1", "0.004", "50000")
    reconciler.apply_fills(order.pk, [part], source="poll", now=timezone.now())
    late = reload_order(order)
    assert (late.status, late.ended_by, late.filled) == ("canceled", "hand", Decimal("0.004"))
    assert late.version == version + 1
    assert late.changes.latest("version").actor == "venue"


def test_21_what_was_only_said_to_be_filled_gives_way_to_the_parts(key: ExchangeKey) -> None:
    order = record_order(key)
    apply_status(order, "filled", "0.01", cost="501")
    said = reload_order(order)
    assert (said.filled, said.fills_quantity, said.average_price) == (
        Decimal("0.01"),
        0,
        Decimal(50100),
    )
    parts = [fill("t1", "0.004", "50000"), fill("t2", "0.006", "50200")]
    for part in (*parts, *parts):
        reconciler.apply_fills(order.pk, [part], source="poll", now=timezone.now())
    known = reload_order(order)
    assert (known.filled, known.fills_quantity) == (Decimal("0.01"), Decimal("0.01"))
    assert known.average_price == Decimal(50120)
    assert known.fills.count() == 2


def test_48_a_refused_key_leaves_its_orders_unknown_and_open(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    partly, open_, ended, unsent = (record_order(key) for _ in range(4))
    for order in (partly, open_, ended):
        submission.submit_order(order.pk)
    simulator.control.post("fill", clientOrderId=partly.client_order_id, quantity="0.004")
    simulator.control.post("cancel", clientOrderId=ended.client_order_id)
    sweep.run_sweep(force=True)
    ExchangeKey.objects.filter(pk=key.pk).update(is_active=False, last_error="Invalid API-key.")
    sweep.run_sweep()
    again = sweep.run_sweep()
    assert [reload_order(one).status for one in (partly, open_, ended, unsent)] == [
        *("unknown", "unknown"),
        *("canceled", "pending"),
    ]
    assert (reload_order(partly).filled, reload_order(partly).ended_at, again.updated) == (
        Decimal("0.004"),
        None,
        0,
    )
    change = reload_order(open_).changes.latest("version")
    assert (change.actor, change.reason) == (
        "fillwatch",
        "its key is switched off: Invalid API-key.",
    )


def test_48_used_again_the_key_finds_the_truth(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    filled, partly = (record_order(key) for _ in range(2))
    for order in (filled, partly):
        submission.submit_order(order.pk)
    ExchangeKey.objects.filter(pk=key.pk).update(is_active=False, last_error="Invalid API-key.")
    sweep.run_sweep()
    simulator.control.post("fill", clientOrderId=filled.client_order_id, quantity="0.01")
    simulator.control.post("fill", clientOrderId=partly.client_order_id, quantity="0.001")
    ExchangeKey.objects.filter(pk=key.pk).update(is_active=True, last_error="")
    Order.objects.update(checked_at=timezone.now() - timedelta(minutes=1))
    sweep.run_sweep()
    assert [reload_order(order).status for order in (filled, partly)] == [
        "filled",
        "partially_filled",
    ]


def test_a_key_that_its_owner_switched_off_leaves_its_orders_as_they_were(
    key: ExchangeKey,
) -> None:
    order = record_order(key)
    submission.submit_order(order.pk)
    ExchangeKey.objects.filter(pk=key.pk).update(is_active=False)
    sweep.run_sweep()
    assert reload_order(order).status == "new"
