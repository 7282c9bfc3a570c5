"""Count the numbers at the top of the orders page, anew each time. Reads only."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, QuerySet, Sum

from exchanges.models import ExchangeKey
from orders.models import IS_OPEN, Fill, Order, Status
from users.models import User
from users.sharing.rows import Grants, find_grants


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderCounts:
    """Counts of one kind of money: paper money is never added to real money."""

    simulated: bool
    open: int
    filled: int
    volume: dict[str, Decimal]


def count_orders(user: User, grants: Grants = None, *, now: datetime) -> list[OrderCounts]:
    """Count open orders, and fills and volume since midnight UTC, for each kind of money in use."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    grants = find_grants(user.pk) if grants is None else grants
    orders = Order.objects.visible_to(user.pk, grants)
    fills = Fill.objects.visible_to(user.pk, grants)
    is_open = _count_by_money(orders.filter(IS_OPEN))
    filled = _count_by_money(orders.filter(status=Status.FILLED, ended_at__gte=midnight))
    volume = _sum_volume(fills.filter(executed_at__gte=midnight))
    keys = ExchangeKey.objects.visible_to(user.pk, grants)
    kinds = set(keys.values_list("is_paper", flat=True))
    return [
        OrderCounts(simulated=kind, open=is_open[kind], filled=filled[kind], volume=volume[kind])
        for kind in sorted(kinds) or [False]
    ]


def _count_by_money(orders: QuerySet[Order]) -> Counter[bool]:
    rows = orders.order_by().values_list("key__is_paper").annotate(number=Count("pk"))
    return Counter(dict(rows))


def _sum_volume(fills: QuerySet[Fill]) -> dict[bool, dict[str, Decimal]]:
    """Sum the traded volume by quote currency; currencies are never added up."""
    worth = Sum(F("price") * F("quantity"))
    rows = fills.order_by().values_list("key__is_paper", "symbol").annotate(worth=worth)
    volume: dict[bool, dict[str, Decimal]] = defaultdict(dict)
    for simulated, symbol, traded in rows:
        quote = symbol.partition("/")[2].partition(":")[0] or symbol
        volume[simulated][quote] = volume[simulated].get(quote, Decimal(0)) + traded
    return volume
