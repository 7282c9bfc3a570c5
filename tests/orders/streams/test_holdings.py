"""Holdings of a key reach its owner in moments: from the stream, a fetch or a poll."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from config.launcher import processes
from exchanges import pool, venues
from exchanges.holdings import fetch
from exchanges.keys import actions
from exchanges.models import Balance, ExchangeKey, Position, StreamLease
from orders import submission
from orders.models import Order
from tests.failures.harness.processes import KillableProcess
from tests.services import process_environment, wait_until
from tests.simulator import SimulatorProcess
from tests.trading import Trader, record_order
from users.models import User

OpenKey = Callable[[User], ExchangeKey]
MARKETS = [(venue, market) for venue in venues.VENUES for market in venues.MarketKind]
Amounts = dict[str, tuple[Decimal, Decimal]]


@pytest.fixture
def stream(transactional_db: None) -> Iterator[Callable[..., None]]:
    """Start a real stream process, with settings of its own."""
    with ExitStack() as stack:

        def start(**settings: str) -> None:
            part = processes.stream_part(environment=process_environment() | settings)
            mortal = KillableProcess(replace(part, name="stream"))
            stack.callback(mortal.end)
            mortal.start()

        yield start


def read_balances(key: ExchangeKey) -> Amounts:
    rows = Balance.objects.filter(key=key)
    return {row.currency: (row.free, row.held) for row in rows if row.free or row.held}


def fetch_venue_balances(simulator: SimulatorProcess, key: ExchangeKey) -> Amounts:
    accounts = simulator.control.get("accounts")["accounts"]
    (mine,) = [one for one in accounts if one["key"] == key.api_key]
    return {
        asset: (Decimal(has["free"]), Decimal(has["locked"]))
        for asset, has in mine["balances"].items()
        if Decimal(has["free"]) or Decimal(has["locked"])
    }


def wait_equal(simulator: SimulatorProcess, *of: ExchangeKey) -> None:
    wait_until(
        lambda: all(read_balances(key) == fetch_venue_balances(simulator, key) for key in of),
        what=f"the mirror like the venue: {[read_balances(key) for key in of]}",
    )


def wait_taken(key: ExchangeKey) -> None:
    """The stream is open, and what the key held then has been asked for."""

    def taken() -> bool:
        now = StreamLease.objects.filter(key=key).select_related("key").first()
        since = now.connected_since if now else None
        at = now.key.holdings_at if now else None
        return bool(since and at and at >= since)

    wait_until(taken, what="holdings asked for")


def place_resting_order(key: ExchangeKey, **changes: Any) -> Order:
    order = record_order(key, **changes)
    submission.submit_order(order.pk)
    return order


def fill_order(simulator: SimulatorProcess, order: Order, quantity: str) -> None:
    simulator.control.post("fill", clientOrderId=order.client_order_id, quantity=quantity)


def test_what_orders_move_is_heard_not_asked(
    trader: Trader, simulator: SimulatorProcess, open_key: OpenKey, stream: Callable[..., None]
) -> None:
    key = open_key(trader.user)
    stream()
    wait_taken(key)
    wait_equal(simulator, key)
    simulator.control.delete("counters")
    with trader.listen():
        order = place_resting_order(key)
        wait_until(
            lambda: [one for one in trader.heard("balance_update") if one["data"]["held"] == "500"],
            what="500 USDT held, at the socket",
        )
        for _ in range(10):
            fill_order(simulator, order, "0.001")
        wait_equal(simulator, key)
    asked = simulator.control.get("state")["endpoints"]
    assert not [name for name in asked if "account" in name]
    versions = [one["data"]["version"] for one in trader.heard("balance_update")]
    assert len(versions) < 20, "a burst is told in a few words"


def test_a_deposit_is_asked_about(
    simulator: SimulatorProcess, key: ExchangeKey, stream: Callable[..., None]
) -> None:
    stream()
    wait_taken(key)
    simulator.control.post("deposit", key=key.api_key, asset="ETH", amount="7")
    wait_equal(simulator, key)
    assert read_balances(key)["ETH"] == (Decimal(7), Decimal(0))


def test_what_moved_in_a_gap_is_asked_for(
    simulator: SimulatorProcess, key: ExchangeKey, stream: Callable[..., None]
) -> None:
    order = place_resting_order(key)
    stream()
    wait_taken(key)
    mute = simulator.control.post("faults", kind="mute_sockets")["fault"]["id"]
    fill_order(simulator, order, "0.004")
    simulator.control.post("faults", kind="drop_sockets")
    simulator.control.delete("faults", id=mute)
    wait_equal(simulator, key)


def test_two_owners_never_hear_of_each_other(
    trader: Trader,
    other_trader: Trader,
    simulator: SimulatorProcess,
    open_key: OpenKey,
    stream: Callable[..., None],
) -> None:
    mine, theirs = open_key(trader.user), open_key(other_trader.user)
    stream()
    wait_taken(mine)
    wait_taken(theirs)
    with trader.listen(), other_trader.listen():
        place_resting_order(mine)
        place_resting_order(theirs, quantity=Decimal("0.02"))
        wait_until(lambda: trader.heard("balance_update"), what="mine told")
        wait_until(lambda: other_trader.heard("balance_update"), what="theirs told")
        wait_equal(simulator, mine, theirs)
    for ears, key in ((trader, mine), (other_trader, theirs)):
        assert {one["data"]["key"] for one in ears.heard("balance_update")} == {key.pk}


def fetch_holdings(key: ExchangeKey) -> tuple[Amounts, dict[tuple[str, str], Decimal]]:
    """Fetch balances and positions from the venue."""
    balances = pool.call(key, lambda venue: venue.fetch_balances())
    positions = pool.call(key, lambda venue: venue.fetch_positions())
    return (
        {one.currency: (one.free, one.held) for one in balances if one.free or one.held},
        {(one.symbol, one.side): one.quantity for one in positions if one.quantity},
    )


def read_holdings(key: ExchangeKey) -> tuple[Amounts, dict[tuple[str, str], Decimal]]:
    rows = Position.objects.filter(key=key).exclude(quantity=0)
    return read_balances(key), {(row.symbol, row.side): row.quantity for row in rows}


def is_right(key: ExchangeKey) -> bool:
    return read_holdings(key) == fetch_holdings(key)


def test_at_every_market_the_mirror_shows_what_the_venue_answers(
    key_at: Callable[[str, str], ExchangeKey], stream: Callable[..., None]
) -> None:
    """One process follows all six; each has an order that rests and one that was filled."""
    perp = "BTC/USDT:USDT"
    at = {key_at(*one): "BTC/USDT" if one[1] == "spot" else perp for one in MARKETS}
    stream()
    for key, symbol in at.items():
        wait_taken(key)
        place_resting_order(key, symbol=symbol)
        place_resting_order(key, symbol=symbol, type="market", price=None)
    for key, symbol in at.items():
        wait_until(partial(is_right, key), what=f"{key}: {read_holdings(key)}")
        wanted = {(symbol, "net"): Decimal("0.01")} if symbol == perp else {}
        assert read_holdings(key)[1] == wanted


def test_streams_open_no_faster_than_allowed(
    user: User,
    other_user: User,
    simulator: SimulatorProcess,
    open_key: OpenKey,
    stream: Callable[..., None],
) -> None:
    """One connect in a thousand seconds: the second key has to wait, and is not refused."""
    both = [open_key(user), open_key(other_user)]
    stream(STREAM_CONNECTS="simulated=1/1000")
    leases = StreamLease.objects.filter(key__in=both)
    wait_until(lambda: leases.filter(state="live").count() == 1, what="one stream")
    live = leases.select_related("key").get(state="live").key
    wait_taken(live)
    place_resting_order(live)
    wait_equal(simulator, live)
    assert leases.exclude(key=live).get().state == "connecting"
    assert simulator.control.get("state")["sockets"] == 1


# Without a stream


def test_a_venue_that_has_no_stream_is_asked_and_not_tried_again_and_again(
    key_at: Callable[[str, str], ExchangeKey],
    simulator: SimulatorProcess,
    stream: Callable[..., None],
    settings: Any,
) -> None:
    settings.OTHER_VENUES = ["binanceus"]
    key = key_at("binanceus", "spot")
    stream(OTHER_VENUES="binanceus")
    leases = StreamLease.objects.filter(key=key)
    wait_until(lambda: leases.filter(state="polled").exists(), what="polled")
    now = leases.get()
    assert (now.restarts, now.last_error, now.connected_since) == (0, "", None)
    assert simulator.control.get("state")["sockets"] == 0
    assert fetch.refresh_due(now=timezone.now()) == 1
    wait_equal(simulator, key)
    assert leases.get().state == "polled"


def test_a_key_that_nobody_follows_is_asked(simulator: SimulatorProcess, key: ExchangeKey) -> None:
    place_resting_order(key)
    assert fetch.refresh_due(now=timezone.now()) == 1
    assert read_balances(key) == fetch_venue_balances(simulator, key)
    assert fetch.refresh_due(now=timezone.now()) == 0, "not so soon again"


def test_who_was_asked_longest_ago_is_asked_first_within_the_limit(
    simulator: SimulatorProcess,
    user: User,
    other_user: User,
    open_key: OpenKey,
    settings: Any,
) -> None:
    first, second = open_key(user), open_key(other_user)
    settings.HOLDINGS_SHARE = 20 / 6000  # one question at a time
    settings.HOLDINGS_SECONDS = 0
    assert fetch.refresh_due(now=timezone.now()) == 1
    assert (read_balances(first) != {}, read_balances(second)) == (True, {})
    simulator.control.delete("counters")
    assert fetch.refresh_due(now=timezone.now()) == 0, "the limit is spent"
    assert not simulator.control.get("state")["endpoints"]


def test_a_switched_off_key_is_not_asked(simulator: SimulatorProcess, key: ExchangeKey) -> None:
    actions.deactivate(key.pk)
    assert not fetch.refresh_key(key.pk)
    assert read_balances(key) == {}


def test_a_venue_that_does_not_answer_changes_nothing(
    simulator: SimulatorProcess, key: ExchangeKey
) -> None:
    assert fetch.refresh_key(key.pk)
    before = read_balances(key)
    simulator.control.post("deposit", key=key.api_key, asset="ETH", amount="7")
    simulator.control.post("faults", kind="status", status=503, match={"path": "/api/v3/account"})
    assert not fetch.refresh_key(key.pk)
    assert read_balances(key) == before


def test_the_timetable_asks_for_who_is_not_followed(
    simulator: SimulatorProcess, key: ExchangeKey, start_beat: Callable[..., None]
) -> None:
    start_beat(HOLDINGS_SECONDS="2")
    wait_equal(simulator, key)


@pytest.mark.usefixtures("worker")
def test_a_resync_asks_for_holdings_too(
    trader: Trader, simulator: SimulatorProcess, open_key: OpenKey
) -> None:
    key = open_key(trader.user)
    assert trader.ask("POST", f"keys/{key.pk}/resync/")[0] == 202
    wait_equal(simulator, key)
    status, balances = trader.ask("GET", f"balances/?key={key.pk}")
    assert (status, {one["currency"] for one in balances}) == (200, {"USDT", "BTC"})
