"""Requests to check one key now, from the API and from the command `resync`."""

from celery import current_app
from kombu.exceptions import OperationalError

from exchanges.models import ExchangeKey
from orders.models import IS_OPEN, LACKS_FILLS, Order


class QueueUnreachable(Exception):
    """The task queue cannot be reached, so no worker will check anything."""


def request_check(key: ExchangeKey) -> int:
    """Queue a check of this key; return how many orders its venue will be asked about."""
    try:
        current_app.send_task("orders.check_key", args=[key.pk], retry=False)
        current_app.send_task("exchanges.refresh_holdings", args=[key.pk], retry=False)
    except OperationalError as error:
        raise QueueUnreachable("the task queue cannot be reached; is Redis running?") from error
    return count_pending(key)


def count_pending(key: ExchangeKey) -> int:
    """Count the orders of this key that a check asks its venue about."""
    return Order.objects.filter(IS_OPEN | LACKS_FILLS, key=key).count()
