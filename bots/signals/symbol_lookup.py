"""Which of our symbols somebody's name for it means; the same answer whenever it is asked.

1. Of the markets that the user's active keys reach, those that have it: BTCUSDT is BTC/USDT.
2. A name that is said exactly as we have it is that one.
3. A perpetual (BTCUSDT.P) is looked for among futures only; any other at spot before futures.
4. What is left is decided by the shorter name, then by the alphabet.

A venue before it (BINANCE:BTCUSDT) says where the chart is, not where to trade: the bot says that.
"""

from django.db.models import Q
from django.db.models.functions import Concat, Upper

from bots.signals import parse
from exchanges.models import ExchangeKey, Symbol


def symbol(user_id: int, said: str) -> str | None:
    """None: no market of this user has it."""
    if not (reached := _reached(user_id)):
        return None
    plain, futures = parse.plain_symbol(said), parse.is_perpetual(said)
    known = Symbol.objects.filter(reached).annotate(plain=Upper(Concat("base", "quote")))
    found = known.filter(Q(plain=plain) | Q(name=said.upper())).values_list("name", "market")
    wanted = sorted(
        (name != said.upper(), market == "futures", len(name), name)
        for name, market in found
        if market == "futures" or not futures
    )
    return wanted[0][-1] if wanted else None


def _reached(user_id: int) -> Q:
    keys = ExchangeKey.objects.filter(user=user_id, is_active=True)
    reached = Q()
    for venue, market, is_paper in keys.values_list("venue", "market", "is_paper").distinct():
        reached |= Q(venue=venue, market=market, is_paper=is_paper)
    return reached
