"""Handing work on to a worker, after the commit. Should the broker be away, a round finds it."""

from functools import partial
from typing import Final

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

# Known by their names alone: bots stand above orders.
EVALUATE_BOT: Final = "bots.evaluate"
COUNT_FILLS: Final = "bots.count_fills"


def send_on_commit(task: str, number: int) -> None:
    transaction.on_commit(partial(send_task, task, number), robust=True)


def request_evaluation(bot_id: int | None) -> None:
    """Something happened to an order of this bot: have it look."""
    if bot_id is not None:
        send_on_commit(EVALUATE_BOT, bot_id)


def request_fill_count(key_id: int) -> None:
    """A part was executed with this key, or its fee is known now: have it counted."""
    send_on_commit(COUNT_FILLS, key_id)


def send_task(task: str, number: int, *, expires: float | None = None) -> None:
    try:
        current_app.send_task(task, args=[number], retry=False, expires=expires)
    except OperationalError as error:
        log.warning("broker away: the sweep will take this on", task=task, error=repr(error))
