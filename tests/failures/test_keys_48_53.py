"""FAILURES 48 to 53: refused keys, silent peers, rounds that overrun, orders of long ago."""

import asyncio
import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from exchanges import pool, tasks
from exchanges.keys import actions
from exchanges.models import ExchangeKey
from exchanges.through_ccxt import private_stream
from orders import submission
from orders.checks import sweep
from orders.models import Order
from orders.streams import key_stream
from orders.streams.key_stream import KeyStream
from tests.failures.harness.scene import MARKETS, Scene, attach_key
from tests.services import forget_keys, wait_until
from tests.trading import record_order, reload_order
from users.models import User

ANCIENT = timedelta(days=100)


@pytest.mark.parametrize("market", sorted(MARKETS), indirect=True)
def test_48_a_revoked_key_is_switched_off_once_and_its_orders_are_unknown(
    scene: Scene, worker: None
) -> None:
    order, other = scene.place(), scene.place()
    scene.fill(order, "0.004")
    scene.sweep()
    with scene.streaming():
        scene.simulator.control.post("revoke", key=scene.key.api_key)
        scene.sweep()
        told = scene.wait_for_frame("key_update", is_active=False)["data"]
        assert told["last_error"]
        scene.sweep()
        scene.wait_for_frame("order_update", id=order.pk, status="unknown", filled="0.004")
        scene.wait_for_frame("order_update", id=other.pk, status="unknown", filled="0")
        wait_until(lambda: scene.sockets() == 0, what="nobody to follow its stream")
    asked, told_of = scene.count_requests(scene.key), len(scene.heard("key_update"))
    for _ in range(5):
        scene.due_sweep()
        scene.sweep()
    assert submission.submit_order(scene.intend().pk) is None
    assert scene.count_requests(scene.key) == asked
    assert {reload_order(o).status for o in (order, other)} == {"unknown"}
    assert len(scene.heard("key_update")) == told_of


def test_48_a_key_that_works_again_finds_out_what_became_of_its_orders(
    scene: Scene, worker: None
) -> None:
    orders = [scene.place() for _ in range(3)]
    scene.simulator.control.post("revoke", key=scene.key.api_key)
    scene.sweep()
    scene.wait_for_frame("key_update", is_active=False)
    scene.sweep()
    assert {reload_order(order).status for order in orders} == {"unknown"}
    scene.fill(orders[0])
    scene.cancel_by_hand(orders[1])
    scene.simulator.control.post("revoke", key=scene.key.api_key, revoked=False)
    actions.activate(scene.key.pk)
    scene.sweep()
    assert [reload_order(order).status for order in orders] == ["filled", "canceled", "new"]
    scene.wait_for_frame("order_filled", id=orders[0].pk)
    scene.wait_for_frame("order_update", id=orders[1].pk, status="canceled")


def test_48_refused_by_mistake_once_and_confirmed_by_nobody_the_key_stays(
    scene: Scene, worker: None
) -> None:
    """Venues say so for a moment now and then; the signed question after it is answered."""
    order = scene.place()
    scene.fault("revoked_key", scene.market.order, "GET", times=1)
    assert scene.sweep().errors == 1
    wait_until(lambda: ExchangeKey.objects.get(pk=scene.key.pk).last_checked_at, what="the test")
    assert ExchangeKey.objects.get(pk=scene.key.pk).is_active
    assert reload_order(order).status == "new"
    assert scene.sweep().checked == 1


def test_48_another_address_than_allowed_is_as_good_as_revoked(scene: Scene) -> None:
    order = scene.place()
    scene.fault("restricted_ip")
    assert scene.sweep().errors == 1
    tasks.test_key(scene.key.pk)
    scene.wait_for_frame("key_update", is_active=False)
    scene.sweep()
    scene.wait_for_frame("order_update", id=order.pk, status="unknown")
    assert [row["status"] for row in scene.orders_there()] == ["NEW"]


@pytest.mark.parametrize("market", sorted(MARKETS), indirect=True)
def test_49_a_half_open_connection_is_given_up_and_what_it_kept_back_is_asked_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        private_stream.follow_until_broken.__kwdefaults__ or {}, "silent_seconds", 1.0
    )
    order = scene.place()
    with scene.streaming():
        with scene.broken_stream():
            scene.fault("half_open_sockets")
            scene.fill(order)
            wait_until(lambda: not scene.is_live(), what="the silence noticed")
            scene.mend()
        scene.wait_for_frame("order_filled", id=order.pk)
        assert scene.sockets() <= 2
    assert reload_order(order).fills.count() == 1


def test_49_a_question_without_an_answer_ends_by_itself(scene: Scene) -> None:
    order = scene.place()
    scene.fault("hang", method="GET")
    outcome = scene.sweep()
    assert (outcome.checked, outcome.errors) == (0, 1)
    assert reload_order(order).status == "new"
    scene.mend()
    assert scene.sweep().checked == 1


def test_50_two_hundred_reconnects_leave_nothing_behind(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, unlimited: None
) -> None:
    monkeypatch.setattr(key_stream, "_choose_delay", lambda *_: 0.0)
    with scene.streaming() as supervisor:
        stream = supervisor._running[scene.key.pk][0]
        client().enableRateLimit = False
        reconnect(scene, stream, 20)
        before = held()
        reconnect(scene, stream, 180)
        assert all(now <= then + 20 for now, then in zip(held(), before, strict=True))
        order = scene.place()
        scene.fill(order)
        scene.wait_for_frame("order_filled", id=order.pk)
    assert stream.facts.restarts >= 200
    wait_until(lambda: scene.sockets() == 0, what="every socket closed")


@pytest.fixture
def unlimited(scene: Scene) -> Iterator[None]:
    """Each reconnect asks for everything; how often that may be done is not what is tried here."""
    usual = scene.simulator.control.post("limits")["weight_per_minute"]
    scene.simulator.control.post("limits", weight_per_minute=10**9)
    yield
    scene.simulator.control.post("limits", weight_per_minute=usual)


def reconnect(scene: Scene, stream: KeyStream, times: int) -> None:
    for _ in range(times):
        before = stream.facts.restarts
        scene.simulator.control.post("faults", kind="drop_sockets")
        wait_until(
            lambda seen=before: stream.facts.restarts > seen and stream._connected_at,  # type: ignore[misc]
            what="the stream open again",
            every=0.002,
        )
        forget_keys()  # and with them how many connects there were


def client() -> Any:
    """The ccxt instance of the only key."""
    (kept,) = pool._get_pool().adapters.values()
    return kept.client


def held() -> tuple[int, int, int]:
    """Tasks, sockets of ccxt, and what subscribed by them, in the adapters' loop."""

    async def count() -> tuple[int, int, int]:
        sockets = list(client().clients.values())
        waiting = sum(len(socket.subscriptions) + len(socket.futures) for socket in sockets)
        return len(asyncio.all_tasks()), len(sockets), waiting

    gc.collect()
    return asyncio.run_coroutine_threadsafe(count(), pool._get_pool().loop).result(10)


def test_51_a_round_that_overruns_is_not_joined_by_the_next(
    scene: Scene, settings: Settings
) -> None:
    settings.VENUE_TIMEOUT_SECONDS = 20.0
    order = scene.place()
    scene.fault("hang", scene.market.order, "GET", times=2)
    with ThreadPoolExecutor(1) as worker:
        first = worker.submit(in_a_worker(lambda: sweep.run_sweep(force=True)))
        wait_until(lambda: scene.count_hits() == 1, what="the first round to hang")
        skipped = [scene.sweep() for _ in range(3)]
        assert [(outcome.busy, outcome.keys) for outcome in skipped] == [(1, 0)] * 3
        assert scene.count_hits() == 1
        scene.mend()
        assert first.result(20).keys == 1
    scene.fill(order)
    assert scene.sweep().updated == 1
    scene.wait_for_frame("order_filled", id=order.pk)


def in_a_worker(do: Callable[[], sweep.SweepOutcome]) -> Callable[[], sweep.SweepOutcome]:
    def work() -> sweep.SweepOutcome:
        try:
            return do()
        finally:
            connection.close()

    return work


def test_52_a_poisoned_order_is_left_out_and_said(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """The venue says that more of it was filled than can be written."""
    poisoned, fine = scene.place(), scene.place()
    scene.fill(poisoned, "0.01")
    scene.fill(fine, "0.01")
    scene.fault("filled_by", order=poisoned.client_order_id, amount="1" + "0" * 21)
    assert scene.sweep().errors == 1
    assert "order not settled" in caplog.text
    assert (reload_order(poisoned).status, reload_order(fine).status) == ("new", "filled")
    scene.wait_for_frame("order_filled", id=fine.pk)
    scene.mend()
    scene.sweep()
    scene.wait_for_frame("order_filled", id=poisoned.pk)


def test_52_a_poisoned_key_holds_up_nobody_else(scene: Scene, other_user: User) -> None:
    theirs = attach_key(scene.simulator, other_user, scene.market)
    mine, other = scene.place(), record_order(theirs)
    submission.submit_order(other.pk)
    pool.close()
    ExchangeKey.objects.filter(pk=theirs.pk).update(sealed_secret=b"no secret at all")
    scene.fill(mine)
    assert scene.sweep().errors == 1
    scene.wait_for_frame("order_filled", id=mine.pk)
    assert reload_order(other).status == "new"
    assert ExchangeKey.objects.get(pk=theirs.pk).is_active  # that is ours to mend, not the venue's


ARCHIVED = {
    "kind": "status",
    "status": 400,
    "code": -2026,
    "message": "Order was canceled or expired over 90 days ago and has been archived.",
}


@pytest.mark.parametrize("words", [{"kind": "order_missing"}, ARCHIVED], ids=["absent", "archived"])
def test_53_older_than_its_venues_history_is_unknown_and_not_cancelled(
    scene: Scene, words: dict[str, Any]
) -> None:
    order = scene.place()
    Order.objects.filter(pk=order.pk).update(
        created_at=timezone.now() - ANCIENT,
        submitted_at=timezone.now() - ANCIENT,
        checked_at=timezone.now() - ANCIENT,
    )
    forgotten = scene.fault(method="GET", **words)
    for _ in range(5):
        scene.sweep()
    frame = scene.wait_for_frame("order_update", id=order.pk, status="unknown")
    assert "older than the history" in frame["data"]["ended_reason"]
    assert reload_order(order).ended_at is None
    assert sweep.run_sweep().plans == {}  # asked again once a day, not every five seconds
    scene.mend(forgotten)
    scene.sweep()
    scene.wait_for_frame("order_update", id=order.pk, status="new", ended_reason="")


def test_53_a_start_among_thousands_of_old_orders_asks_only_about_what_stands(
    scene: Scene,
) -> None:
    long_ago = timezone.now() - ANCIENT
    Order.objects.bulk_create(
        Order(
            user=scene.user,
            key=scene.key,
            symbol=scene.market.symbol,
            side="buy",
            type="limit",
            price=Decimal(50000),
            quantity=Decimal("0.01"),
            client_order_id=f"fwold{number}",
            exchange_order_id=f"{number + 10**9}",
            status="canceled",
            created_at=long_ago,
            submitted_at=long_ago,
            ended_at=long_ago,
        )
        for number in range(3000)
    )
    order = scene.place()
    asked = scene.count_requests(scene.key)
    scene.fill(order)
    assert scene.sweep().orders == 1
    assert scene.count_requests(scene.key) - asked <= 3
    scene.wait_for_frame("order_filled", id=order.pk)
    Order.objects.filter(client_order_id__startswith="fwold").delete()  # nobody was told of them
