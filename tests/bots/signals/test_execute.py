"""Signals are executed once, by hand or automatically, and within limits."""

import os
import signal as process_signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from rest_framework.test import APIClient

from bots.models import AutoTrade, Bot, LogEntry, Signal
from bots.running import lifecycle
from bots.signals import auto_trade, execute, hooks, record
from orders.models import Order
from realtime.models import Event
from tests.bots.desk import PRICES, Desk
from tests.bots.signals.webhook_requests import send
from users.models import User


@pytest.fixture
def api(desk: Desk) -> APIClient:
    client = APIClient()
    client.force_authenticate(desk.key.user)
    return client


@pytest.fixture
def manual_bot(desk: Desk) -> Bot:
    """A manual bot that runs, where the price is known."""
    desk.say_price("50500")
    return desk.start(desk.make("manual", settings={"amount": "100"}, is_default=True))


def set_auto_trade(user: User, **settings: Any) -> None:
    AutoTrade.objects.create(user=user, **({"is_enabled": True, "is_test": False} | settings))


def list_statuses(user: User) -> list[str]:
    return [one.data["status"] for one in Event.objects.filter(user=user, type="signal")]


# By hand


def test_two_clicks_are_one_order(desk: Desk, api: APIClient, manual_bot: Bot) -> None:
    number = send(desk.key.user).json()["signal"]
    first = api.post(f"/api/v1/signals/{number}/execute/", {})
    assert (first.status_code, first.json()["status"]) == (200, "executed")
    assert first.json()["order"] == manual_bot.orders.get().pk
    assert api.post(f"/api/v1/signals/{number}/execute/", {}).status_code == 409
    assert manual_bot.orders.count() == 1


def at_the_same_moment(*each: Any) -> list[Any]:
    """Run the calls at once, on connections of their own; return their results or errors."""
    together = threading.Barrier(len(each))

    def one(do: Any) -> Any:
        try:
            together.wait()
            return do()
        except record.AlreadySettled as reason:
            return reason
        finally:
            connection.close()

    with ThreadPoolExecutor(len(each)) as pool:
        return list(pool.map(one, each))


def test_clicks_of_the_same_moment_are_one_order(
    transactional_db: None, desk: Desk, manual_bot: Bot
) -> None:
    number, now = send(desk.key.user).json()["signal"], timezone.now()
    answers = at_the_same_moment(*[lambda: execute.execute_signal(number, now=now)] * 4)
    assert sum(isinstance(answer, Signal) for answer in answers) == 1
    assert manual_bot.orders.count() == 1
    assert list_statuses(desk.key.user) == ["pending", "executed"]


def test_execution_and_expiry_at_the_same_moment(
    transactional_db: None, desk: Desk, manual_bot: Bot
) -> None:
    number, now = send(desk.key.user).json()["signal"], timezone.now()
    late = now + execute.EXPIRES_AFTER * 2
    at_the_same_moment(
        lambda: execute.execute_signal(number, now=now), lambda: execute.expire_signals(now=late)
    )
    status = Signal.objects.get().status
    assert manual_bot.orders.count() == (status == "executed")
    assert list_statuses(desk.key.user) == ["pending", status]


def test_a_process_killed_before_the_commit_leaves_nothing(
    transactional_db: None, desk: Desk, manual_bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed when the order is written and the signal not yet settled: neither is there."""
    number, real = send(desk.key.user).json()["signal"], record.settle_signal
    connections.close_all()
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(
            record, "settle_signal", lambda *_, **__: os.kill(os.getpid(), process_signal.SIGKILL)
        )
        execute.execute_signal(number, now=timezone.now())
        os._exit(0)  # it would have lived
    _, ended = os.waitpid(child, 0)
    assert os.WTERMSIG(ended) == process_signal.SIGKILL
    assert record.settle_signal is real
    assert not Order.objects.exists()
    assert execute.execute_signal(number, now=timezone.now()).status == "executed"
    assert manual_bot.orders.count() == 1


def test_a_refusal_of_the_bot_fails_the_signal(desk: Desk, api: APIClient) -> None:
    number = send(desk.key.user).json()["signal"]
    answer = api.post(f"/api/v1/signals/{number}/execute/", {}).json()
    assert (answer["status"], answer["words"]) == ("failed", "No manual bot runs with BTC/USDT.")


def test_a_bot_that_is_gone_by_then_can_do_nothing(desk: Desk, manual_bot: Bot) -> None:
    number = send(desk.key.user).json()["signal"]
    lifecycle.remove_bot(manual_bot.pk, now=timezone.now())
    desk.settle_all()
    signal = execute.execute_signal(number, bot=manual_bot, now=timezone.now())
    assert (signal.status, signal.reason) == ("failed", "The bot is removed.")


@pytest.mark.parametrize("side", ["sell", "close", "short"])
def test_what_is_not_held_is_not_sold(desk: Desk, manual_bot: Bot, side: str) -> None:
    number = send(desk.key.user, {"side": side}).json()["signal"]
    signal = execute.execute_signal(number, now=timezone.now())
    assert (signal.status, signal.reason) == (
        "failed",
        "It holds nothing that could be closed.",
    )
    assert not manual_bot.orders.exists()


@pytest.mark.parametrize("side", ["CLOSE", "Sell "])
def test_close_closes_the_position(desk: Desk, api: APIClient, manual_bot: Bot, side: str) -> None:
    number = send(desk.key.user).json()["signal"]
    api.post(f"/api/v1/signals/{number}/execute/", {})
    desk.settle(manual_bot)
    desk.check()
    close = send(desk.key.user, {"side": side}).json()["signal"]
    assert api.post(f"/api/v1/signals/{close}/execute/", {}).json()["status"] == "executed"
    desk.settle(manual_bot)
    assert [order.side for order in manual_bot.orders.order_by("pk")] == ["buy", "sell"]


def test_a_close_that_comes_before_the_fill_closes_what_is_filled(
    desk: Desk, manual_bot: Bot
) -> None:
    now = timezone.now()
    execute.execute_signal(send(desk.key.user).json()["signal"], now=now)
    close = send(desk.key.user, {"side": "close"}).json()["signal"]
    assert execute.execute_signal(close, now=now).status == "executed"
    desk.settle(manual_bot)
    desk.check()
    desk.settle(manual_bot)
    assert [order.side for order in manual_bot.orders.order_by("pk")] == ["buy", "sell"]


def test_an_ignored_signal_is_not_executed(desk: Desk, api: APIClient, manual_bot: Bot) -> None:
    number = send(desk.key.user).json()["signal"]
    assert api.post(f"/api/v1/signals/{number}/ignore/").json()["status"] == "ignored"
    assert api.post(f"/api/v1/signals/{number}/execute/", {}).status_code == 409
    assert not manual_bot.orders.exists()


def test_old_signals_expire(user: User) -> None:
    send(user)
    execute.expire_signals(now=timezone.now())
    assert Signal.objects.get().status == "pending"
    execute.expire_signals(now=timezone.now() + execute.EXPIRES_AFTER * 2)
    assert Signal.objects.get().status == "expired"


def test_an_expired_signal_is_not_executed(desk: Desk, manual_bot: Bot) -> None:
    number = send(desk.key.user).json()["signal"]
    late = timezone.now() + execute.EXPIRES_AFTER * 2
    assert execute.execute_signal(number, now=late).status == "expired"
    assert not manual_bot.orders.exists()


# By itself


def test_auto_trade_executes_a_signal(desk: Desk, manual_bot: Bot) -> None:
    set_auto_trade(desk.key.user)
    send(desk.key.user)
    signal = Signal.objects.get()
    assert (signal.status, signal.reason) == ("executed", "Automatic: The bot manual bot buys.")
    assert manual_bot.orders.count() == 1


def test_auto_trade_with_an_amount_of_its_own(desk: Desk, manual_bot: Bot) -> None:
    set_auto_trade(desk.key.user, amount=Decimal(505))
    send(desk.key.user)
    assert manual_bot.orders.get().quantity == Decimal("0.01")


def test_no_amount_goes_beyond_the_bots_budget(desk: Desk, manual_bot: Bot) -> None:
    Bot.objects.update(budget=200)
    set_auto_trade(desk.key.user, amount=Decimal(505))
    send(desk.key.user)
    signal = Signal.objects.get()
    assert (signal.status, "budget" in signal.reason) == ("failed", True)
    assert not manual_bot.orders.exists()


def test_a_test_trades_nothing(desk: Desk, manual_bot: Bot) -> None:
    set_auto_trade(desk.key.user, is_test=True)
    send(desk.key.user)
    reason = "Test: would buy BTC/USDT for 100 USDT by the bot manual bot."
    signal = Signal.objects.get()
    assert (signal.status, signal.reason) == ("pending", reason)
    assert LogEntry.objects.filter(message=reason).exists()
    assert not manual_bot.orders.exists()
    assert list_statuses(desk.key.user) == ["pending", "pending"]


def test_a_test_says_so_when_its_bot_could_do_nothing(desk: Desk, manual_bot: Bot) -> None:
    """It was a manual one when it was chosen."""
    set_auto_trade(desk.key.user, is_test=True, bot=manual_bot)
    lifecycle.stop_bot(manual_bot.pk, now=timezone.now())
    desk.settle(manual_bot)
    changes = {"strategy": "scalper", "settings": PRICES}
    lifecycle.change_bot(manual_bot.pk, changes=changes, now=timezone.now())
    assert send(desk.key.user).status_code == 201
    reason = "Test: the bot manual bot is no manual bot that runs, so nothing would be done."
    assert Signal.objects.get().reason == reason


@pytest.mark.parametrize("limit", [{"symbols": ["ETH/USDT"]}, {"per_day": 0}])
def test_beyond_the_limits_it_is_left_to_a_person(
    desk: Desk, manual_bot: Bot, limit: dict[str, Any]
) -> None:
    set_auto_trade(desk.key.user, **limit)
    send(desk.key.user)
    signal = Signal.objects.get()
    assert (signal.status, signal.reason[:13]) == ("pending", "Left to you: ")
    assert not manual_bot.orders.exists()
    assert execute.execute_signal(signal.pk, now=timezone.now()).status == "executed"


def test_of_two_at_a_moment_the_limit_lets_one(
    transactional_db: None, desk: Desk, manual_bot: Bot
) -> None:
    set_auto_trade(desk.key.user, per_day=1)
    user, now = desk.key.user, timezone.now()
    hooks.for_user(user.pk)
    signals = [_received(user), _received(user)]
    at_the_same_moment(*[lambda one=one: execute.auto_execute(one, now=now) for one in signals])
    assert Order.objects.count() == 1
    assert sorted(Signal.objects.values_list("status", flat=True)) == ["executed", "pending"]
    assert (
        Signal.objects.get(status="pending").reason
        == "Left to you: the limit of 1 a day is reached."
    )


def _received(user: User) -> Signal:
    side = Signal.Side.BUY
    return record.create_signal(
        user_id=user.pk, source="test", symbol="BTC/USDT", side=side, now=timezone.now()
    )


def test_the_limit_counts_what_was_opened_by_itself_and_holds_back_no_close(
    desk: Desk, manual_bot: Bot
) -> None:
    execute.execute_signal(_received(desk.key.user).pk, now=timezone.now())  # by hand
    desk.settle(manual_bot)
    desk.check()
    desk.settle(manual_bot)
    set_auto_trade(desk.key.user, per_day=1)
    send(desk.key.user, {"side": "close"})
    desk.settle(manual_bot)
    desk.check()
    desk.settle(manual_bot)
    assert [order.side for order in manual_bot.orders.order_by("pk")] == ["buy", "sell"]
    send(desk.key.user)
    assert Signal.objects.order_by("-pk")[0].reason == "Automatic: The bot manual bot buys."
    assert manual_bot.orders.count() == 3
    tomorrow = timezone.now() + timedelta(days=1)
    assert execute.count_auto_opened(desk.key.user.pk, now=timezone.now()) == 1
    assert execute.count_auto_opened(desk.key.user.pk, now=tomorrow) == 0


# Its settings


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"symbols": ["NOPE/USDT"]}, "None of your keys' markets trades NOPE/USDT."),
        ({"symbols": ["ETHUSDT"], "bot": True}, "manual bot trades BTC/USDT, which is none of"),
        ({"bot": 10**9}, "There is no such bot."),
        ({"amount": "0"}, "This must be more than zero."),
        ({"amount": 1.5}, 'Send amounts as strings, such as "0.01".'),
        ({"amount": "300", "bot": True}, "manual bot may bind 200 at most."),
        ({"per_day": -1}, "Ensure this value is greater than or equal to 0."),
        ({"enabled": True}, "There is no such field."),
    ],
)
def test_invalid_auto_trade_settings_are_refused(
    api: APIClient, manual_bot: Bot, changes: dict[str, Any], reason: str
) -> None:
    Bot.objects.update(budget=200)
    if changes.get("bot") is True:
        changes = changes | {"bot": manual_bot.pk}
    answer = api.patch("/api/v1/auto-trade/", changes, format="json")
    assert answer.status_code == 400
    assert reason in str(answer.json())
    assert not AutoTrade.objects.exclude(symbols=[]).exists()


def test_symbols_may_be_named_as_elsewhere(api: APIClient, desk: Desk) -> None:
    named = {"symbols": ["BTCUSDT", "BTC/USDT", "BINANCE:ETHUSDT"], "amount": "25"}
    answer = api.patch("/api/v1/auto-trade/", named, format="json").json()
    assert (answer["symbols"], answer["amount"]) == (["BTC/USDT", "ETH/USDT"], "25")
    assert api.get("/api/v1/auto-trade/").json()["amount"] == "25"


def test_only_manual_bots_execute_signals(api: APIClient, desk: Desk) -> None:
    bot = desk.make("scalper")
    answer = api.patch("/api/v1/auto-trade/", {"bot": bot.pk}, format="json")
    assert answer.json() == {"bot": ["Signals are for manual bots; scalper bot is a scalper bot."]}


def test_a_change_of_auto_trade_is_logged(api: APIClient, desk: Desk) -> None:
    api.patch("/api/v1/auto-trade/", {"is_enabled": True}, format="json")
    api.patch("/api/v1/auto-trade/", {"is_test": False}, format="json")
    api.patch("/api/v1/auto-trade/", {"is_test": False}, format="json")
    lines = LogEntry.objects.filter(message__startswith="Signals are").order_by("pk")
    assert [line.level for line in lines] == ["info", "warning"]


def test_no_other_bot_takes_the_place_of_one_that_is_removed(desk: Desk, manual_bot: Bot) -> None:
    set_auto_trade(desk.key.user, bot=manual_bot)
    desk.start(desk.make("manual", settings={"amount": "100"}, name="another"))
    lifecycle.remove_bot(manual_bot.pk, now=timezone.now())
    desk.settle_all()
    assert not auto_trade.for_user(desk.key.user.pk).is_enabled
    send(desk.key.user)
    assert Signal.objects.get().status == "pending"
    assert not Order.objects.exists()
    assert LogEntry.objects.filter(message__startswith="Signals wait for you again").exists()


def test_signals_of_others_are_not_found(desk: Desk, other_user: User, manual_bot: Bot) -> None:
    number = send(desk.key.user).json()["signal"]
    stranger = APIClient()
    stranger.force_authenticate(other_user)
    for act in ("execute", "ignore"):
        assert stranger.post(f"/api/v1/signals/{number}/{act}/", {}).status_code == 404
    assert stranger.get(f"/api/v1/signals/{number}/").status_code == 404
    assert stranger.get("/api/v1/signals/").json()["results"] == []
    assert stranger.patch("/api/v1/auto-trade/", {"bot": manual_bot.pk}).status_code == 400
    theirs = send(other_user).json()["signal"]
    with_mine = {"bot": manual_bot.pk}
    assert stranger.post(f"/api/v1/signals/{theirs}/execute/", with_mine).status_code == 400
    assert record.list_pending(desk.key.user.pk).count() == 1
