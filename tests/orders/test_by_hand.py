"""The same hands at the exchange, at every venue; seen by asking, and heard on its own stream."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from exchanges import pool
from exchanges.base import OrderReport, OrderRequest
from exchanges.models import ExchangeKey
from orders import submission
from orders.checks import full_listing, sweep
from orders.models import Order
from tests.orders.test_conditional import GROUNDS, follow_until_live
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import record_order, reload_order, wait_for_status

Attach = Callable[[str, str], ExchangeKey]
everywhere = pytest.mark.parametrize("ground", GROUNDS, ids="-".join)


@pytest.fixture
def key(key_at: Attach, ground: tuple[str, str]) -> ExchangeKey:
    return key_at(*ground)


def symbol_of(key: ExchangeKey) -> str:
    return "BTC/USDT" if key.market == "spot" else "BTC/USDT:USDT"


def place_resting_order(key: ExchangeKey) -> Order:
    order = record_order(key, symbol=symbol_of(key))
    submission.submit_order(order.pk)
    return reload_order(order)


def place_by_hand(key: ExchangeKey) -> OrderReport:
    request = OrderRequest(
        symbol=symbol_of(key),
        side="buy",
        type="limit",
        time_in_force="GTC",
        quantity=Decimal("0.02"),
        price=Decimal("51000"),
        client_order_id="web77",
    )
    return pool.call(key, lambda venue: venue.place_order(request))


def run_check(key: ExchangeKey) -> None:
    assert sweep.read_full_lists(full_listing.load_key(key.pk)).errors == 0


@everywhere
def test_what_nobody_touches_is_never_said_to_be_changed(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = place_resting_order(key)
    run_check(key)
    simulator.control.post("fill", clientOrderId=order.client_order_id, quantity="0.004")
    run_check(key)
    simulator.control.post("fill", clientOrderId=order.client_order_id, quantity="0.006")
    sweep.run_sweep(force=True)
    order = reload_order(order)
    assert (order.status, order.quantity, order.price) == (
        "filled",
        Decimal("0.01"),
        Decimal(50000),
    )
    assert order.terms_at is None
    actors = list(order.changes.order_by("version").values_list("actor", flat=True))
    assert actors == ["user", *["venue"] * (len(actors) - 1)]


@everywhere
def test_40_placed_there_it_is_taken_in_and_followed(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    said = place_by_hand(key)
    run_check(key)
    order = Order.objects.get()
    assert (order.origin, order.exchange_order_id) == ("external", said.exchange_order_id)
    assert (order.type, order.price, order.quantity) == ("limit", Decimal(51000), Decimal("0.02"))
    simulator.control.post("fill", clientOrderId="web77", quantity="0.02")
    sweep.run_sweep(force=True)
    order = reload_order(order)
    assert (order.status, order.fills_quantity) == ("filled", Decimal("0.02"))


@everywhere
def test_37_changed_there_it_is_changed_here(key: ExchangeKey, simulator: SimulatorProcess) -> None:
    order = place_resting_order(key)
    named = {"clientOrderId": order.client_order_id}
    simulator.control.post("amend", **named, price="49000", quantity="0.03")
    sweep.run_sweep(force=True)
    order = reload_order(order)
    assert (order.status, order.price, order.quantity) == ("new", Decimal(49000), Decimal("0.03"))
    assert order.changes.latest("version").actor == "hand"


@everywhere
def test_40_a_stream_tells_of_other_hands_at_once(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    mine = place_resting_order(key)
    with follow_until_live(key):
        place_by_hand(key)
        wait_until(lambda: Order.objects.filter(origin="external").exists(), what="the external")
        named = {"clientOrderId": mine.client_order_id}
        simulator.control.post("amend", **named, quantity="0.03")
        wait_until(lambda: reload_order(mine).quantity == Decimal("0.03"), what="the change")
        simulator.control.post("cancel", clientOrderId=mine.client_order_id)
        assert wait_for_status(mine, "canceled").ended_by == "hand"
        external = Order.objects.get(origin="external")
        simulator.control.post("cancel", clientOrderId="web77")
        assert wait_for_status(external, "canceled").ended_by == "hand"
    sources = external.changes.values_list("source", flat=True)
    assert set(sources) == {"stream"}
