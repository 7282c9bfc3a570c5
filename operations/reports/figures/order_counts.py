"""Orders and fills of a period: counts by venue and symbol, volume, fees by coin, and sources."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum

from exchanges.instruments import is_inverse
from operations.reports.periods import ReportPeriod
from orders.models import Fill, Order, OrderChange, Origin, Status
from realtime.values import EXACT, ZERO, format_money

Row = dict[str, Any]
# The counts of orders: those that began, then those that ended.
BEGUN: Final = {"placed": Origin.FILLWATCH, "external": Origin.EXTERNAL}
ENDED: Final = {
    "filled": Status.FILLED,
    "cancelled": Status.CANCELED,
    "rejected": Status.REJECTED,
    "denied": Status.DENIED,
    "expired": Status.EXPIRED,
}
COUNTS: Final = (*BEGUN, *ENDED)
PLACE: Final = ("key__venue", "key__market", "key__is_paper", "symbol")
EXACT_VOLUME: Final = ExpressionWrapper(
    F("price") * F("quantity"), DecimalField(max_digits=76, decimal_places=36)
)


@dataclass(frozen=True, slots=True)
class OrderRows:
    """The orders and fills of a user, or of keys that are shared with one."""

    orders: QuerySet[Order]
    fills: QuerySet[Fill]


def count_orders(rows: OrderRows, period: ReportPeriod, *, places: Sequence[str]) -> list[Row]:
    """Count the orders that began or ended in a period, for each of these fields of theirs."""
    began = Q(created_at__gte=period.since, created_at__lt=period.until)
    ended = Q(ended_at__gte=period.since, ended_at__lt=period.until)
    counts = {
        **{
            f"number_{name}": Count("pk", began & Q(origin=origin))
            for name, origin in BEGUN.items()
        },
        **{f"number_{name}": Count("pk", ended & Q(status=one)) for name, one in ENDED.items()},
    }
    found = rows.orders.filter(began | ended).order_by().values(*places).annotate(**counts)
    return [
        {name: row[name] for name in places} | {name: row[f"number_{name}"] for name in COUNTS}
        for row in found
    ]


def list_by_symbol(rows: OrderRows, period: ReportPeriod) -> list[Row]:
    """Count orders and sum the fills of each venue and symbol, in the order of their names."""
    counts = {_read_place(row): row for row in count_orders(rows, period, places=PLACE)}
    fills = {_read_place(row): row for row in _sum_fills(rows, period)}
    listed = []
    for place in sorted({*counts, *fills}):
        venue, market, simulated, symbol = place
        row = counts.get(place, dict.fromkeys(COUNTS, 0))
        listed.append(
            {"venue": venue, "market": market, "simulated": simulated, "symbol": symbol}
            | {name: row[name] for name in COUNTS}
            | _describe_fills(symbol, fills.get(place))
        )
    return listed


def sum_counts(rows: Iterable[Row]) -> dict[str, int]:
    """Add up the counts of all rows."""
    total = dict.fromkeys((*COUNTS, "fills"), 0)
    for row in rows:
        for name in total:
            total[name] += row[name]
    return total


def sum_volume(rows: Iterable[Row]) -> list[Row]:
    """Add up the volume by quote currency, paper and live apart."""
    sums: dict[tuple[bool, str], Decimal] = {}
    for row in rows:
        if row["volume"] is not None and row["fills"]:
            name = row["simulated"], row["currency"]
            sums[name] = EXACT.add(sums.get(name, ZERO), Decimal(row["volume"]))
    return [
        {"simulated": simulated, "currency": currency, "amount": format_money(amount)}
        for (simulated, currency), amount in sorted(sums.items())
    ]


def sum_fees(rows: OrderRows, period: ReportPeriod) -> list[Row]:
    """Add up the fees in each coin that they were paid in; below zero a venue paid them."""
    found = (
        _filter_fills(rows, period)
        .filter(fee__isnull=False)
        .exclude(fee=0)
        .values_list("key__is_paper", "fee_currency")
        .annotate(amount=Sum("fee"))
    )
    return [
        {"simulated": simulated, "currency": currency, "amount": format_money(amount)}
        for simulated, currency, amount in sorted(found)
    ]


def count_unknown_fees(rows: OrderRows, period: ReportPeriod) -> int:
    return _filter_fills(rows, period).filter(fee__isnull=True).count()


def count_sources(rows: OrderRows, period: ReportPeriod) -> list[Row]:
    """Count by which way the end of each order became known, the most frequent first."""
    ended = rows.orders.filter(ended_at__gte=period.since, ended_at__lt=period.until).order_by()
    ends = OrderChange.objects.filter(order__in=ended.values("pk"), status__in=ENDED.values())
    first_told = ends.order_by("order_id", "version").distinct("order_id").values("pk")
    found = OrderChange.objects.filter(pk__in=first_told).order_by().values_list("source")
    counts = found.annotate(number=Count("pk"))
    return [
        {"source": source, "orders": number}
        for source, number in sorted(counts, key=lambda row: (-row[1], row[0]))
    ]


def _read_place(row: Row) -> tuple[str, str, bool, str]:
    return row["key__venue"], row["key__market"], row["key__is_paper"], row["symbol"]


def _sum_fills(rows: OrderRows, period: ReportPeriod) -> list[Row]:
    fills = _filter_fills(rows, period).values(*PLACE)
    return list(fills.annotate(number=Count("pk"), volume=Sum(EXACT_VOLUME)))


def _filter_fills(rows: OrderRows, period: ReportPeriod) -> QuerySet[Fill]:
    fills = rows.fills.filter(executed_at__gte=period.since, executed_at__lt=period.until)
    return fills.order_by()


def _describe_fills(symbol: str, row: Row | None) -> Row:
    """Describe the fills of a symbol; of inverse contracts no volume is known in a currency."""
    quote = symbol.partition("/")[2].partition(":")[0] or symbol
    if is_inverse(symbol):
        return {"fills": row["number"] if row else 0, "currency": "", "volume": None}
    volume = row["volume"] if row else ZERO
    return {
        "fills": row["number"] if row else 0,
        "currency": quote,
        "volume": format_money(volume),
    }
