"""Whoever has looked at a bot sends what it wants at once; its message to others is the second way.

An order is sent by who takes the right to, so both together send it once.
"""

from typing import Final

import structlog

from bots.models import BotOrder
from exchanges.base import VenueError
from orders.lifecycle import states
from orders.tasks import COUNTDOWNS, look_up

log = structlog.get_logger(__name__)

MOST: Final = 3  # the others meanwhile, by whoever takes up their messages


def send(bot_id: int) -> None:
    from orders import submission  # brings ccxt, which only workers load

    waiting = BotOrder.objects.filter(
        bot=bot_id, is_newest=True, order__status=states.PENDING, order__submitted_at=None
    )
    for order_id in waiting.order_by("pk").values_list("order", flat=True)[:MOST]:
        try:
            submission.submit(order_id)
        except submission.StillUnknown:
            look_up.apply_async(args=(order_id,), countdown=COUNTDOWNS[0])
        except VenueError as error:  # not sent: the sweep hands it on again
            log.info("not sent at once", order=order_id, error=str(error))
