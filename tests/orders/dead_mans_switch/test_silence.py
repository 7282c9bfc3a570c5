"""Fillwatch falls silent, and the venues cancel; after it is back it tells the truth."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.utils import timezone

from config.launcher import processes
from exchanges.keys.dead_mans_switch import SwitchData, switch_data
from exchanges.models import DeadMansSwitch, ExchangeKey
from operations.models import Notification
from orders.models import Order
from tests.failures.harness.processes import (
    KillableInstallation,
    KillableProcess,
    run_installation,
)
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import Trader
from users.models import User

VENUES = ("binance", "okx", "bybit")
SECONDS = 20  # a busy machine does not renew three times within the shortest span, ten seconds
SWAP = "BTC/USDT:USDT"


@pytest.fixture
def keys(key_at: Callable[[str, str], ExchangeKey]) -> list[ExchangeKey]:
    return [key_at(venue, "futures") for venue in VENUES]


@contextmanager
def run_with_stream() -> Iterator[tuple[KillableInstallation, KillableProcess]]:
    with run_installation() as ours:
        part = processes.stream_part(environment=ours.worker.part.environment)
        stream = KillableProcess(part)
        stream.start()
        try:
            yield ours, stream
        finally:
            stream.end()


def list_statuses(simulator: SimulatorProcess) -> set[str]:
    return {row["status"] for row in simulator.control.get("orders")["orders"]}


def read_switches(keys: list[ExchangeKey]) -> list[SwitchData]:
    rows = [DeadMansSwitch.objects.get(key=key) for key in keys]
    return [switch_data(row, now=timezone.now()) for row in rows]


def arm_switches(trader: Trader, keys: list[ExchangeKey]) -> None:
    """Place an order with each key, and wait until its venue would cancel it."""
    for key in keys:
        order = {
            **{"key": key.pk, "symbol": SWAP, "side": "buy", "type": "limit"},
            **{"quantity": "0.01", "price": "50000"},
        }
        assert trader.ask("POST", "orders/", order)[0] == 201
        switch = {"seconds": SECONDS}
        assert trader.ask("POST", f"keys/{key.pk}/dead-mans-switch/", switch)[0] == 202
    wait_until(
        lambda: {row["state"] for row in read_switches(keys)} == {"armed"},
        timeout=120,
        what="switches armed",
    )
    wait_until(lambda: Order.objects.filter(status="new").count() == len(keys), what="orders open")


def outlive_first_span(keys: list[ExchangeKey], simulator: SimulatorProcess) -> None:
    """See the switches renewed after the moment at which they would have run out at first."""
    ends = [row["armed_until"] for row in read_switches(keys)]
    wait_until(
        lambda: all(
            (row["renewed_at"] or "") > (end or "")
            for row, end in zip(read_switches(keys), ends, strict=True)
        ),
        timeout=120,
        what="switches renewed",
    )
    assert list_statuses(simulator) == {"NEW"}


@pytest.mark.parametrize("victims", [("worker", "beat", "stream"), ("worker", "beat")], ids=str)
def test_the_venues_cancel_and_everybody_is_told(
    keys: list[ExchangeKey], user: User, simulator: SimulatorProcess, victims: tuple[str, ...]
) -> None:
    """A stream alone, without a worker that checks and acts, does not keep orders alive."""
    with run_with_stream() as (ours, stream):
        trader = Trader(ours.address, user)
        arm_switches(trader, keys)
        outlive_first_span(keys, simulator)
        parts = {"worker": ours.worker, "beat": ours.beat, "stream": stream}
        for name in victims:
            parts[name].kill()
        wait_until(lambda: list_statuses(simulator) == {"CANCELED"}, timeout=120, what="cancelled")
        wait_until(
            lambda: {row["state"] for row in read_switches(keys)} == {"fired"},
            timeout=120,
            what="switches shown as fired",
        )
        for name in victims:
            parts[name].start()
        wait_until(
            lambda: (
                set(Order.objects.values_list("status", "ended_by")) == {("canceled", "switch")}
            ),
            timeout=120,
            what=f"orders ended: {list(Order.objects.values('status', 'ended_by'))}",
        )
        wait_until(lambda: Notification.objects.count() == len(keys), timeout=120, what="told")
        answer = trader.ask("GET", f"keys/{keys[0].pk}/dead-mans-switch/")[1]
        assert answer["fired_at"]
    assert all("orders cancelled: 1" in row.title for row in Notification.objects.all())
