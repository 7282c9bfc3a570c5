"""Queue tasks after the commit. If the broker is away, the next sweep finds the work."""

from functools import partial
from typing import TYPE_CHECKING, Final

import structlog
from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from exchanges.holdings import request

if TYPE_CHECKING:
    from orders.models import Order

log = structlog.get_logger(__name__)

# By name, since orders may not import bots.
EVALUATE_BOT: Final = "bots.evaluate"
COUNT_FILLS: Final = "bots.count_fills"
EVALUATE_GROUP: Final = "orders.evaluate_group"


def send_on_commit(task: str, number: int) -> None:
    """Queue a task after the commit, once however often one transaction asks for it."""
    waiting = (getattr(entry[1], "args", None) for entry in connection.run_on_commit)
    if (task, number) not in waiting:
        transaction.on_commit(partial(send_task, task, number), robust=True)


def request_evaluation(bot_id: int | None) -> None:
    """Queue an evaluation of this bot, since one of its orders changed."""
    if bot_id is not None:
        send_on_commit(EVALUATE_BOT, bot_id)


def request_evaluations(order: "Order") -> None:
    """Queue an evaluation of the bot and of the group of an order that changed."""
    request_evaluation(order.bot_id)
    if order.order_group_id is not None:
        send_on_commit(EVALUATE_GROUP, order.order_group_id)


def request_fill_count(key_id: int) -> None:
    """Queue the count of this key's fills: one is new, or its fee became known."""
    send_on_commit(COUNT_FILLS, key_id)


def request_holdings(key_id: int) -> None:
    """Queue a question about what the key holds: its stream has not told what moved it."""
    transaction.on_commit(partial(request.request_refresh, key_id), robust=True)


def send_task(task: str, number: int, *, expires: float | None = None) -> None:
    try:
        current_app.send_task(task, args=[number], retry=False, expires=expires)
    except OperationalError as error:
        log.warning("broker unreachable, left to the sweep", task=task, error=repr(error))
