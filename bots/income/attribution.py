"""Attribute funding to a bot where the position that it was paid for was that bot's alone."""

from datetime import datetime
from decimal import Decimal

from django.db.models import Case, F, Sum, When

from bots.models import IncomeEntry, IncomeKind
from orders.models import Fill, Side


def find_only_bot(key_id: int, symbol: str, at: datetime) -> int | None:
    """Return the bot that alone held the symbol then; None: nobody, several, or by hand.

    It is computed from the fills until then: the bot may have closed its position since.
    """
    fills = Fill.objects.filter(key=key_id, symbol=symbol, executed_at__lte=at)
    signed = Case(When(side=Side.BUY, then=F("quantity")), default=-F("quantity"))
    held = fills.order_by().values("order__bot", "order__position_side").annotate(held=Sum(signed))
    holders = {found["order__bot"] for found in held if found["held"] != Decimal(0)}
    return holders.pop() if len(holders) == 1 else None


def attribute_funding(key_id: int, *, since: datetime) -> int:
    """Attribute the key's funding since then, and return how many entries changed.

    What was attributed before is computed anew: a fill from before may have been heard since.
    """
    changed = 0
    entries = IncomeEntry.objects.filter(key=key_id, kind=IncomeKind.FUNDING, at__gte=since)
    for entry in entries.exclude(symbol=""):
        bot_id = find_only_bot(key_id, entry.symbol, entry.at)
        if bot_id != entry.bot_id:
            changed += IncomeEntry.objects.filter(pk=entry.pk).update(bot=bot_id)
    return changed
