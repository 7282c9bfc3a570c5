"""FAILURES 43 to 47: the way to a venue is gone, closed, crowded, or has another clock."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from exchanges import pool, venues
from exchanges.base import RequestNotSent
from exchanges.limits import circuit_breaker
from exchanges.models import ExchangeKey
from orders import submission
from orders.models import Order
from tests.conftest import create_user
from tests.failures.harness.scene import MARKETS, Scene, attach_key
from tests.services import forget_keys, wait_until
from tests.trading import record_order, reload_order
from users.models import User


def sent(key: ExchangeKey, **changes: object) -> Order:
    order = record_order(key, **changes)
    submission.submit_order(order.pk)
    return reload_order(order)


def shown_state(scene: Scene) -> dict[str, object]:
    """Return the venue's status from the API."""
    status, answer = scene.trader.ask("GET", "venues/")
    assert status == 200
    here = (scene.market.venue, scene.market.market, True)
    found = [v for v in answer if (v["venue"], v["market"], v["simulated"]) == here]
    return dict(found[0])


@pytest.fixture
def neighbour(scene: Scene, other_user: User) -> ExchangeKey:
    """Another user's key at the same venue, behind the same address."""
    return attach_key(scene.simulator, other_user, scene.market)


def test_43_an_outage_changes_nothing_but_the_age_of_what_we_know(scene: Scene) -> None:
    order = scene.place()
    with scene.streaming():
        with scene.broken_stream():
            scene.simulator.stop()
            try:
                stood = reload_order(order)
                notes = len(scene.heard("orders_checked"))
                for _ in range(3):
                    assert scene.sweep().errors == 1
                away = reload_order(order)
                wait_until(lambda: not scene.is_live(), what="the stream seen to be gone")
            finally:
                scene.simulator.start()
            scene.fill(order)
        assert (away.status, away.version) == (stood.status, stood.version) == ("new", 2)
        assert away.checked_at == stood.checked_at  # which pages show as stale
        assert len(scene.heard("orders_checked")) == notes
        scene.wait_for_frame("order_filled", id=order.pk)
    assert reload_order(order).fills.count() == 1


def test_43_what_cannot_be_resolved_is_as_good_as_away(scene: Scene, settings: Settings) -> None:
    """Nor is an order sent twice when the way is there again."""
    order = scene.place()
    there = settings.SIMULATOR_ENDPOINT
    settings.SIMULATOR_ENDPOINT = f"{there}.gone"
    pool.close()  # or open connections would go on
    unsent = scene.intend()
    assert scene.sweep().errors == 1
    with pytest.raises(RequestNotSent):
        submission.submit_order(unsent.pk)
    assert (reload_order(order).status, reload_order(unsent).status) == ("new", "pending")
    settings.SIMULATOR_ENDPOINT = there
    submission.submit_order(unsent.pk)
    assert scene.sweep().checked == 2
    scene.wait_for_frame("order_update", id=unsent.pk, status="new")
    assert len(scene.orders_there()) == 2


def test_44_a_venue_under_repair_rests_and_the_others_go_on(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = timedelta(seconds=4)  # it must not be over before the next sweep, on a busy machine
    monkeypatch.setattr(circuit_breaker, "SHORTEST_WAIT", wait)
    monkeypatch.setattr(circuit_breaker, "LONGEST_WAIT", wait)
    elsewhere = attach_key(scene.simulator, scene.user, MARKETS["bybit-spot"])
    here, there = scene.place(), sent(elsewhere)
    scene.simulator.control.post("faults", kind="maintenance", match={"venue": "binance"})
    for _ in range(circuit_breaker.FAILURES_TO_OPEN):
        scene.due_sweep()
    resting = scene.wait_for_frame("venue_state", venue="binance", state="resting")
    assert resting["data"]["until"]
    asked = scene.count_requests(scene.key)
    scene.fill(there)
    assert scene.due_sweep().skipped == 1
    scene.wait_for_frame("order_filled", id=there.pk)
    assert scene.count_requests(scene.key) == asked
    assert reload_order(here).status == "new"
    assert not scene.heard("venue_state", venue="bybit")
    scene.mend()
    scene.fill(here)
    wait_until(lambda: scene.due_sweep().skipped == 0, what="a trial")
    scene.wait_for_frame("order_filled", id=here.pk)
    scene.wait_for_frame("venue_state", venue="binance", state="open")


def test_44_trading_is_not_enabled_is_a_refusal_of_that_order_alone(scene: Scene) -> None:
    code, words = -1013, "Trading is not enabled."
    scene.fault("status", scene.market.order, "POST", times=1, status=400, code=code, message=words)
    refused, taken = scene.place(), scene.place()
    scene.wait_for_frame("order_update", id=refused.pk, status="rejected")
    assert words in reload_order(refused).ended_reason
    assert reload_order(taken).status == "new"


def test_45_a_ban_stops_everybody_behind_the_address_until_it_is_over(
    scene: Scene, neighbour: ExchangeKey
) -> None:
    mine, theirs = scene.place(), sent(neighbour)
    ban = {"kind": "ban", "match": {"venue": "binance"}, "seconds": 3}
    scene.simulator.control.post("faults", **ban)
    scene.sweep()
    told = scene.wait_for_frame("venue_state", venue="binance", state="frozen")["data"]
    assert "banned until" in told["words"]
    asked = scene.count_requests()
    waiting = scene.intend()
    assert submission.submit_order(waiting.pk) is None
    assert scene.sweep().skipped == 2
    assert scene.count_requests() == asked
    assert {reload_order(order).status for order in (mine, theirs)} == {"new"}
    shown = shown_state(scene)
    assert (shown["state"], shown["until"]) == ("frozen", told["until"])
    scene.fill(mine)
    wait_until(lambda: scene.sweep().skipped == 0, what="the end of the ban", every=0.2)
    scene.wait_for_frame("order_filled", id=mine.pk)
    scene.wait_for_frame("venue_state", venue="binance", state="open")
    submission.submit_order(waiting.pk)
    scene.wait_for_frame("order_update", id=waiting.pk, status="new")


def test_45_told_to_wait_and_banned_after_that_is_the_longer_wait(scene: Scene) -> None:
    scene.place()
    words = "Too many requests."
    scene.fault(
        "status", method="GET", times=1, status=429, code=-1003, message=words, retry_after=1
    )
    scene.sweep()
    first = scene.wait_for_frame("venue_state", state="frozen")["data"]["until"]
    wait_until(
        lambda: shown_state(scene)["state"] == "open", what="the end of the first wait", every=0.1
    )
    scene.simulator.control.post("faults", kind="ban", match={"venue": "binance"}, seconds=60)
    scene.sweep()
    wait_until(lambda: len(scene.heard("venue_state", state="frozen")) == 2, what="the ban")
    assert scene.heard("venue_state", state="frozen")[1]["data"]["until"] > first


def test_46_many_behind_one_address_all_have_their_turn_and_the_urgent_first(
    scene: Scene, settings: Settings, transactional_db: None
) -> None:
    """Two questions fit into a minute; six keys want one each."""
    settings.VENUE_BUDGET_SHARE = 9 / venues.get_weights("binance", "spot").per_minute
    orders = [scene.place()]
    for name in ("cleo", "dora", "eve", "finn", "gus"):
        orders.append(sent(attach_key(scene.simulator, create_user(name), scene.market)))
    lost = orders[-1]
    Order.objects.filter(pk=lost.pk).update(status="unknown", exchange_order_id="")
    for order in orders:
        scene.fill(order)
    first = scene.due_sweep()
    assert (first.keys, first.deferred) == (2, 4)
    assert reload_order(lost).status == "filled"
    rounds = 1
    while Order.objects.filter(status__in=["new", "unknown"]).exists():
        forget_keys()  # a minute passes
        assert scene.due_sweep().keys <= 2
        rounds += 1
        assert rounds <= 12, "somebody starves"
    assert {reload_order(order).filled for order in orders} == {Decimal("0.01")}


@pytest.mark.parametrize("skew", [-4000, 30_000])
def test_47_another_clock_is_measured_and_the_request_repeated_once(
    scene: Scene, skew: int
) -> None:
    before = timezone.now()
    first = scene.place()
    scene.simulator.control.post("clock", skew_ms=skew)
    scene.simulator.control.delete("counters")
    second = scene.place(price=Decimal("49000"))
    assert reload_order(second).status == "new"
    asked = scene.simulator.control.get("state")["endpoints"]
    assert asked == {f"POST {scene.market.order}": 2, "GET /api/v3/time": 1}
    assert [row["status"] for row in scene.orders_there()] == ["NEW", "NEW"]
    scene.cancel(first)
    asked = scene.simulator.control.get("state")["endpoints"]
    assert asked["GET /api/v3/time"] == 1  # measured once
    for order in (reload_order(first), reload_order(second)):
        assert order.submitted_at
        assert before <= order.created_at <= order.submitted_at <= timezone.now()
    assert reload_order(first).status == "canceled"
    assert ExchangeKey.objects.get(pk=scene.key.pk).is_active


def test_47_a_stream_signs_in_with_the_venues_clock(scene: Scene) -> None:
    order = scene.place()
    scene.simulator.control.post("clock", skew_ms=-4000)
    with scene.streaming():
        scene.fill(order)
        scene.wait_for_frame("order_filled", id=order.pk)
