"""An order that never arrived: placed once more, five times at most, and never twice."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bots.models import Bot, Mode
from bots.running import lifecycle, lost_orders, runner
from exchanges import pool
from orders import order_state, reconciler, submission
from orders.checks import sweep
from orders.lifecycle import states
from orders.models import Order
from tests.bots.desk import Desk
from tests.trading import reload_order

TURNED_UP = "its run was over, but it arrived"


def nothing_arrives(desk: Desk) -> None:
    match = {"key": desk.key.api_key, "method": "POST"}
    desk.simulator.control.post("faults", kind="ambiguous", match=match)


def lose_the_next(desk: Desk, bot: Bot) -> Order:
    """It is sent in vain, and its venue says often and late enough that it has no such order."""
    runner.evaluate_bot(bot.pk, now=timezone.now())
    order = bot.orders.get(submitted_at=None)
    with pytest.raises(submission.StillUnknown):
        submission.submit_order(order.pk)
    assert reload_order(order).status == states.UNKNOWN
    Order.objects.filter(pk=order.pk).update(submitted_at=timezone.now() - timedelta(seconds=60))
    for _ in range(reconciler.MISSES_TO_END):
        desk.check()
    assert reload_order(order).status == states.REJECTED
    return order


def start_in_vain(desk: Desk) -> tuple[Bot, Order]:
    nothing_arrives(desk)
    bot = desk.make()
    lifecycle.start_bot(bot.pk, now=timezone.now())
    return bot, lose_the_next(desk, bot)


def list_turns(bot: Bot) -> list[tuple[str, int]]:
    return [(act.slot, act.turn) for act in bot.bot_orders.order_by("pk")]


def test_a_lost_order_is_placed_again(desk: Desk) -> None:
    bot, _ = start_in_vain(desk)
    desk.simulator.control.delete("faults")
    bot = desk.settle(bot)
    assert bot.mode == Mode.RUNNING
    assert len(desk.there()) == 1
    assert list_turns(bot) == [("lost 1 buy", 1), ("buy", 1)]
    assert "buy 0.01 never arrived: placed again" in desk.lines(bot)


def test_an_order_too_old_to_send_is_placed_again(desk: Desk) -> None:
    """The venue was away for longer than a wish is worth being sent."""
    bot = desk.make()
    lifecycle.start_bot(bot.pk, now=timezone.now())
    runner.evaluate_bot(bot.pk, now=timezone.now())
    Order.objects.filter(bot=bot).update(created_at=timezone.now() - timedelta(seconds=90))
    bot = desk.settle(bot)
    assert bot.mode == Mode.RUNNING
    assert [order.status for order in bot.orders.order_by("pk")] == ["denied", "new"]
    assert len(desk.there()) == 1


def test_the_slot_goes_back_to_the_order_before(desk: Desk) -> None:
    """The second purchase was lost: what comes next is that one, and not the first again."""
    bot = desk.start(desk.make())
    desk.fill(desk.newest(bot))
    bot = desk.settle(bot)
    desk.fill(desk.newest(bot))
    nothing_arrives(desk)
    lose_the_next(desk, bot)
    desk.simulator.control.delete("faults")
    bot = desk.settle(bot)
    assert list_turns(bot) == [("buy", 1), ("sell", 1), ("lost 1 buy", 2), ("buy", 2)]
    assert len(desk.there()) == 1


def test_after_five_lost_orders_the_bot_stops(desk: Desk) -> None:
    bot, _ = start_in_vain(desk)
    for _ in range(lost_orders.MOST_TRIES):
        lose_the_next(desk, bot)
    desk.simulator.control.delete("faults")
    bot = desk.settle(bot)
    assert bot.mode == Mode.STOPPED
    assert "never arrived" in bot.reason
    assert bot.orders.count() == 1 + lost_orders.MOST_TRIES
    assert desk.there() == []


def test_if_it_turns_up_after_all_it_is_cancelled(desk: Desk) -> None:
    bot, order = start_in_vain(desk)
    desk.simulator.control.delete("faults")
    bot = desk.settle(bot)
    pool.call(desk.key, lambda venue: venue.place_order(order_state.build_request(order)))
    assert len(desk.there()) == 2
    sweep.read_full_lists([desk.key])
    desk.settle(bot)
    assert reload_order(order).status == states.CANCELED
    assert [one["clientOrderId"] for one in desk.there()] == [desk.newest(bot).client_order_id]


@pytest.mark.parametrize("runs_again", [False, True])
def test_if_it_turns_up_when_its_run_is_over_it_is_cancelled(desk: Desk, runs_again: bool) -> None:
    bot, order = start_in_vain(desk)
    desk.simulator.control.delete("faults")
    bot = desk.settle(bot)
    lifecycle.stop_bot(bot.pk, now=timezone.now())
    bot = desk.settle(bot)
    wanted = 0
    if runs_again:
        bot, wanted = desk.start(bot), 1
    pool.call(desk.key, lambda venue: venue.place_order(order_state.build_request(order)))
    sweep.read_full_lists([desk.key])
    desk.settle(bot)
    assert reload_order(order).status == states.CANCELED
    assert len(desk.there()) == wanted
    assert f"cancel of lost 1 buy: {TURNED_UP}" in desk.lines(bot)


def test_what_a_person_wanted_is_not_bought_later_and_they_are_told(desk: Desk) -> None:
    desk.say_price("50500")
    bot = desk.start(desk.make("manual", settings={"amount": "500"}))
    nothing_arrives(desk)
    runner.open_position(bot.pk, side="buy", now=timezone.now())
    lose_the_next(desk, bot)
    desk.simulator.control.delete("faults")
    bot = desk.settle(bot)
    assert (bot.mode, bot.orders.count()) == (Mode.RUNNING, 1)
    messages = "buy 0.0099 never arrived: give the command again if you still want it"
    assert desk.lines(bot)[-1] == messages
    runner.open_position(bot.pk, side="buy", now=timezone.now())
    assert bot.orders.count() == 2
