"""Find our symbol for a sender's name; the same name always gives the same symbol.

1. Search the markets that the user's active keys reach: BTCUSDT is BTC/USDT.
2. An exact match with our name is best.
3. A perpetual (BTCUSDT.P) matches futures only; any other name prefers spot to futures.
4. Among the rest the shorter name wins, then the alphabet.

A venue in the name (BINANCE:BTCUSDT) is ignored: it tells where the chart is, and the bot decides
where to trade.
"""

from django.db.models import Q
from django.db.models.functions import Concat, Upper

from bots.signals import parse
from exchanges.models import ExchangeKey, Symbol


def find_symbol(user_id: int, text: str) -> str | None:
    """Return our symbol, or None if no market of this user has it."""
    if not (markets := _reachable_markets(user_id)):
        return None
    plain, is_perpetual = parse.normalize_symbol(text), parse.is_perpetual(text)
    symbols = Symbol.objects.filter(markets).annotate(plain=Upper(Concat("base", "quote")))
    rows = symbols.filter(Q(plain=plain) | Q(name=text.upper())).values_list("name", "market")
    ranked = sorted(
        (name != text.upper(), market == "futures", len(name), name)
        for name, market in rows
        if market == "futures" or not is_perpetual
    )
    return ranked[0][-1] if ranked else None


def _reachable_markets(user_id: int) -> Q:
    keys = ExchangeKey.objects.filter(user=user_id, is_active=True)
    markets = Q()
    for venue, market, is_paper in keys.values_list("venue", "market", "is_paper").distinct():
        markets |= Q(venue=venue, market=market, is_paper=is_paper)
    return markets
