"""FAILURES 9: the worker is killed between our commit and the venue's answer; both agree again."""

from exchanges.models import ExchangeKey
from orders.models import Order
from tests.failures.harness.processes import KillableInstallation
from tests.failures.harness.single_order import (
    client_ids_at_venue,
    count_requests,
    inject_fault,
    request_order,
)
from tests.orders.conftest import move_to_past
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import reload_order, wait_for_status


def kill_while_sending(ours: KillableInstallation, order: Order) -> None:
    """It has taken the right to send, and whatever the venue does, no answer will be heard."""
    wait_until(lambda: reload_order(order).submitted_at, what="the right to send taken")
    ours.worker.kill()
    assert reload_order(order).status == "pending"


def come_back(ours: KillableInstallation, simulator: SimulatorProcess, order: Order) -> None:
    """A new worker, later than any request may take and any venue hides a new order."""
    simulator.control.delete("faults")
    move_to_past(order)
    ours.worker.start()


def test_09_killed_before_the_wish_was_taken(
    ours: KillableInstallation, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    """The message dies with a frozen worker; the intent does not."""
    wait_for_status(request_order(ours, key), "new")  # the worker is up, and waits at the queue
    ours.worker.freeze()
    order = request_order(ours, key)
    ours.worker.kill()
    assert (reload_order(order).status, reload_order(order).submitted_at) == ("pending", None)
    ours.worker.start()
    assert wait_for_status(order, "new").exchange_order_id
    assert client_ids_at_venue(simulator).count(order.client_order_id) == 1


def test_09_killed_after_the_venue_accepted_and_before_we_heard(
    ours: KillableInstallation, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    inject_fault(simulator, "hang_after_accept", times=1)
    order = request_order(ours, key)
    wait_until(lambda: client_ids_at_venue(simulator), what="the order at the venue")
    kill_while_sending(ours, order)
    come_back(ours, simulator, order)
    assert wait_for_status(order, "new").exchange_order_id
    assert client_ids_at_venue(simulator) == [order.client_order_id]


def test_09_killed_after_accepting_and_filled_before_we_look(
    ours: KillableInstallation, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    """In no list of open orders any more: found by its name, with its executed part."""
    inject_fault(simulator, "hang_after_accept", times=1)
    order = request_order(ours, key)
    wait_until(lambda: client_ids_at_venue(simulator), what="the order at the venue")
    kill_while_sending(ours, order)
    simulator.control.post("fill", clientOrderId=order.client_order_id)
    come_back(ours, simulator, order)
    assert wait_for_status(order, "filled").fills.count() == 1
    assert client_ids_at_venue(simulator) == [order.client_order_id]


def test_09_killed_before_the_venue_heard_of_it(
    ours: KillableInstallation, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    """Nobody can tell whether it was sent, so it is never sent again, and ends as not there."""
    inject_fault(simulator, "hang", times=1)
    order = request_order(ours, key)
    wait_until(lambda: count_requests(simulator, "POST"), what="the request on its way")
    kill_while_sending(ours, order)
    come_back(ours, simulator, order)
    wait_for_status(order, "rejected")
    assert reload_order(order).end_is_assumed
    assert client_ids_at_venue(simulator) == []


def test_09_a_request_that_arrives_after_its_sender_died(
    ours: KillableInstallation, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    """The venue accepts what a dead worker sent; a live one finds it by its name."""
    inject_fault(simulator, "latency", times=1, latency_ms=1500)
    order = request_order(ours, key)
    wait_until(lambda: count_requests(simulator, "POST"), what="the request on its way")
    kill_while_sending(ours, order)
    assert client_ids_at_venue(simulator) == []
    wait_until(lambda: client_ids_at_venue(simulator), what="the late request at the venue")
    come_back(ours, simulator, order)
    assert wait_for_status(order, "new").exchange_order_id
    assert client_ids_at_venue(simulator) == [order.client_order_id]
