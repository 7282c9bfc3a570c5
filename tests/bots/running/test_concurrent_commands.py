"""Wishes that cross each other, and ground that gives way: the last wish holds, nothing is lost."""

import threading
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from bots.models import Bot, BotOrder, Mode
from bots.running import commands, lifecycle, runner
from bots.strategies.settings import InvalidSettings
from exchanges.keys import actions
from exchanges.models import Symbol
from realtime.models import Event
from tests.bots.desk import PRICES, Desk
from users.models import User

OTHER = PRICES | {"buy_price": "49000"}


def run_together(*calls: Callable[[], object]) -> None:
    """Run each in a thread with a connection of its own."""

    def run_one(call: Callable[[], object]) -> None:
        try:
            call()
        finally:
            connection.close()

    threads = [threading.Thread(target=run_one, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_started_by_many_at_once_it_is_one_run(desk: Desk) -> None:
    bot = desk.make()
    run_together(*[lambda: lifecycle.start_bot(bot.pk, now=timezone.now())] * 4)
    bot = desk.settle(bot)
    assert (bot.mode, bot.run, bot.orders.count()) == (Mode.RUNNING, 1, 1)


def test_stopped_before_its_first_evaluation_it_places_nothing(desk: Desk) -> None:
    bot = desk.make()
    lifecycle.start_bot(bot.pk, now=timezone.now())
    lifecycle.stop_bot(bot.pk, now=timezone.now())
    assert desk.settle(bot).mode == Mode.STOPPED
    assert not bot.orders.exists()


def test_stopped_during_an_evaluation_nothing_stays_open(desk: Desk) -> None:
    bot = desk.make()
    lifecycle.start_bot(bot.pk, now=timezone.now())
    run_together(
        lambda: runner.evaluate_bot(bot.pk, now=timezone.now()),
        lambda: lifecycle.stop_bot(bot.pk, now=timezone.now()),
    )
    assert desk.settle(bot).mode == Mode.STOPPED
    assert desk.there() == []


def test_changed_while_it_is_stopped_it_does_not_start_again(desk: Desk) -> None:
    bot = desk.start(desk.make())
    lifecycle.stop_bot(bot.pk, now=timezone.now())
    lifecycle.change_bot(bot.pk, changes={"settings": OTHER}, now=timezone.now())
    bot = desk.settle(bot)
    assert (bot.mode, bot.run, bot.settings["buy_price"]) == (Mode.STOPPED, 1, "49000")


def test_changed_twice_while_it_stops_it_has_both(desk: Desk) -> None:
    bot = desk.start(desk.make())
    lifecycle.change_bot(bot.pk, changes={"symbol": "ETH/USDT", "settings": OTHER},
                    now=timezone.now())  # fmt: skip
    further = OTHER | {"sell_price": "52000"}
    lifecycle.change_bot(bot.pk, changes={"settings": further}, now=timezone.now())
    bot = desk.settle(bot)
    assert (bot.run, bot.symbol) == (2, "ETH/USDT")
    assert bot.settings["sell_price"] == "52000"


def test_stopped_while_it_changes_it_stays_stopped(desk: Desk) -> None:
    bot = desk.start(desk.make())
    lifecycle.change_bot(bot.pk, changes={"settings": OTHER}, now=timezone.now())
    lifecycle.stop_bot(bot.pk, now=timezone.now())
    bot = desk.settle(bot)
    assert (bot.mode, bot.settings["buy_price"]) == (Mode.STOPPED, "49000")


def test_other_limits_leave_its_orders_alone(desk: Desk) -> None:
    bot = desk.start(desk.make())
    changes = {"name": "renamed", "budget": Decimal(600), "check_seconds": 9, "most_orders": 5}
    lifecycle.change_bot(bot.pk, changes=changes, now=timezone.now())
    bot = desk.settle(bot)
    assert (bot.mode, bot.run, bot.name, bot.budget) == (Mode.RUNNING, 1, "renamed", 600)
    assert [order.status for order in bot.orders.all()] == ["new"]


@pytest.mark.parametrize("who", ["stop", "start", "change", "remove"])
def test_a_removal_wins_over_other_commands(desk: Desk, who: str) -> None:
    bot, now = desk.start(desk.make()), timezone.now()
    lifecycle.remove_bot(bot.pk, now=now)
    ways: dict[str, Callable[[], object]] = {
        "stop": lambda: lifecycle.stop_bot(bot.pk, now=now),
        "start": lambda: lifecycle.start_bot(bot.pk, now=now),
        "change": lambda: lifecycle.change_bot(bot.pk, changes={"settings": OTHER}, now=now),
        "remove": lambda: lifecycle.remove_bot(bot.pk, now=now),
    }
    if who in ("start", "change"):
        with pytest.raises(lifecycle.CommandRefused, match="It is being removed"):
            ways[who]()
    else:
        ways[who]()
    desk.settle_all()
    assert not Bot.objects.exists()
    assert desk.there() == []


def test_removed_while_its_venue_is_away_it_stays_until_the_venue_has_confirmed(
    desk: Desk,
) -> None:
    bot = desk.start(desk.make())
    desk.simulator.control.post("faults", kind="close", match={"key": desk.key.api_key})
    lifecycle.remove_bot(bot.pk, now=timezone.now())
    desk.settle_all()
    bot = desk.now(bot)
    assert (bot.mode, bot.reason) == (Mode.STOPPING, "is being removed")
    assert len(desk.there()) == 1
    desk.simulator.control.delete("faults")
    desk.settle_all()
    assert not Bot.objects.exists()
    assert desk.there() == []


def test_an_error_stays_one_whoever_stops_it(desk: Desk) -> None:
    bot = desk.start(desk.make(daily_loss=Decimal(1)))
    Bot.objects.update(strategy="manual")  # whose settings are others
    runner.evaluate_bot(bot.pk, now=timezone.now())
    lifecycle.stop_bot(bot.pk, now=timezone.now())
    bot = desk.settle(bot)
    assert (bot.mode, "no such setting" in bot.reason) == (Mode.ERROR, True)


def test_its_key_is_switched_off_while_it_runs(desk: Desk) -> None:
    bot = desk.start(desk.make())
    actions.deactivate(desk.key.pk)
    bot = desk.settle(bot)
    assert bot.reason == "The key “Paper” is switched off."
    assert (bot.mode, desk.there()) == (Mode.ERROR, [])


def test_a_key_stays_as_long_as_a_bot_needs_it(desk: Desk) -> None:
    client = APIClient()
    client.force_authenticate(desk.key.user)
    desk.make()
    answer = client.delete(f"/api/v1/keys/{desk.key.pk}/")
    assert answer.status_code == 409
    assert "Orders or bots belong to this key" in answer.json()["detail"]
    lifecycle.remove_bot(Bot.objects.get().pk, now=timezone.now())
    desk.settle_all()
    assert client.delete(f"/api/v1/keys/{desk.key.pk}/").status_code == 204


def test_its_symbol_is_traded_no_more(desk: Desk) -> None:
    bot = desk.start(desk.make())
    Symbol.objects.filter(name="BTC/USDT").delete()
    bot = desk.settle(bot)
    assert (bot.mode, bot.reason) == (Mode.ERROR, "BTC/USDT is not traded at Binance any more.")
    assert desk.there() == []


def test_its_owners_account_is_switched_off(desk: Desk) -> None:
    bot = desk.start(desk.make())
    User.objects.filter(pk=bot.user_id).update(is_active=False)
    bot = desk.settle(bot)
    assert (bot.mode, bot.reason) == (Mode.ERROR, "The account of its owner is switched off.")
    assert desk.there() == []


def test_a_taken_name_does_not_stop_the_bot(desk: Desk) -> None:
    bot = desk.start(desk.make())
    desk.make(name="Taken")
    with pytest.raises(InvalidSettings):
        commands.change_bot(bot.pk, changes={"name": "taken"}, now=timezone.now())
    assert desk.now(bot).mode == Mode.RUNNING


def test_only_one_bot_is_the_default(desk: Desk) -> None:
    first, second = desk.make(name="a", is_default=True), desk.make(name="b", is_default=True)
    assert [desk.now(bot).is_default for bot in (first, second)] == [False, True]
    lifecycle.change_bot(first.pk, changes={"is_default": True}, now=timezone.now())
    assert [desk.now(bot).is_default for bot in (first, second)] == [True, False]
    updates = [event.data for event in Event.objects.filter(type="bot_update").order_by("-seq")[:2]]
    assert {(data["name"], data["is_default"]) for data in updates} == {("a", True), ("b", False)}


def test_a_run_that_is_over_leaves_nothing_to_the_next(desk: Desk) -> None:
    bot = desk.start(desk.make())
    desk.fill(desk.newest(bot))
    lifecycle.stop_bot(bot.pk, now=timezone.now())
    desk.settle(bot)
    bot = desk.start(bot)
    assert (bot.run, bot.carried, desk.open(bot)) == (2, 0, ["buy 0.01 at 50000"])
    assert BotOrder.objects.filter(run=2).count() == 1


def test_renamed_while_it_closes_it_is_not_stopped(desk: Desk) -> None:
    """A form brings all settings along, but not those that the bot itself writes."""
    desk.say_price("50500")
    settings = {"amount": "500", "stop_percent": "5"}
    changes = {"name": "other", "settings": settings}
    bot = desk.start(desk.make("manual", settings=settings))
    runner.open_position(bot.pk, side="buy", now=timezone.now())
    desk.work(bot)
    desk.check()
    desk.settle(bot)
    runner.close_position(bot.pk, now=timezone.now())
    lifecycle.change_bot(bot.pk, changes=changes, now=timezone.now())
    bot = desk.settle(bot)
    assert (bot.mode, bot.run, bot.name) == (Mode.RUNNING, 1, "other")
    assert [order.side for order in bot.orders.order_by("pk")] == ["buy", "sell", "sell"]
