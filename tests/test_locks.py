"""Row locks let other transactions reference the row.

The database looks at what a new row points to when its transaction ends. By then the counter of
events is locked; who holds the row and wants the counter would wait for ever.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from bots.models import Bot, LogEntry, PnlBook
from bots.running import lifecycle, stop_all
from exchanges.keys import actions
from exchanges.models import ExchangeKey
from orders import reconciler
from orders.models import Order
from tests.trading import record_order

LOCKS: dict[str, Callable[[Bot, Order], object]] = {
    "bot": lambda bot, order: lifecycle.lock_bot(bot.pk),
    "order": lambda bot, order: reconciler._lock_order(order.pk),
    "key": lambda bot, order: actions._lock_key(bot.key_id),
    "user": lambda bot, order: stop_all.stop_all(bot.user, now=timezone.now()),
}


def _point_to(bot: Bot, order: Order) -> None:
    """Lock as another worker would, without waiting long."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '2s'")
        LogEntry.objects.create(
            user_id=bot.user_id, bot=bot, order=order, created_at=timezone.now()
        )
        PnlBook.objects.create(
            user_id=bot.user_id, key_id=bot.key_id, bot=bot, symbol="A/B", quote="B"
        )
    connection.close()


@pytest.mark.parametrize("what", LOCKS)
def test_a_locked_row_may_be_pointed_to(key: ExchangeKey, what: str) -> None:
    bot = Bot.objects.create(user=key.user, key=key, name="grid-1", symbol="BTC/USDT")
    order = record_order(key)
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        LOCKS[what](bot, order)
        other.submit(_point_to, bot, order).result()
    assert LogEntry.objects.filter(order=order).exists()
