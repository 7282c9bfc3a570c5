"""A DCA bot that buys more changes its sale at the venue, or replaces it where that is refused."""

from decimal import Decimal

from django.utils import timezone

from bots.models import Bot
from bots.running import lifecycle
from orders.changes import amend
from orders.lifecycle import ended_by
from orders.models import IS_OPEN
from tests.bots.desk import Desk

PLAN = {
    "amount": "505",
    "step_percent": "5",
    "steps": 1,
    "step_amount": "480",
    "profit_percent": "5",
}


def start_bot(desk: Desk) -> Bot:
    desk.say_price("50500")
    bot = desk.start(desk.make("dca", settings=PLAN))
    desk.check()
    return desk.settle(bot)


def buy_more(desk: Desk, bot: Bot) -> None:
    desk.fill(bot.orders.get(IS_OPEN, side="buy"))
    desk.settle(bot)
    desk.check()
    desk.settle(bot)


def test_the_sale_is_changed_in_one_request(desk: Desk) -> None:
    bot = start_bot(desk)
    (sale,) = bot.orders.filter(side="sell")
    buy_more(desk, bot)
    (changed,) = bot.orders.filter(side="sell")  # no second one
    held = sum((order.filled for order in bot.orders.filter(side="buy")), Decimal(0))
    assert changed.pk == sale.pk
    assert changed.status == "new"
    assert held - Decimal("0.0001") <= changed.quantity <= held > sale.quantity
    assert changed.price is not None
    assert sale.price is not None
    assert changed.price < sale.price
    assert [Decimal(row["origQty"]) for row in desk.there()] == [changed.quantity]
    assert any(line.startswith("change of profit to") for line in desk.lines(bot))
    assert changed.changes.filter(actor=ended_by.BOT).exists()


def test_a_sale_that_was_sold_in_part_is_replaced_at_binance(desk: Desk) -> None:
    """Its order cannot be changed there any more: a fill meanwhile would count twice."""
    bot = start_bot(desk)
    (sale,) = bot.orders.filter(side="sell")
    desk.fill(sale, "0.004")
    buy_more(desk, bot)
    sale.refresh_from_db()
    assert (sale.status, sale.filled) == ("canceled", Decimal("0.004"))
    (second,) = bot.orders.filter(IS_OPEN, side="sell")
    bought = sum((order.filled for order in bot.orders.filter(side="buy")), Decimal(0))
    assert second.quantity <= bought - Decimal("0.004") < second.quantity + Decimal("0.0001")


def test_a_change_that_its_venue_refuses_is_not_asked_for_again(desk: Desk) -> None:
    bot = start_bot(desk)
    (sale,) = bot.orders.filter(side="sell")
    path = "/api/v3/order/cancelReplace"
    match = {"key": desk.key.api_key, "path": path}
    refusal = {"status": 400, "code": -1013, "message": "Filter failure: NOTIONAL"}
    desk.simulator.control.post("faults", kind="status", match=match, **refusal)
    buy_more(desk, bot)
    sale.refresh_from_db()
    assert sale.status == "canceled"
    (second,) = bot.orders.filter(IS_OPEN, side="sell")
    assert second.quantity > sale.quantity


def test_a_stop_of_the_bot_cancels_a_sale_that_is_being_changed(desk: Desk) -> None:

    bot = start_bot(desk)
    (sale,) = bot.orders.filter(side="sell")
    amend.amend_order(sale, price=Decimal(60000), quantity=None, by="a test", now=timezone.now())
    lifecycle.stop_bot(bot.pk, now=timezone.now())
    desk.settle(bot)
    assert not bot.orders.filter(IS_OPEN).exists()
    assert desk.there() == []
