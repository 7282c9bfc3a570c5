"""The 5-second check: what it finds out, and what it must not conclude."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from exchanges import venues
from exchanges.limits import circuit_breaker
from exchanges.models import ExchangeKey, StreamLease
from orders import reconciler, submission
from orders.checks import key_selection, pending
from orders.checks.sweep import SweepOutcome, run_sweep
from orders.models import Fill, Order
from realtime.models import Event
from tests.orders.conftest import move_to_past
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import record_order, reload_order
from users.models import User

LIMIT = venues.get_weights("binance", "spot").per_minute

Fault = Callable[..., None]


@pytest.fixture
def resting(key: ExchangeKey) -> Order:
    order = record_order(key)
    submission.submit_order(order.pk)
    return reload_order(order)


def sweep_all(**how: object) -> SweepOutcome:
    outcome = run_sweep(force=True, **how)  # type: ignore[arg-type]
    assert outcome is not None
    return outcome


def fill_order(simulator: SimulatorProcess, order: Order, quantity: str) -> None:
    simulator.control.post("fill", clientOrderId=order.client_order_id, quantity=quantity)


def test_nothing_new_moves_only_the_freshness(resting: Order) -> None:
    outcome = sweep_all()
    after = reload_order(resting)
    assert (outcome.checked, outcome.updated, after.version) == (1, 0, resting.version)
    assert after.checked_at
    assert resting.checked_at
    assert after.checked_at > resting.checked_at


def test_parts_are_found_one_after_another(resting: Order, simulator: SimulatorProcess) -> None:
    for quantity, status in [
        ("0.003", "partially_filled"),
        ("0.002", "partially_filled"),
        ("0.005", "filled"),
    ]:
        fill_order(simulator, resting, quantity)
        sweep_all()
        assert reload_order(resting).status == status
    order = reload_order(resting)
    assert (order.fills.count(), order.fills_quantity, order.filled) == (3, *[Decimal("0.01")] * 2)
    assert sweep_all().orders == 0


def test_26_filled_in_part_then_cancelled_elsewhere_keeps_its_fill(
    resting: Order, simulator: SimulatorProcess
) -> None:
    fill_order(simulator, resting, "0.004")
    simulator.control.post("cancel", clientOrderId=resting.client_order_id)
    sweep_all()
    order = reload_order(resting)
    assert (order.status, order.filled, order.fills_quantity) == (
        "canceled",
        *[Decimal("0.004")] * 2,
    )


def test_34_fills_that_come_late_are_asked_for_until_they_are_there(
    resting: Order, simulator: SimulatorProcess, fault: Fault
) -> None:
    fill_order(simulator, resting, "0.01")
    trouble = {"status": 500, "code": -1000, "message": "An unknown error occurred."}
    fault("status", "GET", "/api/v3/myTrades", times=2, **trouble)
    sweep_all()
    assert (reload_order(resting).status, Fill.objects.count()) == ("filled", 0)
    sweep_all()
    assert Fill.objects.count() == 0
    sweep_all()
    assert reload_order(resting).fills_quantity == Decimal("0.01")
    assert reload_order(resting).version == resting.version + 2


def test_20_the_same_fill_told_again_is_one_row_and_no_event(
    resting: Order, simulator: SimulatorProcess
) -> None:
    fill_order(simulator, resting, "0.004")
    sweep_all()
    version, events = reload_order(resting).version, Event.objects.count()
    sweep_all()
    submission.cancel_at_venue(resting.pk)
    assert Fill.objects.count() == 1
    assert (reload_order(resting).version, Event.objects.count()) == (version + 1, events + 1)


@pytest.mark.parametrize(
    "trouble",
    [
        {"kind": "status", "status": 500, "code": -1000, "message": "An unknown error occurred."},
        {"kind": "truncate"},
        {"kind": "html"},
    ],
    ids=lambda trouble: trouble["kind"],
)
def test_43_could_not_ask_changes_nothing(
    resting: Order, fault: Fault, trouble: dict[str, object]
) -> None:
    fault(method="GET", times=None, **trouble)
    outcome = sweep_all()
    after = reload_order(resting)
    assert outcome.errors == 1
    assert (after.status, after.version, after.checked_at) == (
        "new",
        resting.version,
        resting.checked_at,
    )


def test_38_missing_from_the_list_is_asked_for_by_name(
    resting: Order, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    other = record_order(key)
    submission.submit_order(other.pk)
    fill_order(simulator, resting, "0.01")
    outcome = sweep_all()
    assert (reload_order(resting).status, reload_order(other).status) == ("filled", "new")
    assert outcome.weight == 6 + 4 + 5  # the list, the missing one, its parts


def test_absent_once_ends_nothing(resting: Order, simulator: SimulatorProcess) -> None:
    Order.objects.filter(pk=resting.pk).update(exchange_order_id="999", client_order_id="fwgone")
    move_to_past(resting)
    for _ in range(reconciler.MISSES_TO_END - 1):
        sweep_all()
        assert reload_order(resting).status == "new"
    sweep_all()
    assert reload_order(resting).status == "canceled"
    assert reload_order(resting).ended_reason == "the venue no longer knows this order"


def test_52_one_order_that_cannot_be_written_keeps_nobody_waiting(
    resting: Order, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    other = record_order(key)
    submission.submit_order(other.pk)
    fill_order(simulator, resting, "0.01")
    fill_order(simulator, other, "0.01")
    match, too_much = {"order": resting.client_order_id}, "1" + "0" * 21
    simulator.control.post("faults", kind="filled_by", amount=too_much, match=match)
    assert sweep_all().errors == 1
    assert reload_order(resting).status == "new"
    assert reload_order(other).status == "filled"


def test_another_key_goes_on_when_one_is_refused(
    resting: Order,
    simulator: SimulatorProcess,
    other_user: User,
    open_key: Callable[[User], ExchangeKey],
) -> None:
    other = record_order(open_key(other_user))
    submission.submit_order(other.pk)
    fill_order(simulator, other, "0.01")
    simulator.control.post("revoke", key=resting.key.api_key)
    assert sweep_all().errors == 1
    assert (reload_order(resting).status, reload_order(other).status) == ("new", "filled")


def count_fault_hits(simulator: SimulatorProcess) -> int:
    return sum(fault["hits"] for fault in simulator.control.get("faults")["faults"])


def is_free(key_id: int) -> bool:
    held = key_selection.lock_keys([key_id])
    key_selection.unlock_keys(held)
    return bool(held)


def test_51_a_slow_key_is_asked_once_and_holds_nobody_up(
    transactional_db: None,
    resting: Order,
    simulator: SimulatorProcess,
    other_user: User,
    open_key: Callable[[User], ExchangeKey],
    fault: Fault,
) -> None:
    def slow() -> SweepOutcome:
        try:
            return sweep_all()
        finally:
            connection.close()

    other = record_order(open_key(other_user))
    submission.submit_order(other.pk)
    fault("hang", "GET", times=2)
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(slow)
        wait_until(lambda: count_fault_hits(simulator) == 1, what="the first question hangs")
        wait_until(lambda: is_free(other.key_id), what="the other key was asked")
        fill_order(simulator, other, "0.01")
        second = sweep_all()
        assert (second.busy, second.updated) == (1, 1)
        assert not first.done()
        simulator.control.delete("faults")
        assert first.result().keys == 2
    assert reload_order(other).status == "filled"
    assert sweep_all().busy == 0


def test_45_a_frozen_venue_is_left_alone(
    resting: Order, fault: Fault, simulator: SimulatorProcess
) -> None:
    fault("status", "GET", status=429, code=-1003, message="Too many.", retry_after=60)
    sweep_all()
    asked = simulator.control.get("state")["requests"]
    outcome = sweep_all()
    assert (outcome.skipped, outcome.checked) == (1, 0)
    assert simulator.control.get("state")["requests"] == asked
    assert reload_order(resting).status == "new"


def test_a_wish_whose_message_was_lost_is_handed_on(key: ExchangeKey, worker: None) -> None:
    from tests.trading import wait_for_status

    order = record_order(key, created_at=timezone.now() - submission.SEND_WITHIN / 2)
    assert sweep_all().sent == 1
    wait_for_status(order, "new")


def test_a_dry_run_asks_nothing(resting: Order, simulator: SimulatorProcess) -> None:
    asked = simulator.control.get("state")["requests"]
    outcome = sweep_all(dry=True)
    assert [plan.weight for plan in outcome.plans.values()] == [4]
    assert simulator.control.get("state")["requests"] == asked


def test_pending_orders_keys_and_bots_are_one_query(
    resting: Order, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        orders = pending.load_orders(None, None)
        assert [order.key.label for order in orders] == ["Paper"]
        assert [order.bot for order in orders] == [None]


def test_ended_orders_are_not_asked_about(resting: Order) -> None:
    submission.cancel_at_venue(resting.pk)
    assert sweep_all().orders == 0


def test_46_what_the_venues_limit_does_not_allow_waits_and_nobody_starves(
    resting: Order,
    other_user: User,
    open_key: Callable[[User], ExchangeKey],
    simulator: SimulatorProcess,
    settings: Settings,
) -> None:
    other = record_order(open_key(other_user))
    submission.submit_order(other.pk)
    settings.VENUE_BUDGET_SHARE = 4 / LIMIT  # one order a minute
    fill_order(simulator, resting, "0.01")
    fill_order(simulator, other, "0.01")
    first = sweep_all()
    assert (first.checked, first.deferred) == (1, 1)
    assert sweep_all().deferred == 2 - first.updated  # the bucket is empty now
    cache.clear()  # a minute passes
    sweep_all()
    cache.clear()
    sweep_all()
    assert {reload_order(order).status for order in (resting, other)} == {"filled"}


def set_stream_live(key: ExchangeKey, state: str = "live") -> None:
    """Write a lease as a stream process would."""
    moment = timezone.now()
    StreamLease.objects.update_or_create(
        key=key,
        defaults={
            "holder": "elsewhere",
            "expires_at": moment + timedelta(minutes=1),
            "state": state,
            "connected_since": moment - timedelta(minutes=1),
            "last_reconcile_at": moment,
        },
    )


def test_a_working_stream_makes_of_a_check_an_audit_that_gives_way(
    resting: Order,
    other_user: User,
    open_key: Callable[[User], ExchangeKey],
    settings: Settings,
) -> None:
    """Told keys share a small part of the limit; the others, and what is unknown, all of it."""
    other = record_order(open_key(other_user))
    submission.submit_order(other.pk)
    for order in (resting, other):
        set_stream_live(order.key)
    settings.STREAM_AUDIT_SHARE = 4 / LIMIT  # one order a minute
    assert [sweep_all().deferred for _ in range(3)] == [1, 2, 2]
    set_stream_live(other.key, "waiting")
    assert [sweep_all().deferred for _ in range(3)] == [1, 1, 1]
    reconciler.request_cancel(resting.pk, by="ada", now=timezone.now())
    assert sweep_all().deferred == 0


def test_44_a_venue_that_answers_nobody_rests_and_is_tried_with_one_question(
    resting: Order,
    other_user: User,
    open_key: Callable[[User], ExchangeKey],
    simulator: SimulatorProcess,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = record_order(open_key(other_user))
    submission.submit_order(other.pk)
    away = {"kind": "html", "match": {"path": "/api/*", "method": "GET"}, "status": 503}
    simulator.control.post("faults", **away)
    rounds = [sweep_all_due() for _ in range(4)]
    assert [outcome.errors for outcome in rounds] == [2, 2, 2, 0]
    assert [outcome.skipped for outcome in rounds] == [0, 0, 0, 2]
    _pass_time(monkeypatch, seconds=6)
    trial = sweep_all_due()
    assert (trial.errors, trial.skipped) == (1, 1)
    assert sweep_all_due().skipped == 2
    simulator.control.delete("faults")
    _pass_time(monkeypatch, seconds=20)
    trial = sweep_all_due()
    assert (trial.errors, trial.checked, trial.skipped) == (0, 1, 1)
    assert (
        sweep_all_due().checked,
        circuit_breaker.filter_admitted([resting.key], now=timezone.now()),
    ) == (
        2,
        [resting.key],
    )


def sweep_all_due() -> SweepOutcome:
    """A round of the beat's own, when everybody's turn has come."""
    Order.objects.update(checked_at=None)
    return run_sweep()


def _pass_time(monkeypatch: pytest.MonkeyPatch, *, seconds: int) -> None:
    later = timezone.now() + timedelta(seconds=seconds)
    monkeypatch.setattr("orders.checks.sweep.timezone.now", lambda: later)


def test_what_is_asked_beyond_the_plan_is_owed(
    resting: Order, simulator: SimulatorProcess, settings: Settings
) -> None:
    """Fills of a listed order are asked for besides; the next round waits until that is paid."""
    settings.VENUE_BUDGET_SHARE = 8 / LIMIT
    fill_order(simulator, resting, "0.004")
    assert sweep_all().weight == 4 + 5
    assert sweep_all().deferred == 1
