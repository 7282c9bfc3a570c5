"""FAILURES 9, 64: the worker dies while it changes a stop that its venue can only place anew.

Binance futures changes no order that waits: Fillwatch cancels it there and places another of the
same name. Between the two nothing protects the position, and the owner still sees his stop.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from exchanges.models import ExchangeKey
from operations.models import Notification
from operations.notifications.causes import events
from orders.models import Order
from tests.failures.harness.processes import KillableInstallation, run_installation
from tests.orders.test_conditional import move_market
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import Trader, reload_order, wait_for_status

ALGO = "/fapi/v1/algoOrder"
FIRST, SECOND = Decimal(45000), Decimal(44000)
IN_TIME, LATE = -timedelta(minutes=5), timedelta(minutes=2)  # however slow the machine is


@pytest.fixture
def key(key_at: Callable[[str, str], ExchangeKey], simulator: SimulatorProcess) -> ExchangeKey:
    move_market(simulator, "65000")
    return key_at("binance", "futures")


@pytest.fixture
def ours(key: ExchangeKey) -> Iterator[KillableInstallation]:
    """Checks as often as usual: what one of them queues has to be done before the next one."""
    with run_installation(ORDER_CHECK_SECONDS="5") as parts:
        yield parts


def ask(ours: KillableInstallation, key: ExchangeKey, path: str, body: dict[str, object]) -> Order:
    status, answer = Trader(ours.address, key.user).ask("POST", path, body)
    assert status in (201, 202), answer
    return Order.objects.get(pk=answer["id"])


def place_stop(ours: KillableInstallation, key: ExchangeKey) -> Order:
    terms = {"symbol": "BTC/USDT:USDT", "side": "sell", "type": "stop_loss", "quantity": "0.01"}
    body = {"key": key.pk, **terms, "trigger_price": str(FIRST)}
    order = ask(ours, key, "orders/", body)
    return wait_for_status(order, "new")


def count_requests(simulator: SimulatorProcess, method: str) -> int:
    return int(simulator.control.get("state")["endpoints"].get(f"{method} {ALGO}", 0))


def list_stops(simulator: SimulatorProcess) -> list[dict[str, Any]]:
    """List the stops that wait at the venue."""
    rows: list[dict[str, Any]] = simulator.control.get("waiting")["waiting"]
    return [row for row in rows if row["status"] == "NEW"]


def kill_in_between(
    ours: KillableInstallation, simulator: SimulatorProcess, order: Order, **fault: object
) -> None:
    """Kill the worker when it has cancelled the stop and waits for the answer to the new one."""
    placed = count_requests(simulator, "POST")
    simulator.control.post("faults", match={"path": ALGO, "method": "POST"}, times=1, **fault)
    ask(ours, order.key, f"orders/{order.pk}/amend/", {"trigger_price": str(SECOND)})
    wait_until(lambda: count_requests(simulator, "POST") > placed, what="the new stop on its way")
    ours.worker.kill()
    assert list_stops(simulator) == []
    assert reload_order(order).status == "new"


def come_back(
    ours: KillableInstallation, simulator: SimulatorProcess, order: Order, *, after: timedelta
) -> None:
    simulator.control.delete("faults")
    Order.objects.filter(pk=order.pk).update(amend_requested_at=timezone.now() - after)
    ours.worker.start()


def test_64_killed_in_between_the_new_stop_is_placed_once(
    ours: KillableInstallation, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = place_stop(ours, key)
    kill_in_between(ours, simulator, order, kind="hang")
    come_back(ours, simulator, order, after=IN_TIME)
    wait_until(lambda: reload_order(order).trigger_price == SECOND, timeout=120, what="the change")
    changed = reload_order(order)
    assert (changed.status, changed.amend_requested_at) == ("new", None)
    (stop,) = list_stops(simulator)
    assert stop["clientOrderId"] == order.client_order_id
    assert not changed.changes.filter(status="canceled").exists()


def test_64_a_new_stop_that_arrives_after_its_sender_died_is_not_placed_twice(
    ours: KillableInstallation, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = place_stop(ours, key)
    kill_in_between(ours, simulator, order, kind="latency", latency_ms=2000)
    wait_until(lambda: list_stops(simulator), what="the late stop at the venue")
    placed = count_requests(simulator, "POST")
    come_back(ours, simulator, order, after=IN_TIME)
    wait_until(lambda: reload_order(order).trigger_price == SECOND, timeout=120, what="the change")
    assert len(list_stops(simulator)) == 1
    assert count_requests(simulator, "POST") == placed


def test_64_back_too_late_its_owner_is_told_that_the_stop_is_gone(
    ours: KillableInstallation, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    """A stop that is placed long after it was asked for is not what was asked for."""
    order = place_stop(ours, key)
    kill_in_between(ours, simulator, order, kind="hang")
    come_back(ours, simulator, order, after=LATE)
    ended = wait_for_status(order, "canceled")
    assert ended.ended_by == "change"
    assert list_stops(simulator) == []
    events.tell_of_events(now=timezone.now())
    notes = Notification.objects.filter(user=key.user, cause=f"order:{order.pk}:canceled")
    wait_until(notes.exists, what="the notification")  # a worker may be writing it just now
    note = notes.get()
    assert note.title == "Order lost in a change: sell 0.01 BTC/USDT:USDT (SIMULATED)"
    assert "Nothing waits at the venue now" in note.message
