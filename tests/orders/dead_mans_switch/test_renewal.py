"""A switch is armed, renewed and disarmed at its venue; and never renewed unwatched."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.running.order_end import describe_end
from exchanges import pool
from exchanges.keys import actions, dead_mans_switch
from exchanges.models import DeadMansSwitch, ExchangeKey, StreamLease, StreamState
from operations.alerts import switch_notices
from operations.models import Notification
from orders import reconciler, submission
from orders.checks import last_sweep
from orders.dead_mans_switch import renewal
from orders.models import Order
from tests.conftest import sign_in
from tests.orders.reports import report
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import Trader, record_order, reload_order
from users.models import User

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
Attach = Callable[[str, str], ExchangeKey]


@pytest.fixture(autouse=True)
def _close_pool() -> Iterator[None]:
    yield
    pool.close()


@pytest.fixture
def watched(key_at: Attach) -> Callable[[str, str], ExchangeKey]:
    """A key whose orders are watched: sweeps run, and its stream is live and compared."""

    def attach(venue: str, market: str) -> ExchangeKey:
        key, now = key_at(venue, market), timezone.now()
        StreamLease.objects.create(
            key=key,
            state=StreamState.LIVE,
            expires_at=now + timedelta(hours=1),
            connected_since=now,
            last_reconcile_at=now,
        )
        last_sweep.note_sweep(now)
        return key

    return attach


def place(key: ExchangeKey, symbol: str = BTC) -> Order:
    price = Decimal(50000 if symbol == BTC else 2000)
    order = record_order(key, symbol=symbol, price=price)
    submission.submit_order(order.pk)
    return reload_order(order)


def list_countdowns(simulator: SimulatorProcess) -> set[str]:
    """Return what the venue counts down, without the key in its name."""
    names = simulator.control.get("state")["countdowns"]
    return {" ".join([name.split()[0], *name.split()[2:]]) for name in names}


def read_switch(key: ExchangeKey) -> DeadMansSwitch:
    return DeadMansSwitch.objects.get(key=key)


def read_state(key: ExchangeKey) -> str:
    return dead_mans_switch.describe_state(read_switch(key), now=timezone.now())


def test_binance_counts_for_each_symbol_with_an_open_order(
    watched: Attach, simulator: SimulatorProcess
) -> None:
    key = watched("binance", "futures")
    dead_mans_switch.set_seconds(key, 60)
    renewal.renew_switches()
    assert (read_state(key), list_countdowns(simulator)) == ("idle", set())
    first = place(key)
    renewal.renew_switches()
    assert (read_state(key), read_switch(key).symbols) == ("armed", [BTC])
    place(key, ETH)  # not due, and protected all the same
    renewal.renew_switches()
    assert list_countdowns(simulator) == {"binance BTCUSDT-PERP", "binance ETHUSDT-PERP"}
    assert renewal.renew_switches() == 0
    reconciler.request_cancel(first.pk, by="test", now=timezone.now())
    submission.cancel_at_venue(first.pk)
    renewal.renew_switches()
    assert list_countdowns(simulator) == {"binance ETHUSDT-PERP"}
    assert read_switch(key).symbols == [ETH]


@pytest.mark.parametrize("market", ["spot", "futures"])
def test_okx_counts_for_the_account(
    watched: Attach, simulator: SimulatorProcess, market: str
) -> None:
    key = watched("okx", market)
    dead_mans_switch.set_seconds(key, 120)
    renewal.renew_switches()
    switch = read_switch(key)
    assert (read_state(key), list_countdowns(simulator)) == ("armed", {"okx"})
    assert switch.armed_until
    assert switch.armed_for_sure
    assert switch.armed_until - switch.armed_for_sure < timedelta(seconds=30)


@pytest.mark.parametrize("venue", ["binance", "okx"])
@pytest.mark.parametrize("how", ["switched off", "key switched off"])
def test_switching_off_disarms_at_the_venue(
    watched: Attach, simulator: SimulatorProcess, venue: str, how: str
) -> None:
    key = watched(venue, "futures")
    place(key)
    dead_mans_switch.set_seconds(key, 60)
    renewal.renew_switches()
    assert len(list_countdowns(simulator)) == 1
    if how == "switched off":
        dead_mans_switch.set_seconds(key, 0)
        assert read_state(key) == "disarming"
    else:
        actions.deactivate(key.pk)
    renewal.renew_switches()
    assert list_countdowns(simulator) == set()
    assert read_switch(key).armed_until is None
    assert renewal.renew_switches() == 0


def test_removing_a_key_disarms_its_switch_or_says_why_not(
    worker: None, watched: Attach, simulator: SimulatorProcess, client: Client
) -> None:
    key = watched("okx", "futures")

    def wait_for_countdowns(*names: str) -> None:
        wait_until(lambda: list_countdowns(simulator) == set(names), what=f"countdowns {names}")

    def remove_key() -> str:
        answer = client.post(f"/keys/{key.pk}/remove/", follow=True)
        return str(answer.content.decode())

    dead_mans_switch.set_seconds(key, 60)
    wait_for_countdowns("okx")
    wait_until(lambda: read_state(key) == "armed", what="the switch is noted as armed")
    sign_in(client, key.user)
    simulator.control.post("faults", kind="status", status=500, match={"venue": "okx"})
    assert "could not be disarmed at OKX" in remove_key()
    assert ExchangeKey.objects.exists()
    simulator.control.delete("faults")
    order = record_order(key, symbol=BTC)
    # After its error the venue is not asked for a moment.
    wait_until(lambda: "so it stays" in remove_key(), every=0.5, what="the reason why it stays")
    wait_until(lambda: read_state(key) == "armed", what="it is armed again")
    order.delete()
    assert "are forgotten here" in remove_key()
    wait_for_countdowns()
    assert not ExchangeKey.objects.exists()


@pytest.mark.parametrize("lack", ["sweep", "stream", "comparison"])
def test_nothing_is_renewed_unwatched(
    watched: Attach, simulator: SimulatorProcess, lack: str
) -> None:
    key = watched("okx", "futures")
    long_ago = timezone.now() - timedelta(minutes=1)
    lease = StreamLease.objects.filter(key=key)
    if lack == "sweep":
        last_sweep.note_sweep(long_ago)
    elif lack == "stream":
        lease.update(expires_at=long_ago)
    else:
        lease.update(last_reconcile_at=long_ago)
    dead_mans_switch.set_seconds(key, 60)
    assert renewal.renew_switches() == 0
    assert (read_state(key), list_countdowns(simulator)) == ("silent", set())


def test_a_venue_that_fails_is_said_so_and_holds_up_nobody(
    watched: Attach, simulator: SimulatorProcess
) -> None:
    binance, okx = watched("binance", "futures"), watched("okx", "futures")
    place(binance)
    for key in (binance, okx):
        dead_mans_switch.set_seconds(key, 60)
    match = {"venue": "binance"}
    simulator.control.post("faults", kind="status", status=500, match=match)
    renewal.renew_switches()
    assert list_countdowns(simulator) == {"okx"}
    assert read_switch(binance).last_error
    assert read_state(binance) == "arming"


def test_what_was_armed_before_a_failure_is_known(
    watched: Attach, simulator: SimulatorProcess
) -> None:
    """The venue counts down for it, and cancels if nobody renews or stops it."""
    key = watched("binance", "futures")
    place(key)
    place(key, ETH)
    dead_mans_switch.set_seconds(key, 60)
    match = {"venue": "binance", "symbol": "ETHUSDT"}
    simulator.control.post("faults", kind="status", status=400, code=-4000, match=match)
    renewal.renew_switches()
    switch = read_switch(key)
    assert list_countdowns(simulator) == {"binance BTCUSDT-PERP"}
    assert (switch.symbols, bool(switch.last_error), read_state(key)) == ([BTC], True, "arming")
    assert switch.armed_for_sure
    assert switch.armed_until
    assert switch.armed_for_sure <= switch.armed_until

    simulator.control.delete("faults")
    dead_mans_switch.set_seconds(key, 0)
    renewal.renew_switches()
    assert list_countdowns(simulator) == set()
    assert read_switch(key).armed_until is None


def named(order: Order) -> dict[str, Any]:
    """Return what a report says of this order."""
    order = reload_order(order)
    return {
        **{"client_order_id": order.client_order_id, "symbol": order.symbol},
        **{"price": order.price, "quantity": order.quantity},
    }


def fire(key: ExchangeKey, *, at: datetime) -> None:
    """Write down that the key's countdown ran out about then."""
    DeadMansSwitch.objects.update_or_create(
        key=key,
        defaults={
            "seconds": 60,
            "renewed_at": at - timedelta(seconds=60),
            "armed_for_sure": at - timedelta(seconds=1),
            "armed_until": at,
        },
    )


@pytest.mark.parametrize("noted", [False, True], ids=["running", "noted"])
@pytest.mark.parametrize(
    ("offset", "ended_by"), [(0, "switch"), (-30, "hand"), (60, "hand"), (5, "switch")]
)
def test_the_time_of_the_cancel_tells_whose_it_was(
    key: ExchangeKey, noted: bool, offset: int, ended_by: str
) -> None:
    order, at = record_order(key), timezone.now() - timedelta(minutes=5)
    fire(key, at=at)
    if noted:
        renewal.renew_switches()
        assert read_switch(key).armed_until is None
    ended = report("canceled", reported_at=at + timedelta(seconds=offset), **named(order))
    reconciler.apply_report(order.pk, ended, source="poll", now=timezone.now())
    assert reload_order(order).ended_by == ended_by


def test_who_asked_for_the_cancel_stays(key: ExchangeKey) -> None:
    order, at = record_order(key), timezone.now()
    Order.objects.filter(pk=order.pk).update(submitted_at=at)
    reconciler.request_cancel(order.pk, by="ada", now=at)
    fire(key, at=at)
    ended = report("canceled", reported_at=at, **named(order))
    reconciler.apply_report(order.pk, ended, source="poll", now=at)
    assert reload_order(order).ended_by == "user"


def test_the_owner_is_told_once_and_bots_stop_for_that(key: ExchangeKey, user: User) -> None:
    order, at = record_order(key), timezone.now() - timedelta(minutes=1)
    fire(key, at=at)
    ended = report("canceled", reported_at=at, **named(order))
    reconciler.apply_report(order.pk, ended, source="poll", now=timezone.now())
    assert "dead man's switch" in describe_end(reload_order(order))
    now = timezone.now()
    assert dead_mans_switch.note_end(read_switch(key), now=now)
    assert not dead_mans_switch.note_end(read_switch(key), now=now)
    assert switch_notices.tell_owners(now=now) == 0  # it is not compared with the venue yet
    DeadMansSwitch.objects.update(renewed_at=now)
    assert [switch_notices.tell_owners(now=now) for _ in range(2)] == [1, 0]
    notice = Notification.objects.get()
    assert (notice.user, notice.title) == (
        user,
        "Dead man's switch at Binance: orders cancelled: 1",
    )


def test_the_api_and_the_page(
    client: Client, trader: Trader, key_at: Attach, other_user: User
) -> None:
    key, spot = key_at("okx", "futures"), key_at("binance", "spot")
    path = f"keys/{key.pk}/dead-mans-switch/"
    nothing: dict[str, Any] = dict.fromkeys(("armed_until", "renewed_at", "fired_at"))
    off = {"seconds": 0, "state": "off", **nothing, "last_error": ""}
    assert trader.ask("GET", path) == (200, off)
    assert trader.ask("POST", path, {"seconds": 121})[0] == 400
    assert trader.ask("POST", path, {"seconds": 9})[0] == 400
    assert trader.ask("POST", path, {"seconds": 60}) == (
        202,
        off | {"seconds": 60, "state": "arming"},
    )
    refused = trader.ask("POST", f"keys/{spot.pk}/dead-mans-switch/", {"seconds": 60})
    assert (refused[0], "orders stay open there" in str(refused[1])) == (409, True)
    shown = trader.ask("GET", f"keys/{spot.pk}/dead-mans-switch/")
    assert (shown[0], shown[1]["state"]) == (200, "unsupported")
    assert Trader(trader.web, other_user).ask("GET", path)[0] == 404

    sign_in(client, trader.user)
    page = client.get(f"/keys/{key.pk}/dead-mans-switch/").content.decode()
    assert "being armed" in page
    assert f"/keys/{key.pk}/dead-mans-switch/" in client.get("/keys/").content.decode()
    assert f"/keys/{spot.pk}/dead-mans-switch/" not in client.get("/keys/").content.decode()
    assert client.post(f"/keys/{key.pk}/dead-mans-switch/", {"seconds": "500"}).status_code == 422
    client.post(f"/keys/{key.pk}/dead-mans-switch/", {"seconds": "0"})
    assert read_switch(key).seconds == 0
    assert client.get(f"/keys/{spot.pk}/dead-mans-switch/").status_code == 302
