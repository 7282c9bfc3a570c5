"""The venue tells, stream processes listen; whatever breaks, every fill is recorded once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from config.launcher import processes
from exchanges.keys import actions
from exchanges.models import ExchangeKey, StreamLease, StreamState
from orders import submission
from orders.models import Fill, Order, OrderChange
from tests.failures.harness.processes import KillableProcess
from tests.services import process_environment, wait_until
from tests.simulator import SimulatorProcess
from tests.trading import Trader, record_order, reload_order, wait_for_status
from users.models import User

Start = Callable[..., KillableProcess]


@pytest.fixture
def start(transactional_db: None) -> Iterator[Start]:
    """Start a real stream process: start(), or start("another", STREAM_QUIET_SECONDS="1")."""
    with ExitStack() as stack:

        def begin(name: str = "stream", **settings: str) -> KillableProcess:
            part = processes.stream_part(environment=process_environment() | settings)
            mortal = KillableProcess(replace(part, name=name))
            stack.callback(mortal.end)
            mortal.start()
            return mortal

        yield begin


def read_lease(key: ExchangeKey) -> StreamLease | None:
    return StreamLease.objects.filter(key=key).first()


def is_live(key: ExchangeKey) -> bool:
    """Open, and what happened before that is asked for."""
    now = read_lease(key)
    return bool(now and now.state == StreamState.LIVE and _reconciled(now))


def _reconciled(now: StreamLease) -> bool:
    since, asked = now.connected_since, (now.last_reconcile_at, now.key.holdings_at)
    return bool(since and all(at and at >= since for at in asked))


def wait_live(*of: ExchangeKey) -> None:
    wait_until(
        lambda: all(is_live(key) for key in of),
        what=f"streams live: {list(StreamLease.objects.values())}",
    )


def place_resting_order(key: ExchangeKey, **changes: object) -> Order:
    order = record_order(key, **changes)
    submission.submit_order(order.pk)
    return reload_order(order)


def fill_order(simulator: SimulatorProcess, order: Order, quantity: str = "0.01") -> None:
    simulator.control.post("fill", clientOrderId=order.client_order_id, quantity=quantity)


@contextmanager
def expect_restart(key: ExchangeKey) -> Iterator[None]:
    """After the block the stream breaks, and comes back by itself."""
    before = read_lease(key)
    assert before
    yield
    wait_until(
        lambda: (now := read_lease(key)) and now.restarts > before.restarts and is_live(key),
        what=f"the stream again: {vars(before)}",
    )


def test_a_fill_reaches_its_owners_socket_without_anybody_asking(
    trader: Trader,
    simulator: SimulatorProcess,
    open_key: Callable[[User], ExchangeKey],
    start: Start,
) -> None:
    key = open_key(trader.user)
    start()
    wait_live(key)
    order = place_resting_order(key)
    simulator.control.delete("counters")
    with trader.listen():
        fill_order(simulator, order)
        wait_until(lambda: trader.heard("order_filled"), what="the fill at the socket")
    assert OrderChange.objects.get(order=order, status="filled").source == "stream"
    assert [part.quantity for part in order.fills.all()] == [Decimal("0.01")]
    asked = simulator.control.get("state")["endpoints"]
    assert not [name for name in asked if name.startswith("GET")]


def test_a_hundred_parts_in_bursts_are_recorded_once_each(
    simulator: SimulatorProcess, key: ExchangeKey, start: Start
) -> None:
    orders = [place_resting_order(key, quantity=Decimal("0.025")) for _ in range(4)]
    start()
    wait_live(key)
    for _ in range(25):
        for order in orders:
            fill_order(simulator, order, "0.001")
    for order in orders:
        wait_for_status(order, "filled")
    trades = simulator.control.get("trades")["trades"]
    assert len(trades) == Fill.objects.count() == 100
    assert {str(trade["id"]) for trade in trades} == set(
        Fill.objects.values_list("trade_id", flat=True)
    )


def test_what_is_cancelled_at_the_venue_is_cancelled_here(
    simulator: SimulatorProcess, key: ExchangeKey, start: Start
) -> None:
    order = place_resting_order(key)
    start()
    wait_live(key)
    simulator.control.post("cancel", clientOrderId=order.client_order_id)
    wait_for_status(order, "canceled")
    assert OrderChange.objects.get(order=order, status="canceled").source == "stream"


def test_the_gap_before_the_start_is_asked_for(
    simulator: SimulatorProcess, key: ExchangeKey, start: Start
) -> None:
    order = place_resting_order(key)
    fill_order(simulator, order)
    start()
    wait_for_status(order, "filled")
    assert order.fills.count() == 1


@pytest.mark.parametrize("fault", ["drop_sockets", "end_streams"])
def test_12_a_stream_that_breaks_comes_back_and_asks_what_it_missed(
    simulator: SimulatorProcess, key: ExchangeKey, start: Start, fault: str
) -> None:
    order = place_resting_order(key)
    start()
    wait_live(key)
    with expect_restart(key):
        # Mute first, so that what happens in the gap cannot have been heard before the break.
        mute = simulator.control.post("faults", kind="mute_sockets")["fault"]["id"]
        fill_order(simulator, order)
        simulator.control.post("faults", kind=fault)
        simulator.control.delete("faults", id=mute)
    wait_for_status(order, "filled")
    assert order.fills.count() == 1
    assert simulator.control.get("state")["sockets"] == 1


def test_13_a_stream_that_lives_but_tells_nothing_is_found_out(
    simulator: SimulatorProcess, key: ExchangeKey, start: Start
) -> None:
    order = place_resting_order(key)
    start(STREAM_QUIET_SECONDS="0.5")
    wait_live(key)
    with expect_restart(key):
        simulator.control.post("faults", kind="mute_sockets")
        fill_order(simulator, order)
        wait_for_status(order, "filled")
        simulator.control.delete("faults")
    assert order.fills.count() == 1


def test_a_restarted_venue_is_found_again(
    simulator: SimulatorProcess, key: ExchangeKey, start: Start
) -> None:
    order = place_resting_order(key)
    start()
    wait_live(key)
    with expect_restart(key):
        simulator.kill()
        simulator.start()
        fill_order(simulator, order)
    wait_for_status(order, "filled")
    assert order.fills.count() == 1


def test_a_killed_process_is_replaced_by_the_other(
    simulator: SimulatorProcess, key: ExchangeKey, start: Start
) -> None:
    order = place_resting_order(key)
    first = start("first")
    wait_live(key)
    held = read_lease(key)
    start("second")
    first.kill()
    fill_order(simulator, order)
    wait_for_status(order, "filled")
    wait_until(lambda: is_live(key), what="the stream at the other process")
    now = read_lease(key)
    assert held
    assert now
    assert now.holder not in ("", held.holder)
    assert simulator.control.get("state")["sockets"] == 1


def test_two_processes_share_the_keys_and_no_key_is_followed_twice(
    simulator: SimulatorProcess,
    user: User,
    other_user: User,
    open_key: Callable[[User], ExchangeKey],
    start: Start,
) -> None:
    both = [open_key(user), open_key(other_user)]
    start("first")
    wait_live(*both)
    start("second")

    def holders() -> set[str]:
        return set(StreamLease.objects.exclude(holder="").values_list("holder", flat=True))

    wait_until(lambda: len(holders()) == 2, what="a share for each")
    wait_live(*both)
    assert simulator.control.get("state")["sockets"] == 2
    orders = [place_resting_order(key) for key in both]
    for order in orders:
        simulator.control.post(
            "fill", clientOrderId=order.client_order_id, account=order.key.api_key
        )
        wait_for_status(order, "filled")


def test_keys_come_and_go_within_seconds(
    simulator: SimulatorProcess,
    user: User,
    other_user: User,
    open_key: Callable[[User], ExchangeKey],
    start: Start,
) -> None:
    first = open_key(user)
    start()
    wait_live(first)
    second = open_key(other_user)
    wait_live(second)
    actions.deactivate(first.pk)
    wait_until(lambda: simulator.control.get("state")["sockets"] == 1, what="one socket left")
    actions.activate(first.pk)
    wait_until(lambda: simulator.control.get("state")["sockets"] == 2, what="both sockets")
    wait_live(first, second)


def test_48_a_refused_key_is_said_once_and_holds_nobody_up(
    simulator: SimulatorProcess,
    user: User,
    other_user: User,
    open_key: Callable[[User], ExchangeKey],
    start: Start,
) -> None:
    refused, fine = open_key(user), open_key(other_user)
    ExchangeKey.objects.filter(pk=refused.pk).update(api_key="x" * 64)
    start()
    wait_live(fine)

    def state() -> str | None:
        now = read_lease(refused)
        return now.state if now else None

    wait_until(lambda: state() == StreamState.REFUSED, what="the refusal")
    now = read_lease(refused)
    assert now
    assert now.last_error
    assert now.restarts == 1


def test_orders_that_were_placed_elsewhere_are_taken_in_as_external(
    simulator: SimulatorProcess, key: ExchangeKey, start: Start
) -> None:
    order = place_resting_order(key)
    start()
    wait_live(key)
    Order.objects.filter(pk=order.pk).update(
        client_order_id="fw-another", exchange_order_id="9" * 9
    )
    known = place_resting_order(key)
    fill_order(simulator, order)
    fill_order(simulator, known)
    wait_for_status(known, "filled")
    external = Order.objects.get(origin="external")
    assert reload_order(order).filled == 0
    assert external.client_order_id == order.client_order_id
    assert wait_for_status(external, "filled").ended_by == "venue"
    assert Fill.objects.count() == 2


def test_40_what_was_placed_elsewhere_in_a_gap_is_taken_in_when_the_stream_begins(
    simulator: SimulatorProcess, key: ExchangeKey, start: Start
) -> None:
    order = place_resting_order(key)
    Order.objects.filter(pk=order.pk).delete()
    start()
    wait_until(lambda: Order.objects.filter(origin="external").exists(), what="the order by hand")
    taken = Order.objects.get()
    assert (taken.origin, taken.exchange_order_id) == ("external", order.exchange_order_id)
