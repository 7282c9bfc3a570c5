"""FAILURES 54 to 57: what is told, when, how often, to whom. See kills/test_queue_killed.py too."""

import json
from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from exchanges.keys import actions
from orders import submission
from orders.models import Order
from realtime import streams
from realtime.models import Event
from tests.failures.harness.scene import Scene
from tests.realtime.socket.wire import bearer, token
from tests.services import wait_until
from tests.trading import Trader, record_order, reload_order
from users.models import User

MANY = 400


class Undone(Exception):
    """Roll back the transaction."""


def seqs(frames: list[dict[str, Any]]) -> list[int]:
    return [frame["seq"] for frame in frames if "seq" in frame]


def test_54_what_was_not_committed_was_never_told(scene: Scene) -> None:
    before = scene.intend()
    with suppress(Undone), transaction.atomic():
        undone = scene.intend()
        raise Undone
    after = scene.intend()
    scene.wait_for_frame("order_update", id=after.pk)
    told = [frame["data"]["client_order_id"] for frame in scene.heard("order_update")]
    assert told == [before.client_order_id, after.client_order_id]
    assert undone.client_order_id not in json.dumps(scene.trader.frames)


def test_54_nothing_is_told_before_it_is_committed(scene: Scene) -> None:
    with transaction.atomic():
        first = scene.intend()
        Order.objects.using("default").get(pk=first.pk)  # there, for us alone
        scene.trader.ask("GET", "orders/")  # the web has had time to tell, had it known
        assert not scene.heard("order_update")
    scene.wait_for_frame("order_update", id=first.pk)


@pytest.mark.parametrize("away", [1, 40])
def test_55_who_comes_back_hears_exactly_what_was_missed(scene: Scene, away: int) -> None:
    tab = Trader(scene.trader.web, scene.user)
    with tab.listen() as ears:
        scene.place()
        wait_until(lambda: len(seqs(tab.frames)) == 2, what="the order at the second tab")
        position = ears.stream.follower.position
    for _ in range(away):
        scene.intend()
    with tab.listen(since=position):
        newest = streams.fetch_head(scene.user.pk).seq
        wait_until(lambda: seqs(tab.frames)[-1] == newest, what="all that was missed")
    assert seqs(tab.frames) == list(range(newest - away - 1, newest + 1))
    assert not tab.heard("reset")


def test_56_a_tab_that_takes_nothing_in_holds_nobody_up_and_loses_nothing(scene: Scene) -> None:
    url = scene.trader.web.replace("http", "ws", 1) + "/ws/"
    start = streams.fetch_head(scene.user.pk)
    since = {"epoch": start.epoch, "seq": start.seq}
    heard: list[int] = []
    with connect(url, subprotocols=bearer(token(scene.user)), max_queue=1, proxy=None) as slow:
        slow.send(json.dumps({"type": "subscribe", "data": {"since": since}}))
        for _ in range(MANY):
            scene.intend()
        wait_until(scene.tab.is_current, what="the other tab to be current")
        with suppress(ConnectionClosed, TimeoutError):
            while not heard or heard[-1] < start.seq + MANY:
                heard += seqs([json.loads(slow.recv(timeout=5))])
    tab = Trader(scene.trader.web, scene.user)
    last = heard[-1] if heard else start.seq
    with tab.listen(since={"epoch": start.epoch, "seq": last}):
        wait_until(lambda: (heard + seqs(tab.frames))[-1] == start.seq + MANY, what="the rest")
    assert heard + seqs(tab.frames) == list(range(start.seq + 1, start.seq + MANY + 1))


def test_57_an_account_that_changes_hands_is_told_to_its_new_owner_alone(
    scene: Scene, other_user: User
) -> None:
    account = scene.simulator.control.get("accounts")["accounts"][0]
    other = Trader(scene.trader.web, other_user)
    secret = scene.simulator.open_account({}, api_key=account["key"])["secret"]
    with scene.streaming(), other.listen():
        actions.detach(scene.key.pk)
        theirs = actions.attach(
            user=other_user,
            label="bought",
            venue=scene.market.venue,
            market=scene.market.market,
            api_key=account["key"],
            secret=secret,
            is_paper=True,
        )
        scene.wait_for_frame("key_deleted", id=scene.key.pk)
        order = record_order(theirs)
        submission.submit_order(order.pk)
        scene.fill(reload_order(order))
        wait_until(lambda: other.heard("order_filled"), what="the fill at its new owner")
    assert not scene.heard("order_update")
    assert not scene.heard("trade")
    assert theirs.pk not in [frame["data"]["id"] for frame in scene.heard("key_update")]
    assert scene.key.pk not in [frame["data"]["id"] for frame in other.heard("key_update")]
    assert set(Event.objects.filter(type="order_filled").values_list("user", flat=True)) == {
        other_user.pk
    }
