"""The beat's rounds: each bot as often as it is set to look, and nobody is forgotten."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots import tasks
from bots.models import Bot, BotOrder, Mode, PriceMinute
from bots.prices import market_view
from bots.running import lifecycle, runner, schedule
from exchanges.models import ExchangeKey
from orders import reconciler
from orders.models import Order
from realtime import prices
from tests.bots.desk import Desk
from tests.orders.reports import NOON, report
from tests.trading import record_order

Make = Callable[..., Bot]


@pytest.fixture
def make(key: ExchangeKey) -> Make:
    def one(name: str = "one", **given: Any) -> Bot:
        given = {"mode": Mode.RUNNING, "symbol": "BTC/USDT", "evaluated_at": NOON, "run": 1} | given
        return Bot.objects.create(user=key.user, key=key, name=name, **given)

    return one


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_as_often_as_it_is_set_to(make: Make) -> None:
    bot = make(check_seconds=60)
    assert schedule.claim_due(now=after(59)) == []
    assert schedule.claim_due(now=after(60)) == [bot.pk]
    assert schedule.claim_due(now=after(60)) == []
    assert schedule.claim_due(now=after(120)) == [bot.pk]


def test_who_was_never_evaluated_at_comes_at_once(make: Make) -> None:
    bot = make(check_seconds=3600, evaluated_at=None)
    assert schedule.claim_due(now=NOON) == [bot.pk]


def test_who_is_at_rest_is_left_alone(make: Make) -> None:
    make("stopped", mode=Mode.STOPPED)
    make("error", mode=Mode.ERROR)
    assert schedule.claim_due(now=after(9999)) == []


def test_who_stops_is_evaluated_at_often_until_it_has_stopped(make: Make) -> None:
    bot = make(mode=Mode.STOPPING, check_seconds=3600)
    assert schedule.claim_due(now=after(4)) == []
    assert schedule.claim_due(now=after(5)) == [bot.pk]


def test_very_many_are_claimed_by_one_statement_and_handed_on_in_batches(make: Make) -> None:
    ids = [make(str(number)).pk for number in range(7)]
    with CaptureQueriesContext(connection) as queries:
        found = schedule.claim_due(now=after(60))
    assert (found, len(queries)) == (ids, 1)
    sizes = [len(some) for some in schedule.split_batches(list(range(125)))]
    assert sizes == [schedule.BATCH, schedule.BATCH, 25]


def act(bot: Bot, *, at: datetime) -> Order:
    order = record_order(bot.key, bot=bot, created_at=at)
    BotOrder.objects.create(bot=bot, run=bot.run, slot="buy", turn=1, order=order, reason="")
    return order


def test_who_missed_a_word_is_found(make: Make) -> None:
    bot = make(check_seconds=3600)
    order = act(bot, at=NOON - timedelta(hours=1))
    assert schedule.list_missed(now=after(30)) == []
    reconciler.apply_report(order.pk, report("new"), source="poll", now=after(20))
    assert schedule.list_missed(now=after(30)) == [bot.pk]
    Bot.objects.update(evaluated_at=after(31))
    assert schedule.list_missed(now=after(60)) == []


def test_who_looks_often_is_not_looked_for(make: Make) -> None:
    bot = make(check_seconds=5)
    act(bot, at=after(1))
    assert schedule.list_missed(now=after(30)) == []


def test_one_that_cannot_be_evaluated_at_does_not_hold_up_the_others(desk: Desk) -> None:
    broken, well = desk.make(), desk.make(name="two")
    for bot in (broken, well):
        lifecycle.start_bot(bot.pk, now=timezone.now())
    Bot.objects.filter(pk=broken.pk).update(strategy="gone")
    tasks.evaluate_many([broken.pk, well.pk])
    assert well.orders.count() == 1


def test_it_looks_at_once_when_it_is_started(desk: Desk) -> None:
    bot = desk.make(check_seconds=3600)
    now = timezone.now()
    for _ in range(2):
        lifecycle.start_bot(bot.pk, now=now)
        assert schedule.claim_due(now=now) == [bot.pk]
        runner.evaluate_bot(bot.pk, now=now)
        lifecycle.stop_bot(bot.pk, now=now)
        desk.settle(bot)


def test_prices_are_kept_for_those_who_are_awake(desk: Desk) -> None:
    now = timezone.now()
    desk.say_price("50500")
    bot = desk.make()
    schedule.record_prices(now=now)
    assert not PriceMinute.objects.exists()
    lifecycle.start_bot(bot.pk, now=now)
    schedule.record_prices(now=now)
    assert PriceMinute.objects.get().high == 50500
    assert prices.list_requested() == {PriceMinute.objects.get().instrument}


def test_only_who_looks_back_is_shown_the_last_day(desk: Desk) -> None:
    now = timezone.now()
    desk.say_price("50500")
    dip = {"drop_percent": "1", "window_minutes": 5, "amount": "100", "profit_percent": "1"}
    looks_back, lives_now = desk.make("dip", settings=dip), desk.make()
    lifecycle.start_bot(looks_back.pk, now=now)
    schedule.record_prices(now=now)
    seen = [market_view.read_market(bot, now=now) for bot in (looks_back, lives_now)]
    assert [len(market.samples) for market in seen if market] == [1, 0]
