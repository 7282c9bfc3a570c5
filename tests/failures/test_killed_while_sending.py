"""FAILURES 9: the worker is killed between our commit and the venue's answer; both agree again."""

from exchanges.models import ExchangeKey
from orders.models import Order
from tests.failures.harness.processes import Installation
from tests.failures.harness.single_order import asked, at_the_venue, spoil, wish
from tests.orders.conftest import long_ago
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import fresh, wait_for_status


def kill_while_sending(ours: Installation, order: Order) -> None:
    """It has taken the right to send, and whatever the venue does, no answer will be heard."""
    wait_until(lambda: fresh(order).submitted_at, what="the right to send taken")
    ours.worker.kill()
    assert fresh(order).status == "pending"


def come_back(ours: Installation, simulator: SimulatorProcess, order: Order) -> None:
    """A new worker, later than any request may take and any venue hides a new order."""
    simulator.control.delete("faults")
    long_ago(order)
    ours.worker.start()


def test_09_killed_before_the_wish_was_taken(
    ours: Installation, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    """The message dies with a frozen worker; the intent does not."""
    wait_for_status(wish(ours, key), "new")  # the worker is up, and waits at the queue
    ours.worker.freeze()
    order = wish(ours, key)
    ours.worker.kill()
    assert (fresh(order).status, fresh(order).submitted_at) == ("pending", None)
    ours.worker.start()
    assert wait_for_status(order, "new").exchange_order_id
    assert at_the_venue(simulator).count(order.client_order_id) == 1


def test_09_killed_after_the_venue_accepted_and_before_we_heard(
    ours: Installation, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    spoil(simulator, "hang_after_accept", times=1)
    order = wish(ours, key)
    wait_until(lambda: at_the_venue(simulator), what="the order at the venue")
    kill_while_sending(ours, order)
    come_back(ours, simulator, order)
    assert wait_for_status(order, "new").exchange_order_id
    assert at_the_venue(simulator) == [order.client_order_id]


def test_09_killed_after_accepting_and_filled_before_we_look(
    ours: Installation, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    """In no list of open orders any more: found by its name, with its executed part."""
    spoil(simulator, "hang_after_accept", times=1)
    order = wish(ours, key)
    wait_until(lambda: at_the_venue(simulator), what="the order at the venue")
    kill_while_sending(ours, order)
    simulator.control.post("fill", clientOrderId=order.client_order_id)
    come_back(ours, simulator, order)
    assert wait_for_status(order, "filled").fills.count() == 1
    assert at_the_venue(simulator) == [order.client_order_id]


def test_09_killed_before_the_venue_heard_of_it(
    ours: Installation, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    """Nobody can tell whether it was sent, so it is never sent again, and ends as not there."""
    spoil(simulator, "hang", times=1)
    order = wish(ours, key)
    wait_until(lambda: asked(simulator, "POST"), what="the request on its way")
    kill_while_sending(ours, order)
    come_back(ours, simulator, order)
    wait_for_status(order, "rejected")
    assert fresh(order).end_is_assumed
    assert at_the_venue(simulator) == []


def test_09_a_request_that_arrives_after_its_sender_died(
    ours: Installation, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    """The venue accepts what a dead worker sent; a live one finds it by its name."""
    spoil(simulator, "latency", times=1, latency_ms=1500)
    order = wish(ours, key)
    wait_until(lambda: asked(simulator, "POST"), what="the request on its way")
    kill_while_sending(ours, order)
    assert at_the_venue(simulator) == []
    wait_until(lambda: at_the_venue(simulator), what="the late request at the venue")
    come_back(ours, simulator, order)
    assert wait_for_status(order, "new").exchange_order_id
    assert at_the_venue(simulator) == [order.client_order_id]
