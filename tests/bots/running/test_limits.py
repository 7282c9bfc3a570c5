"""The limits of a bot, and of all bots of a user, also when two are evaluated at once."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from bots.models import Bot, BotLimits, Mode, PnlBook, PnlDay
from bots.running import lifecycle, limits, runner
from bots.running.limits import Exposure
from bots.strategies.decisions import Market, Place, Position
from exchanges.keys import actions
from exchanges.models import ExchangeKey
from orders.models import Order
from tests.bots.desk import PRICES, Desk
from users.models import User

ZERO = Decimal(0)


def make_exposure(
    held: str, cost: str, *orders: tuple[str, str, str], futures: bool = False
) -> Exposure:
    market = Market(symbol="BTC/USDT", is_futures=futures, price_step=ZERO, quantity_step=ZERO,
                    min_quantity=ZERO, min_cost=ZERO, price=Decimal(100))  # fmt: skip
    waiting = [
        Order(side=side, quantity=Decimal(quantity), price=Decimal(price) if price else None)
        for side, quantity, price in orders
    ]
    return Exposure.of_orders(Position(quantity=Decimal(held), cost=Decimal(cost)), waiting, market)


@pytest.mark.parametrize(
    ("exposure", "cost"),
    [
        (make_exposure("0", "0"), 0),
        (make_exposure("2", "190"), 190),
        (make_exposure("2", "190", ("buy", "1", "90")), 280),
        (make_exposure("0", "0", ("buy", "1", "")), 100),  # a market order, by the price of now
        (make_exposure("2", "190", ("sell", "2", "110")), 190),
        (make_exposure("0", "0", ("sell", "2", "110")), 0),  # coins that are there bind no money
        (make_exposure("0", "0", ("sell", "2", "110"), futures=True), 220),
        (make_exposure("-2", "-220", futures=True), 220),
        (make_exposure("-2", "-220", ("buy", "2", "90"), futures=True), 220),
        (make_exposure("-2", "-220", ("buy", "5", "90"), futures=True), 230),
        (make_exposure("-2", "-220", ("sell", "1", "120"), futures=True), 340),
    ],
)
def test_the_cost_of_an_exposure(exposure: Exposure, cost: int) -> None:
    assert exposure.cost == cost


def test_what_only_reduces_binds_nothing() -> None:
    market = Market(symbol="BTC/USDT:USDT", is_futures=True, price_step=ZERO, quantity_step=ZERO,
                    min_quantity=ZERO, min_cost=ZERO, price=Decimal(100))  # fmt: skip
    exit_ = Order(side="sell", quantity=Decimal(2), price=Decimal(110), reduce_only=True)
    assert Exposure.of_orders(Position(), [exit_], market).cost == 0


def test_what_was_filled_counts_before_its_parts_are_known() -> None:
    market = Market(symbol="BTC/USDT", is_futures=False, price_step=ZERO, quantity_step=ZERO,
                    min_quantity=ZERO, min_cost=ZERO, price=Decimal(100))  # fmt: skip
    order = Order(side="buy", status="filled", quantity=Decimal(3), filled=Decimal(3),
                  price=Decimal(90))  # fmt: skip
    assert Exposure.of_orders(Position(), [order], market).cost == 270
    order.fills_quantity = Decimal(1)
    assert (
        Exposure.of_orders(Position(quantity=Decimal(1), cost=Decimal(89)), [order], market).cost
        == 269
    )
    order.fills_quantity = Decimal(3)
    assert (
        Exposure.of_orders(Position(quantity=Decimal(3), cost=Decimal(267)), [order], market).cost
        == 267
    )
    order.status, order.filled, order.fills_quantity = "canceled", Decimal(0), Decimal(0)
    assert Exposure.of_orders(Position(), [order], market).cost == 0


def start_two(desk: Desk, **more: Any) -> list[Bot]:
    bots = [desk.make(name=name, **more) for name in ("one", "two")]
    for bot in bots:
        lifecycle.start_bot(bot.pk, now=timezone.now())
    return bots


def evaluate_both(bots: list[Bot]) -> None:
    """Evaluate them in two workers at the same moment."""
    together = threading.Barrier(len(bots))

    def look(bot: Bot) -> None:
        try:
            together.wait(10)
            runner.evaluate_bot(bot.pk, now=timezone.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=look, args=(bot,)) for bot in bots]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"budgets": {"USDT": "600"}}, "bind 600 USDT together: 500 is bound by others, and 500"),
        ({"most_orders": 1}, "1 open order together"),
    ],
)
def test_of_two_bots_at_once_one_finds_no_room(
    desk: Desk, changes: dict[str, Any], message: str
) -> None:
    limits.change_limits(desk.key.user, changes)
    evaluate_both(start_two(desk))
    modes = Bot.objects.order_by("mode").values_list("mode", "after_stop")
    assert list(modes) == [(Mode.RUNNING, ""), (Mode.STOPPING, Mode.ERROR)]
    halted = Bot.objects.get(mode=Mode.STOPPING)
    assert message in halted.reason
    assert Order.objects.count() == 1
    assert desk.settle(halted).mode == Mode.ERROR


def test_a_halted_bot_binds_its_placed_orders_until_they_end(
    desk: Desk,
) -> None:
    """Else another bot would place as if those orders did not wait at the venue."""
    desk.say_price("50500")
    grid = {"lower": "49000", "upper": "50000", "levels": 5, "quantity": "0.01"}
    bot = desk.make("grid", settings=grid)
    lifecycle.start_bot(bot.pk, now=timezone.now())
    Bot.objects.update(most_orders=3)
    runner.evaluate_bot(bot.pk, now=timezone.now())
    assert (bot.orders.count(), desk.now(bot).mode) == (3, Mode.STOPPING)
    assert limits.sum_bound(bot.user_id, "USDT", is_paper=True) >= 3 * 490


def test_while_no_price_is_known_nothing_is_taken_to_be_free(desk: Desk) -> None:
    """A purchase that trails has no price of its own."""
    desk.say_price("50000")
    bot = desk.start(desk.make(settings=PRICES | {"trailing_percent": "1"}))
    assert (len(desk.there()), desk.now(bot).bound) == (1, 500)
    desk.forget_price()
    bot = desk.settle(bot)
    assert (bot.mode, bot.bound) == (Mode.RUNNING, 500)


@pytest.mark.parametrize(
    ("settings", "types"),
    [
        ({"stop_percent": "5"}, ["market", "stop_loss", "market"]),
        ({}, ["market", "market"]),
    ],
)
def test_what_is_held_is_sold_also_when_no_price_is_known(
    desk: Desk, settings: dict[str, str], types: list[str]
) -> None:
    desk.say_price("50500")
    bot = desk.start(desk.make("manual", settings={"amount": "500"} | settings))
    runner.open_position(bot.pk, side="buy", now=timezone.now())
    desk.work(bot)
    desk.check()
    desk.settle(bot)
    desk.forget_price()
    runner.close_position(bot.pk, now=timezone.now())
    assert desk.settle(bot).mode == Mode.RUNNING
    assert list(bot.orders.order_by("pk").values_list("type", flat=True)) == types
    with pytest.raises(lifecycle.CommandRefused, match="No recent price"):
        runner.open_position(bot.pk, side="buy", now=timezone.now())


@pytest.mark.parametrize(
    ("held", "cost", "side", "quantity", "has_room"),
    [
        ("2", "190", "sell", "2", True),
        ("2", "190", "sell", "2.1", False),
        ("-2", "-220", "buy", "2", True),
        ("-2", "-220", "buy", "2.1", False),
        ("0", "0", "buy", "0.1", False),
    ],
)
@pytest.mark.parametrize("price", [Decimal(111), None])
def test_what_gives_back_what_is_held_has_room_whatever_the_limit_has_become(
    desk: Desk, held: str, cost: str, side: Any, quantity: str, has_room: bool, price: Any
) -> None:
    """Where nothing says that it only reduces, as the sale of a grid or a scalper on futures."""
    limits.change_limits(desk.key.user, {"budgets": {"USDT": "1"}})
    market = Market(symbol="BTC/USDT:USDT", is_futures=True, price_step=ZERO, quantity_step=ZERO,
                    min_quantity=ZERO, min_cost=ZERO, price=price)  # fmt: skip
    intent = Place(
        slot="x", turn=1, side=side, type="market", quantity=Decimal(quantity), reason=""
    )
    with transaction.atomic():
        room = limits.Headroom(
            desk.make(), make_exposure(held, cost, futures=True), orders=0, market=market
        )
        assert (room.reserve_order(intent) == "") == has_room


def test_another_currency_has_a_budget_of_its_own(desk: Desk) -> None:
    limits.change_limits(desk.key.user, {"budgets": {"USDC": "1"}})
    evaluate_both(start_two(desk))
    assert Order.objects.count() == 2


def test_paper_and_live_are_never_added_up(desk: Desk) -> None:
    bots = start_two(desk)
    for bot in bots:
        runner.evaluate_bot(bot.pk, now=timezone.now())
    assert limits.sum_bound(desk.key.user_id, "USDT", is_paper=True) == 1000
    assert limits.sum_bound(desk.key.user_id, "USDT", is_paper=False) == 0
    assert limits.sum_bound(desk.key.user_id, "USD", is_paper=True) == 0


def test_what_it_binds_is_free_again_when_it_has_stopped(desk: Desk) -> None:
    bot = desk.start(desk.make())
    assert limits.sum_bound(bot.user_id, "USDT", is_paper=True) == 500
    lifecycle.stop_bot(bot.pk, now=timezone.now())
    assert limits.sum_bound(bot.user_id, "USDT", is_paper=True) == 500
    desk.settle(bot)
    assert limits.sum_bound(bot.user_id, "USDT", is_paper=True) == 0


def test_a_bot_holds_no_more_than_its_limit(desk: Desk) -> None:
    desk.say_price("50500")
    grid = {"lower": "49000", "upper": "50000", "levels": 2, "quantity": "0.01"}
    bot = desk.start(desk.make("grid", settings=grid, most_held=Decimal("0.02")))
    assert bot.mode == Mode.RUNNING
    Bot.objects.update(most_held=Decimal("0.015"))
    lifecycle.stop_bot(bot.pk, now=timezone.now())
    desk.settle(bot)
    Bot.objects.update(mode=Mode.RUNNING, run=2)
    bot = desk.settle(bot)
    assert (bot.mode, bot.reason) == (Mode.ERROR, "It may hold 0.015 at most, and would come to "
                                                 "0.02.")  # fmt: skip
    assert desk.there() == []


def test_no_more_bots_run_than_the_limit(desk: Desk) -> None:
    limits.change_limits(desk.key.user, {"most_running": 1})
    first, second = desk.make(name="one"), desk.make(name="two")
    lifecycle.start_bot(first.pk, now=timezone.now())
    with pytest.raises(lifecycle.CommandRefused, match="You let 1 bot run at a time, and 1 do"):
        lifecycle.start_bot(second.pk, now=timezone.now())
    lifecycle.stop_bot(first.pk, now=timezone.now())
    lifecycle.start_bot(second.pk, now=timezone.now())
    with pytest.raises(lifecycle.CommandRefused):
        lifecycle.start_bot(first.pk, now=timezone.now())


def test_of_two_starts_at_once_one_is_refused(desk: Desk) -> None:
    limits.change_limits(desk.key.user, {"most_running": 1})
    bots = [desk.make(name=name) for name in ("one", "two")]
    refused = []

    def start(bot: Bot) -> None:
        try:
            lifecycle.start_bot(bot.pk, now=timezone.now())
        except lifecycle.CommandRefused as message:
            refused.append(message)
        finally:
            connection.close()

    threads = [threading.Thread(target=start, args=(bot,)) for bot in bots]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(refused) == 1
    assert Bot.objects.filter(mode=Mode.RUNNING).count() == 1


def test_a_bot_that_lost_too_much_today_stops(desk: Desk) -> None:
    bot = desk.start(desk.make("manual", settings={"amount": "100"}, daily_loss=Decimal(20)))
    book = bot.books.create(user=bot.user, key=bot.key, symbol=bot.symbol, quote="USDT")
    PnlDay.objects.create(book=book, on=timezone.now().date(), gross=Decimal(-19), fees=Decimal(1))
    desk.say_price("50500")
    with pytest.raises(lifecycle.CommandRefused, match="It has lost 20 today, and may lose 20"):
        runner.open_position(bot.pk, side="buy", now=timezone.now())
    assert desk.settle(bot).mode == Mode.ERROR


def test_nothing_is_added_while_its_losses_are_counted_again(desk: Desk) -> None:
    """What counts them wakes it; what only gives back is placed meanwhile."""
    bot = desk.start(desk.make(daily_loss=Decimal(20)))
    book = bot.books.create(user=bot.user, key=bot.key, symbol=bot.symbol, quote="USDT")
    PnlBook.objects.filter(pk=book.pk).update(is_behind=True)
    desk.fill(desk.newest(bot))
    desk.settle(bot)
    assert desk.open(bot) == ["sell 0.00999 at 51000"]
    desk.fill(desk.newest(bot))
    desk.settle(bot)
    assert desk.open(bot) == []
    PnlBook.objects.filter(pk=book.pk).update(is_behind=False)
    desk.settle(bot)
    assert desk.open(bot) == ["buy 0.01 at 50000"]


# By API


@pytest.fixture
def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_the_api_shows_and_changes_limits(desk: Desk, api: APIClient) -> None:
    desk.start(desk.make())
    assert api.get("/api/v1/limits/").json() == {
        "most_running": 50,
        "most_orders": 1000,
        "budgets": {},
        "running": 1,
        "orders": 1,
        "bound": [{"currency": "USDT", "simulated": True, "bound": "500"}],
    }
    answer = api.patch("/api/v1/limits/", {"budgets": {"USDT": "1000.50"}})
    assert (answer.status_code, answer.json()["budgets"]) == (200, {"USDT": "1000.5"})
    assert api.patch("/api/v1/limits/", {"most_orders": 7}).json()["budgets"] == {"USDT": "1000.5"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"most_running": -1},
        {"most_orders": "many"},
        {"budgets": []},
        {"budgets": {"USDT": "0"}},
        {"budgets": {"USDT": "NaN"}},
        {"budgets": {"USDT": 1.5}},
        {"budgets": {"no currency": "1"}},
        {"budgets": {f"C{number}": "1" for number in range(51)}},
        {"most": 1},
    ],
)
def test_invalid_limits_are_refused(api: APIClient, wrong: dict[str, Any]) -> None:
    answer = api.patch("/api/v1/limits/", wrong)
    assert (answer.status_code, list(answer.json())) == (400, list(wrong))
    assert not BotLimits.objects.exists()


def test_each_user_has_limits_of_their_own(api: APIClient, user: User, other_user: User) -> None:
    limits.change_limits(other_user, {"most_running": 3})
    assert api.get("/api/v1/limits/").json()["most_running"] == 50
    api.patch("/api/v1/limits/", {"most_running": 4})
    assert limits.for_user(other_user).most_running == 3


def test_limits_need_a_sign_in() -> None:
    assert APIClient().get("/api/v1/limits/").status_code == 401


def test_anothers_bots_take_no_room(desk: Desk, other_user: User, simulator: Any) -> None:
    account = simulator.open_account({"USDT": "100000"}, label="bob")
    theirs: ExchangeKey = actions.attach(user=other_user, label="Paper", venue="binance",
        market="spot", api_key=account["key"], secret=account["secret"], is_paper=True)  # fmt: skip
    limits.change_limits(desk.key.user, {"most_orders": 1, "budgets": {"USDT": "500"}})
    bot = Bot(user=other_user, key=theirs, name="x", symbol="BTC/USDT", strategy="scalper",
              settings=PRICES)  # fmt: skip
    desk.start(lifecycle.create_bot(bot, now=timezone.now()))
    assert desk.start(desk.make()).mode == Mode.RUNNING
