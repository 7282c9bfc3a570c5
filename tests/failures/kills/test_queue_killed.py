"""The queue dies under a worker that holds messages of it; the worker lives on."""

from exchanges.models import ExchangeKey
from tests.failures.harness.processes import KillableInstallation
from tests.failures.harness.single_order import (
    client_ids_at_venue,
    count_requests,
    inject_fault,
    request_order,
)
from tests.failures.harness.tabs import open_tabs
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import wait_for_status


def test_a_worker_that_waits_to_ask_again_outlives_the_queue(
    ours: KillableInstallation, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    inject_fault(simulator, "close_after_accept", times=1)
    inject_fault(simulator, "status", "GET", status=500)
    order = request_order(ours, key)
    wait_until(
        lambda: count_requests(simulator, "GET") >= 3, what="the venue asked again and again"
    )
    ours.valkey.kill()
    ours.valkey.start()
    simulator.control.delete("faults")
    wait_for_status(order, "new")
    wait_for_status(request_order(ours, key), "new")
    assert ours.worker.is_alive()
    assert len(client_ids_at_venue(simulator)) == 2


def test_54_a_wish_is_taken_and_told_while_the_queue_is_dead(
    ours: KillableInstallation, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    """Nobody rings: the sockets find the event by their sweep, the worker the order by its own."""
    with open_tabs(ours.address, [key]) as tabs:
        wait_for_status(request_order(ours, key), "new")
        ours.valkey.kill()
        order = request_order(ours, key)
        wait_until(lambda: all(tab.is_current() for tab in tabs), what="the wish at the sockets")
        assert [tab.events[-1]["data"]["id"] for tab in tabs] == [order.pk] * len(tabs)
        ours.valkey.start()
        wait_for_status(order, "new")
        wait_until(lambda: all(tab.is_current() for tab in tabs), what="the acceptance at them")
        for tab in tabs:
            tab.check()
