"""The beat's rounds: whose time to look has come, who missed a word, which prices bots watch.

Who is due is claimed by one statement: of two rounds at once only one has a bot looked at.
"""

from datetime import datetime
from typing import Final

from django.db import connection

from bots.models import Bot, Mode
from bots.pnl import fee_values
from bots.prices import market_view
from exchanges.instruments import Instrument

MOST: Final = 1000  # bots in a round, those that waited longest first; the next is a second later
TOGETHER: Final = 50  # bots in one message to a worker
STOPPING_SECONDS: Final = 5  # whoever stops is looked at so often, however rarely it looks itself
DUE: Final = """
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
# What happened to an order wakes its bot. Should that word be lost, with a worker that was killed
# or a broker that was away, a bot that looks rarely would not know for long.
MISSED: Final = """
SELECT bot.id FROM bots_bot AS bot
WHERE bot.mode IN ('running', 'stopping') AND bot.check_seconds > %(often)s
AND bot.evaluated_at <= %(now)s - %(often)s * interval '1 second'
AND EXISTS (
    SELECT FROM bots_botorder AS act
    JOIN orders_orderchange AS change ON change.order_id = act.order_id
    WHERE act.bot_id = bot.id AND act.run = bot.run AND act.is_newest
    AND change.at > bot.evaluated_at - interval '10 seconds'
)
"""


def due(*, now: datetime) -> list[int]:
    """Taken: they are not due again before their time, even if their worker is lost."""
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"now": now, "most": MOST, "stopping": STOPPING_SECONDS})
        return sorted(pk for (pk,) in cursor.fetchall())


def missed(*, now: datetime, often: int = 10) -> list[int]:
    """Bots that look more rarely than that, and have not looked since one of their orders changed.

    A change may be written down a little later than it is dated: once too often does no harm.
    """
    with connection.cursor() as cursor:
        cursor.execute(MISSED, {"now": now, "often": often})
        return [pk for (pk,) in cursor.fetchall()]


def batches(bots: list[int]) -> list[list[int]]:
    return [bots[start : start + TOGETHER] for start in range(0, len(bots), TOGETHER)]


def see_prices(*, now: datetime) -> None:
    """Have them followed, and remember this minute's."""
    awake = Bot.objects.filter(mode__in=[Mode.RUNNING, Mode.STOPPING]).order_by()
    fields = ("key__venue", "key__market", "key__is_paper", "symbol")
    names = {str(Instrument(*one)) for one in awake.values_list(*fields).distinct()}
    names |= fee_values.list_followed(now=now)
    market_view.watch_instruments(names)
    market_view.record_minute(market_view.read_prices(names, now=now), now=now)
