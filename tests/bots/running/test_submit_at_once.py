"""From a fill to the next order in as few steps as it takes."""

import json

from celery import current_app
from django.utils import timezone

from bots import tasks
from bots.models import Bot
from bots.running import lifecycle
from orders import submission
from realtime import redis
from tests.bots.desk import Desk
from tests.trading import reload_order


def told(bot: Bot) -> int:
    """How many messages wait that tell workers of this bot."""
    queue = f"{current_app.conf.broker_transport_options['global_keyprefix']}default"
    messages = [json.loads(one) for one in redis.redis_client().lrange(queue, 0, -1)]
    return sum(one["headers"]["task"] == "bots.evaluate" for one in messages)


def test_who_looks_sends_at_once(desk: Desk) -> None:
    bot = desk.make()
    lifecycle.start_bot(bot.pk, now=timezone.now())
    tasks.evaluate_bot(bot.pk)
    assert [one["side"] for one in desk.there()] == ["BUY"]
    desk.fill(desk.newest(bot))
    tasks.evaluate_bot(bot.pk)
    assert [one["side"] for one in desk.there()] == ["SELL"]


def test_both_ways_together_send_it_once(desk: Desk) -> None:
    bot = desk.make()
    lifecycle.start_bot(bot.pk, now=timezone.now())
    tasks.evaluate_bot(bot.pk)
    assert submission.submit_order(desk.newest(bot).pk) is None
    assert len(desk.there()) == 1


def test_what_gets_no_answer_is_looked_for(desk: Desk) -> None:
    match = {"key": desk.key.api_key, "method": "POST"}
    desk.simulator.control.post("faults", kind="close_after_accept", times=1, match=match)
    bot = desk.make()
    lifecycle.start_bot(bot.pk, now=timezone.now())
    tasks.evaluate_bot(bot.pk)
    assert desk.newest(bot).status == "unknown"
    submission.look_up_order(desk.newest(bot).pk)
    assert reload_order(desk.newest(bot)).status == "new"


def test_a_receipt_wakes_no_bot_and_a_fill_does(desk: Desk) -> None:
    bot = desk.make()
    lifecycle.start_bot(bot.pk, now=timezone.now())
    before = told(bot)
    tasks.evaluate_bot(bot.pk)
    assert desk.newest(bot).status == "new"
    assert told(bot) == before
    desk.fill(desk.newest(bot), "0.004")
    assert told(bot) > before
