"""The worker that evaluates a bot also submits its orders."""

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


def count_messages(bot: Bot) -> int:
    """Count the queued messages that evaluate this bot."""
    queue = f"{current_app.conf.broker_transport_options['global_keyprefix']}default"
    messages = [json.loads(one) for one in redis.redis_client().lrange(queue, 0, -1)]
    return sum(one["headers"]["task"] == "bots.evaluate" for one in messages)


def test_the_evaluating_worker_submits_at_once(desk: Desk) -> None:
    bot = desk.make()
    lifecycle.start_bot(bot.pk, now=timezone.now())
    tasks.evaluate_bot(bot.pk)
    assert [one["side"] for one in desk.there()] == ["BUY"]
    desk.fill(desk.newest(bot))
    tasks.evaluate_bot(bot.pk)
    assert [one["side"] for one in desk.there()] == ["SELL"]


def test_both_tasks_together_submit_it_once(desk: Desk) -> None:
    bot = desk.make()
    lifecycle.start_bot(bot.pk, now=timezone.now())
    tasks.evaluate_bot(bot.pk)
    assert submission.submit_order(desk.newest(bot).pk) is None
    assert len(desk.there()) == 1


def test_an_order_without_an_answer_is_looked_up(desk: Desk) -> None:
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
    before = count_messages(bot)
    tasks.evaluate_bot(bot.pk)
    assert desk.newest(bot).status == "new"
    assert count_messages(bot) == before
    desk.fill(desk.newest(bot), "0.004")
    assert count_messages(bot) > before
