"""Orders that wait for a price, at every venue: asked for where they wait, never lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from exchanges import venues
from exchanges.models import ExchangeKey, StreamLease
from orders import placement, reconciler, submission
from orders.checks import full_listing, sweep
from orders.models import Order, OrderChange
from tests.failures.harness.scene import follow_streams
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import place, record_order, reload_order, wait_for_status

GROUNDS = [
    ("binance", "spot"),
    ("binance", "futures"),
    ("okx", "spot"),
    ("okx", "futures"),
    ("bybit", "spot"),
    ("bybit", "futures"),
]
APART = [("binance", "futures"), ("okx", "spot"), ("okx", "futures")]
STOP: dict[str, Any] = {
    "side": "sell",
    "type": "stop_loss",
    "price": None,
    "trigger_price": Decimal(60000),
}


Attach = Callable[[str, str], ExchangeKey]


def place_stop(key: ExchangeKey, **changes: Any) -> Order:
    symbol = "BTC/USDT" if key.market == "spot" else "BTC/USDT:USDT"
    order = record_order(key, symbol=symbol, **(STOP | changes))
    submission.submit_order(order.pk)
    assert reload_order(order).status == "new", reload_order(order).ended_reason
    return reload_order(order)


def move_market(simulator: SimulatorProcess, price: str) -> None:
    for symbol in ("BTCUSDT", "BTCUSDT-PERP"):
        simulator.control.post("price", symbol=symbol, price=price)


@contextmanager
def follow_until_live(key: ExchangeKey) -> Iterator[None]:
    with follow_streams():
        wait_until(
            lambda: StreamLease.objects.filter(key=key, last_reconcile_at__isnull=False).exists(),
            what="the stream live",
        )
        yield


@pytest.mark.parametrize("ground", GROUNDS, ids="-".join)
def test_it_waits_is_seen_to_exist_and_is_filled_when_its_price_comes(
    key_at: Attach, simulator: SimulatorProcess, ground: tuple[str, str]
) -> None:
    move_market(simulator, "65000")
    order = place_stop(key_at(*ground))
    assert order.exchange_order_id.startswith("algo:") is (ground in APART)
    outcome = sweep.run_sweep(force=True)
    assert (outcome.errors, outcome.checked, reload_order(order).version) == (0, 1, order.version)

    move_market(simulator, "59000")
    sweep.run_sweep(force=True)

    done = reload_order(order)
    assert (done.status, done.filled, done.fills_quantity) == ("filled", *[Decimal("0.01")] * 2)
    assert not done.exchange_order_id.startswith("algo:")
    assert (done.client_order_id, done.ended_by) == (order.client_order_id, "venue")
    assert Order.objects.count() == 1
    assert not OrderChange.objects.filter(order=order, status="canceled").exists()


@pytest.mark.parametrize("ground", GROUNDS, ids="-".join)
def test_many_are_asked_for_by_their_lists_and_move_to_the_other_one(
    key_at: Attach, simulator: SimulatorProcess, ground: tuple[str, str]
) -> None:
    move_market(simulator, "65000")
    key = key_at(*ground)
    waiting = place_stop(key, trigger_price=Decimal(55000), price=Decimal(70000))
    fired = place_stop(key, trigger_price=Decimal(60000), price=Decimal(70000))
    move_market(simulator, "59000")
    for _ in range(2):
        outcome = sweep.read_full_lists(full_listing.load_key(key.pk))
        assert outcome.errors == 0
        assert outcome.weight == outcome.plans[key].weight  # nobody had to be asked for singly
    assert [reload_order(order).status for order in (waiting, fired)] == ["new", "new"]
    assert not reload_order(fired).exchange_order_id.startswith("algo:")
    assert reload_order(waiting).exchange_order_id == waiting.exchange_order_id
    assert Order.objects.count() == 2
    if ground in APART:
        assert reload_order(fired).changes.latest("version").reason == "its trigger was reached"


@pytest.mark.parametrize("ground", GROUNDS, ids="-".join)
def test_cancelled_here_it_never_fires(
    key_at: Attach, simulator: SimulatorProcess, ground: tuple[str, str]
) -> None:
    move_market(simulator, "65000")
    order = place_stop(key_at(*ground))
    reconciler.request_cancel(order.pk, by="ada", now=timezone.now())
    submission.cancel_at_venue(order.pk)
    sweep.run_sweep(force=True)
    move_market(simulator, "59000")
    assert (reload_order(order).status, reload_order(order).ended_by) == ("canceled", "user")
    assert reload_order(order).filled == 0


@pytest.mark.parametrize("ground", GROUNDS, ids="-".join)
def test_its_way_is_told_by_the_stream(
    key_at: Attach, simulator: SimulatorProcess, ground: tuple[str, str]
) -> None:
    move_market(simulator, "65000")
    key = key_at(*ground)
    with follow_until_live(key):
        order = place_stop(key)
        cancelled = place_stop(key, trigger_price=Decimal(50000))
        reconciler.request_cancel(cancelled.pk, by="ada", now=timezone.now())
        submission.cancel_at_venue(cancelled.pk)
        wait_for_status(cancelled, "canceled")
        move_market(simulator, "59000")
        done = wait_for_status(order, "filled")
        wait_until(lambda: reload_order(order).fills_quantity == done.filled, what="its parts")
    assert not done.exchange_order_id.startswith("algo:")
    assert Order.objects.count() == 2
    statuses = set(order.changes.values_list("status", flat=True))
    assert "canceled" not in statuses
    assert "expired" not in statuses
    told = set(order.changes.exclude(version__lte=2).values_list("source", flat=True))
    assert told <= {"stream", "submit"}


TRAILING = [ground for ground in GROUNDS if venues.get(ground[0]).has_trailing_stops(ground[1])]


@pytest.mark.parametrize("ground", TRAILING, ids="-".join)
def test_a_trailing_stop_follows_the_price_and_sells_when_it_turns(
    key_at: Attach, simulator: SimulatorProcess, ground: tuple[str, str]
) -> None:
    key, is_bybit = key_at(*ground), ground[0] == "bybit"
    move_market(simulator, "65000")
    if is_bybit:  # where it belongs to a position
        bought = record_order(key, symbol="BTC/USDT:USDT", type="market", price=None)
        submission.submit_order(bought.pk)
    order = place_stop(
        key,
        type="trailing_stop",
        trigger_price=None,
        trailing_percent=Decimal("1.5"),
        reduce_only=is_bybit,
    )
    for price in ("66000", "68000", "67100"):
        move_market(simulator, price)
        sweep.run_sweep(force=True)
        assert reload_order(order).status == "new"
    move_market(simulator, "66900")
    sweep.run_sweep(force=True)
    assert (reload_order(order).status, reload_order(order).filled) == ("filled", Decimal("0.01"))


@pytest.mark.parametrize("ground", [("bybit", "spot")], ids="-".join)
def test_where_there_is_none_it_is_refused_at_our_door(
    key_at: Attach, ground: tuple[str, str]
) -> None:
    key = key_at(*ground)
    with pytest.raises(placement.OrderDenied, match="has no trailing stops"):
        place(key, type="trailing_stop", price=None, trailing_percent=Decimal("1.5"))


@pytest.mark.parametrize("ground", [g for g in GROUNDS if g[1] == "futures"], ids="-".join)
def test_reduce_only_never_opens_a_position(
    key_at: Attach, simulator: SimulatorProcess, ground: tuple[str, str]
) -> None:
    move_market(simulator, "65000")
    key = key_at(*ground)
    order = record_order(
        key, symbol="BTC/USDT:USDT", side="sell", type="market", price=None, reduce_only=True
    )
    submission.submit_order(order.pk)
    assert reload_order(order).filled == 0
    assert reload_order(order).status in ("rejected", "canceled", "expired")
    bought = record_order(key, symbol="BTC/USDT:USDT", type="market", price=None)
    closing = record_order(
        key, symbol="BTC/USDT:USDT", side="sell", type="market", price=None, reduce_only=True
    )
    for each in (bought, closing):
        submission.submit_order(each.pk)
        assert reload_order(each).status == "filled", reload_order(each).ended_reason
