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
def make_bot(key: ExchangeKey) -> Make:
    def make(name: str = "one", **values: Any) -> Bot:
        defaults = {"mode": Mode.RUNNING, "symbol": "BTC/USDT", "evaluated_at": NOON, "run": 1}
        return Bot.objects.create(user=key.user, key=key, name=name, **(defaults | values))

    return make


def seconds_later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_bot_is_due_after_its_interval(make_bot: Make) -> None:
    bot = make_bot(check_seconds=60)
    assert schedule.claim_due(now=seconds_later(59)) == []
    assert schedule.claim_due(now=seconds_later(60)) == [bot.pk]
    assert schedule.claim_due(now=seconds_later(60)) == []
    assert schedule.claim_due(now=seconds_later(120)) == [bot.pk]


def test_a_bot_that_was_never_evaluated_is_due(make_bot: Make) -> None:
    bot = make_bot(check_seconds=3600, evaluated_at=None)
    assert schedule.claim_due(now=NOON) == [bot.pk]


def test_a_stopped_bot_is_not_due(make_bot: Make) -> None:
    make_bot("stopped", mode=Mode.STOPPED)
    make_bot("error", mode=Mode.ERROR)
    assert schedule.claim_due(now=seconds_later(9999)) == []


def test_a_stopping_bot_is_due_often(make_bot: Make) -> None:
    bot = make_bot(mode=Mode.STOPPING, check_seconds=3600)
    assert schedule.claim_due(now=seconds_later(4)) == []
    assert schedule.claim_due(now=seconds_later(5)) == [bot.pk]


def test_very_many_are_claimed_by_one_statement_and_handed_on_in_batches(make_bot: Make) -> None:
    ids = [make_bot(str(number)).pk for number in range(7)]
    with CaptureQueriesContext(connection) as queries:
        found = schedule.claim_due(now=seconds_later(60))
    assert (found, len(queries)) == (ids, 1)
    sizes = [len(some) for some in schedule.split_batches(list(range(125)))]
    assert sizes == [schedule.BATCH, schedule.BATCH, 25]


def place_order(bot: Bot, *, at: datetime) -> Order:
    order = record_order(bot.key, bot=bot, created_at=at)
    BotOrder.objects.create(bot=bot, run=bot.run, slot="buy", turn=1, order=order, reason="")
    return order


def test_a_bot_that_missed_a_message_is_found(make_bot: Make) -> None:
    bot = make_bot(check_seconds=3600)
    order = place_order(bot, at=NOON - timedelta(hours=1))
    assert schedule.list_missed(now=seconds_later(30)) == []
    reconciler.apply_report(order.pk, report("new"), source="poll", now=seconds_later(20))
    assert schedule.list_missed(now=seconds_later(30)) == [bot.pk]
    Bot.objects.update(evaluated_at=seconds_later(31))
    assert schedule.list_missed(now=seconds_later(60)) == []


def test_a_bot_with_a_short_interval_is_not_searched_for(make_bot: Make) -> None:
    bot = make_bot(check_seconds=5)
    place_order(bot, at=seconds_later(1))
    assert schedule.list_missed(now=seconds_later(30)) == []


def test_a_bot_that_fails_does_not_stop_the_others(desk: Desk) -> None:
    broken, well = desk.make(), desk.make(name="two")
    for bot in (broken, well):
        lifecycle.start_bot(bot.pk, now=timezone.now())
    Bot.objects.filter(pk=broken.pk).update(strategy="gone")
    tasks.evaluate_many([broken.pk, well.pk])
    assert well.orders.count() == 1


def test_a_started_bot_is_evaluated_at_once(desk: Desk) -> None:
    bot = desk.make(check_seconds=3600)
    now = timezone.now()
    for _ in range(2):
        lifecycle.start_bot(bot.pk, now=now)
        assert schedule.claim_due(now=now) == [bot.pk]
        runner.evaluate_bot(bot.pk, now=now)
        lifecycle.stop_bot(bot.pk, now=now)
        desk.settle(bot)


def test_prices_are_recorded_for_active_bots(desk: Desk) -> None:
    now = timezone.now()
    desk.say_price("50500")
    bot = desk.make()
    schedule.record_prices(now=now)
    assert not PriceMinute.objects.exists()
    lifecycle.start_bot(bot.pk, now=now)
    schedule.record_prices(now=now)
    assert PriceMinute.objects.get().high == 50500
    assert prices.list_requested() == {PriceMinute.objects.get().instrument}


def test_only_strategies_that_look_back_get_samples(desk: Desk) -> None:
    now = timezone.now()
    desk.say_price("50500")
    dip = {"drop_percent": "1", "window_minutes": 5, "amount": "100", "profit_percent": "1"}
    looks_back, lives_now = desk.make("dip", settings=dip), desk.make()
    lifecycle.start_bot(looks_back.pk, now=now)
    schedule.record_prices(now=now)
    seen = [market_view.read_market(bot, now=now) for bot in (looks_back, lives_now)]
    assert [len(market.samples) for market in seen if market] == [1, 0]
