"""A person opens a position with a manual bot: one at a time, however late its venue says so."""

from decimal import Decimal

import pytest
from django.utils import timezone

from bots.models import Mode
from bots.running import lifecycle, runner
from orders.models import Order
from tests.bots.desk import Desk
from tests.trading import reload_order


def test_an_entry_whose_fills_are_not_known_yet_is_a_position(desk: Desk) -> None:
    desk.say_price("50500")
    bot = desk.start(desk.make("manual", settings={"amount": "500", "stop_percent": "5"}))
    match = {"key": desk.key.api_key}
    desk.simulator.control.post("faults", kind="fills_missing", match=match)
    first = runner.open_position(bot.pk, side="buy", now=timezone.now())
    desk.work(bot)
    desk.check()
    first = reload_order(first)
    assert (first.status, first.fills_quantity) == ("filled", 0)
    with pytest.raises(lifecycle.CommandRefused, match="position or an open order"):
        runner.open_position(bot.pk, side="buy", now=timezone.now())
    desk.simulator.control.delete("faults")
    desk.check()
    desk.settle(bot)
    assert [order.type for order in Order.objects.order_by("pk")] == ["market", "stop_loss"]


@pytest.mark.parametrize(
    ("settings", "amount", "words"),
    [
        ({}, "1", "The venue takes no order below 5."),
        ({}, "5.04", "The venue takes no order below 5."),  # in whole steps it is 4.545
        ({"stop_percent": "5"}, "5.06", "and its stop would be worth 4.7975"),
    ],
)
def test_an_amount_that_no_venue_takes_is_refused_and_the_bot_runs_on(
    desk: Desk, settings: dict[str, str], amount: str, words: str
) -> None:
    desk.say_price("50500")
    bot = desk.start(desk.make("manual", settings={"amount": "500"} | settings))
    with pytest.raises(lifecycle.CommandRefused, match=words):
        runner.open_position(bot.pk, side="buy", amount=Decimal(amount), now=timezone.now())
    assert desk.settle(bot).mode == Mode.RUNNING
    assert not bot.orders.exists()
