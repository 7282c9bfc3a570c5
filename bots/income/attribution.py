"""Attribute funding to a bot where the position that it was paid for was that bot's alone."""

from decimal import Decimal

from django.db.models import Case, F, Sum, When

from exchanges.base import StatementRow
from orders.models import Fill, Side


def find_only_bot(key_id: int, row: StatementRow) -> int | None:
    """Return the bot that alone held the row's symbol then; None: nobody, several, or by hand.

    It is computed from the fills until then: the bot may have closed its position since.
    """
    if row.kind != "funding" or not row.symbol:
        return None
    fills = Fill.objects.filter(key=key_id, symbol=row.symbol, executed_at__lte=row.at)
    signed = Case(When(side=Side.BUY, then=F("quantity")), default=-F("quantity"))
    held = fills.order_by().values("order__bot", "order__position_side").annotate(held=Sum(signed))
    holders = {found["order__bot"] for found in held if found["held"] != Decimal(0)}
    return holders.pop() if len(holders) == 1 else None
