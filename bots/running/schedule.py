"""Choose the bots that the beat has evaluated now, and record the prices that bots watch.

One statement claims the due bots: of two rounds at once only one gets each bot.
"""

from datetime import datetime
from typing import Final

from django.db import connection

from bots.models import Bot, Mode
from bots.pnl import fee_values
from bots.prices import market_view
from exchanges.instruments import Instrument

MOST_BOTS: Final = 1000  # in a round, those that waited longest first; the next is a second later
BATCH: Final = 50  # bots in one message to a worker
STOPPING_SECONDS: Final = 5  # evaluate a stopping bot so often, whatever its own interval
CLAIM_DUE: Final = """
UPDATE bots_bot SET evaluated_at = %(now)s WHERE id IN (
    SELECT id FROM bots_bot
    WHERE mode IN ('running', 'stopping') AND (
        evaluated_at IS NULL
        OR evaluated_at <= %(now)s - check_seconds * interval '1 second'
        OR mode = 'stopping' AND evaluated_at <= %(now)s - %(stopping)s * interval '1 second'
    )
    ORDER BY evaluated_at NULLS FIRST LIMIT %(most)s
    FOR NO KEY UPDATE SKIP LOCKED
) RETURNING id
"""
# A change of an order wakes its bot. If that message is lost, because a worker was killed or the
# broker was away, a bot with a long interval would not notice for long.
SELECT_MISSED: Final = """
SELECT bot.id FROM bots_bot AS bot
WHERE bot.mode IN ('running', 'stopping') AND bot.check_seconds > %(interval)s
AND bot.evaluated_at <= %(now)s - %(interval)s * interval '1 second'
AND EXISTS (
    SELECT FROM bots_botorder AS bot_order
    JOIN orders_orderchange AS change ON change.order_id = bot_order.order_id
    WHERE bot_order.bot_id = bot.id AND bot_order.run = bot.run AND bot_order.is_newest
    AND change.at > bot.evaluated_at - interval '10 seconds'
)
"""


def claim_due(*, now: datetime) -> list[int]:
    """Claim the due bots. They are not due again before their interval, even if the worker dies."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM_DUE, {"now": now, "most": MOST_BOTS, "stopping": STOPPING_SECONDS})
        return sorted(pk for (pk,) in cursor.fetchall())


def list_missed(*, now: datetime, interval: int = 10) -> list[int]:
    """Return bots with a longer interval whose orders changed since their last evaluation.

    A change may be saved a little later than it is dated, so the query looks 10 seconds further
    back: an evaluation too many does no harm.
    """
    with connection.cursor() as cursor:
        cursor.execute(SELECT_MISSED, {"now": now, "interval": interval})
        return [pk for (pk,) in cursor.fetchall()]


def split_batches(bots: list[int]) -> list[list[int]]:
    return [bots[start : start + BATCH] for start in range(0, len(bots), BATCH)]


def record_prices(*, now: datetime) -> None:
    """Have the instruments of active bots followed, and save the prices of this minute."""
    active = Bot.objects.filter(mode__in=[Mode.RUNNING, Mode.STOPPING]).order_by()
    fields = ("key__venue", "key__market", "key__is_paper", "symbol")
    instruments = {str(Instrument(*row)) for row in active.values_list(*fields).distinct()}
    instruments |= fee_values.list_followed(now=now)
    market_view.watch_instruments(instruments)
    market_view.record_minute(market_view.read_prices(instruments, now=now), now=now)
