"""Stop everything: over when the venues have shown that nothing is open, and not before."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from bots.activity import log
from bots.models import Bot, LogEntry, Mode, StopAll
from bots.running import lifecycle, stop_all
from exchanges import symbols
from exchanges.keys import actions
from exchanges.models import ExchangeKey
from orders import placement, submission
from orders.models import IS_OPEN, Order
from realtime import streams
from tests.bots.desk import PRICES, Desk
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import place
from users.models import User


def advance_and_settle(stop_request: StopAll, desk: Desk) -> bool:
    """Do what the workers do: advance the request, cancel, evaluate, and advance again."""
    stop_all.advance_stop_all(stop_request.pk, now=timezone.now())
    for order in Order.objects.filter(IS_OPEN, cancel_requested_at__isnull=False):
        submission.cancel_at_venue(order.pk)
    for bot in Bot.objects.all():
        desk.settle(bot)
    return stop_all.advance_stop_all(stop_request.pk, now=timezone.now())


def test_every_bot_and_order_is_stopped(desk: Desk) -> None:
    bot = desk.start(desk.make())
    order = place(desk.key, price=Decimal(49000))
    submission.submit_order(order.pk)
    stop_request = stop_all.stop_all(desk.key.user, now=timezone.now())
    assert (stop_request.bots, stop_request.orders, stop_request.ended_at) == (1, 2, None)
    assert len(desk.there()) == 2
    assert advance_and_settle(stop_request, desk)
    assert desk.there() == []
    assert desk.now(bot).mode == Mode.STOPPED
    ended = StopAll.objects.get()
    assert ended.left == 0
    assert ended.ended_at
    assert LogEntry.objects.filter(message__startswith="Everything is stopped: 1 bot, 2").exists()


def test_a_venue_that_does_not_answer_has_confirmed_nothing(desk: Desk) -> None:
    desk.start(desk.make())
    stop_request = stop_all.stop_all(desk.key.user, now=timezone.now())
    desk.simulator.control.post("faults", kind="close", match={"key": desk.key.api_key})
    assert not advance_and_settle(stop_request, desk)
    assert StopAll.objects.get().message == "Not confirmed by: Paper."
    desk.simulator.control.delete("faults")
    assert advance_and_settle(stop_request, desk)
    assert desk.there() == []


class Killed(BaseException):
    """The end of a process by kill -9: nothing catches it."""


def test_a_worker_that_is_killed_halfway_is_followed_by_another(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for price in range(49000, 49005):
        submission.submit_order(place(desk.key, price=Decimal(price)).pk)
    stop_request = stop_all.stop_all(desk.key.user, now=timezone.now())
    assert not Order.objects.filter(cancel_requested_at__isnull=False).exists()
    cancel, done = placement.cancel_order, list[Order]()

    def die_after_three(order: Order, **words: Any) -> Order:
        if len(done) == 3:
            raise Killed
        done.append(cancel(order, **words))
        return done[-1]

    with monkeypatch.context() as patch:
        patch.setattr(placement, "cancel_order", die_after_three)
        with pytest.raises(Killed):
            stop_all.advance_stop_all(stop_request.pk, now=timezone.now())
    now = timezone.now()
    assert stop_all.list_abandoned(now=now) == []
    assert stop_all.list_abandoned(now=now + stop_all.ABANDONED_AFTER * 1.1) == [stop_request.pk]
    assert StopAll.objects.get().ended_at is None
    assert advance_and_settle(stop_request, desk)
    assert desk.there() == []
    assert stop_all.list_abandoned(now=now + stop_all.ABANDONED_AFTER * 9) == []


def test_a_lost_message_to_the_worker_is_noticed(desk: Desk) -> None:
    stop_request = stop_all.stop_all(desk.key.user, now=timezone.now())
    assert stop_all.list_abandoned(now=timezone.now() + stop_all.ABANDONED_AFTER * 1.1) == [
        stop_request.pk
    ]


def test_it_ends_after_a_long_outage_of_a_venue(desk: Desk) -> None:
    desk.start(desk.make())
    stop_request = stop_all.stop_all(desk.key.user, now=timezone.now())
    desk.simulator.control.post("faults", kind="close", match={"key": desk.key.api_key})
    for _ in range(3):
        assert not advance_and_settle(stop_request, desk)
    assert stop_all.list_abandoned(now=timezone.now() + stop_all.ABANDONED_AFTER * 1.1) == [
        stop_request.pk
    ]
    desk.simulator.control.delete("faults")
    assert advance_and_settle(stop_request, desk)
    assert (desk.there(), StopAll.objects.get().message) == ([], "")


def test_an_inactive_key_has_confirmed_nothing(desk: Desk) -> None:
    submission.submit_order(place(desk.key).pk)
    stop_request = stop_all.stop_all(desk.key.user, now=timezone.now())
    actions.deactivate(desk.key.pk)
    assert not stop_all.advance_stop_all(stop_request.pk, now=timezone.now())
    assert StopAll.objects.get().message == "Not confirmed by: Paper, which is switched off."
    actions.activate(desk.key.pk)
    assert advance_and_settle(stop_request, desk)
    assert desk.there() == []


def test_a_bot_that_only_stops_for_new_settings_does_not_start_again(desk: Desk) -> None:
    bot = desk.start(desk.make())
    lifecycle.change_bot(bot.pk, changes={"settings": PRICES | {"quantity": "0.02"}},
                    now=timezone.now())  # fmt: skip
    stop_request = stop_all.stop_all(desk.key.user, now=timezone.now())
    assert stop_request.bots == 1
    assert advance_and_settle(stop_request, desk)
    bot = desk.settle(bot)
    assert (bot.mode, bot.run, bot.settings["quantity"]) == (Mode.STOPPED, 1, "0.02")


def test_two_requests_at_once_are_one(desk: Desk) -> None:
    user, found = desk.key.user, []

    def ask() -> None:
        try:
            found.append(stop_all.stop_all(user, now=timezone.now()).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == [StopAll.objects.get().pk] * 4


def test_a_second_request_is_the_same_one(desk: Desk) -> None:
    user = desk.key.user
    first = stop_all.stop_all(user, now=timezone.now())
    assert stop_all.stop_all(user, now=timezone.now()).pk == first.pk


def test_a_bot_that_is_started_meanwhile_is_stopped_too(desk: Desk) -> None:
    bot = desk.make()
    stop_request = stop_all.stop_all(desk.key.user, now=timezone.now())
    desk.start(bot)
    assert len(desk.there()) == 1
    advance_and_settle(stop_request, desk)
    assert advance_and_settle(stop_request, desk)
    assert desk.there() == []


def test_two_hundred_orders_at_four_markets(
    desk: Desk, key_at: Callable[[str, str], ExchangeKey], simulator: SimulatorProcess
) -> None:
    bots_of_user = [desk.key, *(key_at(*at) for at in (("binance", "futures"), ("okx", "spot"),
                                               ("bybit", "spot")))]  # fmt: skip
    symbols.read_all()
    for key in bots_of_user:
        name = "BTC/USDT:USDT" if key.market == "futures" else "BTC/USDT"
        for _ in range(50):
            submission.submit_order(place(key, symbol=name, quantity=Decimal("0.002")).pk)
    assert open_there(simulator, bots_of_user) == 200
    stop_request = stop_all.stop_all(desk.key.user, now=timezone.now())
    assert stop_request.orders == 200
    assert advance_and_settle(stop_request, desk)
    assert open_there(simulator, bots_of_user) == 0


def open_there(simulator: SimulatorProcess, keys: list[ExchangeKey]) -> int:
    found = [one for key in keys
             for one in simulator.control.get("orders", account=key.api_key)["orders"]]  # fmt: skip
    return sum(one["status"] in ("NEW", "PARTIALLY_FILLED") for one in found)


def test_it_holds_nothing_that_workers_wait_for(desk: Desk) -> None:
    """A worker has the second bot in hand, and something to tell, when both are to be stopped."""
    desk.start(desk.make())
    second = desk.start(desk.make("manual", settings={"amount": "100"}))
    with ThreadPoolExecutor(1) as other:
        with streams.unit() as unit:
            bot = lifecycle.lock_bot(second.pk)
            stop_request = other.submit(_stop_all, desk.key.user)
            wait_until(_somebody_waits, what="everything to be stopped, and to wait for the bot")
            log.note(unit, user=bot.user, level=LogEntry.Level.INFO, message="at work",
                       now=timezone.now())  # fmt: skip
        assert stop_request.result().bots == 2
    assert set(Bot.objects.values_list("mode", flat=True)) == {Mode.STOPPING}


def test_a_bot_that_is_removed_at_that_moment_holds_up_no_other(desk: Desk) -> None:
    bots = [desk.make(name=name) for name in ("one", "two")]
    for bot in bots:
        lifecycle.start_bot(bot.pk, now=timezone.now())
    with ThreadPoolExecutor(1) as other:
        with streams.unit():
            first = lifecycle.lock_bot(bots[0].pk)
            stop_request = other.submit(_stop_all, desk.key.user)
            wait_until(_somebody_waits, what="everything to be stopped, and to wait for the bot")
            first.delete()
        assert stop_request.result().bots == 2
    assert list(Bot.objects.values_list("name", "mode")) == [("two", Mode.STOPPING)]


def _stop_all(user: User) -> StopAll:
    try:
        return stop_all.stop_all(user, now=timezone.now())
    finally:
        connection.close()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_the_api_stops_only_the_users_own(desk: Desk, other_user: User) -> None:
    client, stranger = APIClient(), APIClient()
    client.force_authenticate(desk.key.user)
    stranger.force_authenticate(other_user)
    desk.start(desk.make())
    assert stranger.post("/api/v1/bots/stop-all/").json()["bots"] == 0
    assert Bot.objects.get().mode == Mode.RUNNING
    stop_request = client.post("/api/v1/bots/stop-all/")
    assert (stop_request.status_code, stop_request.json()["bots"]) == (202, 1)
    number = stop_request.json()["id"]
    assert client.get(f"/api/v1/bots/stop-all/{number}/").json()["left"] == 1
    assert stranger.get(f"/api/v1/bots/stop-all/{number}/").status_code == 404


def test_bots_keep_their_settings(desk: Desk) -> None:
    bot = desk.start(desk.make())
    stop_all.stop_all(desk.key.user, now=timezone.now())
    desk.settle(bot)
    lifecycle.start_bot(bot.pk, now=timezone.now())
    assert desk.settle(bot).settings == PRICES | {
        "first": "buy",
        "trailing_percent": None,
        "infinite": True,
    }


def test_it_ends_when_the_venues_have_confirmed_it(desk: Desk) -> None:
    began = timezone.now()
    stop_request = stop_all.stop_all(desk.key.user, now=began)
    assert stop_all.advance_stop_all(stop_request.pk, now=began)
    ended = StopAll.objects.get().ended_at
    assert ended is not None
    assert ended > began
