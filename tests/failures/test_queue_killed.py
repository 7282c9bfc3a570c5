"""The queue dies under a worker that holds messages of it; the worker lives on."""

from exchanges.models import ExchangeKey
from tests.failures.harness.processes import Installation
from tests.failures.harness.single_order import asked, at_the_venue, spoil, wish
from tests.failures.harness.tabs import listening
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import wait_for_status


def test_a_worker_that_waits_to_ask_again_outlives_the_queue(
    ours: Installation, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    spoil(simulator, "close_after_accept", times=1)
    spoil(simulator, "status", "GET", status=500)
    order = wish(ours, key)
    wait_until(lambda: asked(simulator, "GET") >= 3, what="the venue asked again and again")
    ours.valkey.kill()
    ours.valkey.start()
    simulator.control.delete("faults")
    wait_for_status(order, "new")
    wait_for_status(wish(ours, key), "new")
    assert ours.worker.is_alive()
    assert len(at_the_venue(simulator)) == 2


def test_54_a_wish_is_taken_and_told_while_the_queue_is_dead(
    ours: Installation, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    """Nobody rings: the sockets find the event by their sweep, the worker the order by its own."""
    with listening(ours.address, [key]) as tabs:
        wait_for_status(wish(ours, key), "new")
        ours.valkey.kill()
        order = wish(ours, key)
        wait_until(lambda: all(tab.is_current() for tab in tabs), what="the wish at the sockets")
        assert [tab.events[-1]["data"]["id"] for tab in tabs] == [order.pk] * len(tabs)
        ours.valkey.start()
        wait_for_status(order, "new")
        wait_until(lambda: all(tab.is_current() for tab in tabs), what="the acceptance at them")
        for tab in tabs:
            tab.check()
