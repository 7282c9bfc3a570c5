"""A running bot: one order for each fill, however often it is evaluated, wherever it is killed."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from bots.models import Bot, BotOrder, Mode
from bots.running import bot_orders, lifecycle, runner
from bots.strategies.settings import InvalidSettings
from exchanges.keys import actions
from exchanges.models import Symbol
from orders import placement
from orders.models import IS_OPEN, Order
from realtime.models import Event
from tests.bots.desk import PRICES, Desk


def test_a_scalper_buys_and_sells_in_turn(desk: Desk) -> None:
    bot = desk.start(desk.make())
    assert desk.open(bot) == ["buy 0.01 at 50000"]
    desk.fill(desk.newest(bot))
    desk.settle(bot)
    assert desk.open(bot) == ["sell 0.00999 at 51000"]
    desk.fill(desk.newest(bot))
    desk.settle(bot)
    assert desk.open(bot) == ["buy 0.01 at 50000"]
    assert len(desk.there()) == 1
    assert [(act.slot, act.turn) for act in BotOrder.objects.order_by("pk")] == [
        ("buy", 1),
        ("sell", 1),
        ("buy", 2),
    ]


def test_every_order_has_a_reason(desk: Desk) -> None:
    bot = desk.start(desk.make())
    assert "buy at 50000, turn 1" in desk.lines(bot)[-1]
    assert BotOrder.objects.get().reason == "buy at 50000, turn 1"


def test_one_order_for_a_fill_that_is_reported_often(desk: Desk) -> None:
    bot = desk.start(desk.make())
    desk.fill(desk.newest(bot))
    for _ in range(3):
        runner.evaluate_bot(bot.pk, now=timezone.now())
    desk.settle(bot)
    assert bot.orders.count() == 2, desk.lines(bot)


def test_one_order_for_a_fill_that_many_workers_see(desk: Desk) -> None:
    bot = desk.start(desk.make())
    desk.fill(desk.newest(bot))

    def look() -> None:
        try:
            runner.evaluate_bot(bot.pk, now=timezone.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    desk.settle(bot)
    assert bot.orders.count() == 2, desk.lines(bot)


class Killed(BaseException):
    """The end of a process by kill -9: nothing catches it."""


@pytest.mark.parametrize("step", ["place", "save", "note"])
def test_killed_between_fill_and_next_order_it_goes_on_with_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    bot = desk.start(desk.make())
    desk.fill(desk.newest(bot))

    def die(*args: Any, **kwargs: Any) -> None:
        raise Killed

    where = {
        "place": (placement, "place_order"),
        "save": (BotOrder, "save"),
        "note": (bot_orders, "log_order"),
    }
    with monkeypatch.context() as patch:
        patch.setattr(*where[step], die)
        with pytest.raises(Killed):
            runner.evaluate_bot(bot.pk, now=timezone.now())
    assert bot.orders.count() == 1
    desk.settle(bot)
    assert desk.open(bot) == ["sell 0.00999 at 51000"]
    assert len(desk.there()) == 1


def test_stopping_ends_only_when_the_venue_says_so(desk: Desk) -> None:
    bot = desk.start(desk.make())
    lifecycle.stop_bot(bot.pk, now=timezone.now())
    runner.evaluate_bot(bot.pk, now=timezone.now())
    assert desk.now(bot).mode == Mode.STOPPING
    assert len(desk.there()) == 1
    bot = desk.settle(bot)
    assert bot.mode == Mode.STOPPED
    assert desk.there() == []


def test_cancelled_at_the_venue_it_stops_and_says_so(desk: Desk) -> None:
    bot = desk.start(desk.make())
    named = {"clientOrderId": desk.newest(bot).client_order_id, "account": desk.key.api_key}
    desk.simulator.control.post("cancel", **named)
    desk.check()
    bot = desk.settle(bot)
    assert bot.mode == Mode.STOPPED
    assert "The buy order of buy ended" in bot.reason
    assert desk.there() == []


def test_refused_by_the_venue_it_stops_with_its_message(desk: Desk) -> None:
    bot = desk.start(desk.make(settings=PRICES | {"quantity": "8"}))
    assert bot.mode == Mode.STOPPED
    assert "insufficient balance" in bot.reason.lower()


def test_other_settings_replace_what_is_open(desk: Desk) -> None:
    bot = desk.start(desk.make())
    lifecycle.change_bot(bot.pk, changes={"settings": PRICES | {"buy_price": "49000"}},
                    now=timezone.now())  # fmt: skip
    assert len(desk.there()) == 1
    bot = desk.settle(bot)
    assert bot.mode == Mode.RUNNING
    assert bot.run == 2
    assert desk.open(bot) == ["buy 0.01 at 49000"]
    assert len(desk.there()) == 1


def test_removed_when_nothing_is_open(desk: Desk) -> None:
    bot = desk.start(desk.make())
    lifecycle.remove_bot(bot.pk, now=timezone.now())
    assert Bot.objects.filter(pk=bot.pk).exists()
    for _ in range(3):
        runner.evaluate_bot(bot.pk, now=timezone.now())
        for order in Order.objects.all():
            if order.cancel_requested_at:
                desk.work(bot)
    assert not Bot.objects.exists()
    assert desk.there() == []
    assert Event.objects.filter(type="bot_deleted").count() == 1


def test_a_budget_is_kept(desk: Desk) -> None:
    bot = desk.make(budget=Decimal(500))
    lifecycle.start_bot(bot.pk, now=timezone.now())
    Bot.objects.update(budget=Decimal(400))
    bot = desk.settle(bot)
    assert bot.mode == Mode.ERROR
    assert "budget" in bot.reason
    assert desk.there() == []


def test_the_limit_of_open_orders_is_kept(desk: Desk) -> None:
    desk.say_price("50500")
    grid = {"lower": "49000", "upper": "50000", "levels": 5, "quantity": "0.001"}
    bot = desk.make("grid", settings=grid, most_orders=5)
    lifecycle.start_bot(bot.pk, now=timezone.now())
    Bot.objects.update(most_orders=3)
    bot = desk.settle(bot)
    assert bot.mode == Mode.ERROR
    assert desk.there() == []


def test_a_grid_at_the_venue(desk: Desk) -> None:
    desk.say_price("50500")
    grid = {"lower": "49000", "upper": "50000", "levels": 5, "quantity": "0.001"}
    bot = desk.start(desk.make("grid", settings=grid))
    assert len(desk.there()) == 5
    desk.simulator.control.post("price", symbol="BTCUSDT", price="49850")
    desk.fill(bot.orders.get(price=49800))
    desk.settle(bot)
    assert "sell 0.00099 at 50000" in desk.open(bot)


@pytest.mark.parametrize(
    ("strategy", "settings", "wrong"),
    [
        ("scalper", PRICES | {"sell_price": "50000"}, "sell_price"),
        ("scalper", PRICES | {"quantity": "0.000001"}, "quantity"),
        ("scalper", {"buy_price": "1"}, "sell_price"),
        ("grid", {"lower": "1", "upper": "2", "levels": 0, "quantity": "1"}, "levels"),
        ("manual", {"amount": "100", "leverage": 5}, "leverage"),
        ("manual", {"amount": "100", "leverage": 126}, "leverage"),
    ],
)
def test_invalid_bots_are_refused(
    desk: Desk, strategy: str, settings: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(InvalidSettings) as refused:
        desk.make(strategy, settings=settings)
    assert wrong in refused.value.errors
    assert not Bot.objects.exists()


def test_a_symbol_that_its_market_lacks(desk: Desk) -> None:
    bot = Bot(user=desk.key.user, key=desk.key, name="x", symbol="NO/SUCH", strategy="scalper",
              settings=PRICES)  # fmt: skip
    with pytest.raises(InvalidSettings) as refused:
        lifecycle.create_bot(bot, now=timezone.now())
    assert "symbol" in refused.value.errors


def test_a_key_that_is_switched_off(desk: Desk) -> None:
    bot = desk.make()
    actions.deactivate(desk.key.pk)
    with pytest.raises(lifecycle.CommandRefused):
        lifecycle.start_bot(bot.pk, now=timezone.now())


def test_too_little_for_an_order_stops_it_with_a_message(desk: Desk) -> None:
    """Not all venues say what they take at least; what is left after their fee may be no step."""
    desk.say_price("50500")
    Symbol.objects.update(min_quantity=0)
    grid = {"lower": "49000", "upper": "50000", "levels": 1, "quantity": "0.00011"}
    bot = desk.start(desk.make("grid", settings=grid))
    Symbol.objects.update(quantity_step="0.00011")
    desk.fill(desk.newest(bot))
    bot = desk.settle(bot)
    assert (bot.mode, "would have no quantity" in bot.reason) == (Mode.ERROR, True)


def test_a_part_of_a_sale_that_is_not_known_yet_is_no_purchase(desk: Desk) -> None:
    """The venue says how much was filled before it lists the parts: DCA keeps its sale."""
    desk.say_price("50500")
    plan = {"amount": "505", "step_percent": "5", "steps": 0, "step_amount": "100"}
    bot = desk.start(desk.make("dca", settings=plan | {"profit_percent": "5"}))
    desk.check()
    bot = desk.settle(bot)
    sale = bot.orders.get(side="sell")
    desk.simulator.control.post("faults", kind="fills_missing", match={"key": desk.key.api_key})
    desk.fill(sale, "0.004")
    desk.settle(bot)
    sale.refresh_from_db()
    assert (sale.filled, sale.fills_quantity) == (Decimal("0.004"), 0)
    assert (sale.status, sale.cancel_requested_at) == ("partially_filled", None)
    desk.simulator.control.delete("faults")
    desk.check()
    desk.settle(bot)
    assert [order.pk for order in bot.orders.filter(IS_OPEN)] == [sale.pk]
