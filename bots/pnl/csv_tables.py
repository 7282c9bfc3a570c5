"""The tables of the CSV exports: their columns, in an order that never changes, and their rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final

from django.db.models import BooleanField, DecimalField, ExpressionWrapper, F, Q, QuerySet

from bots.models import ClosedTrade, PnlBook, PnlDay
from bots.pnl.csv_stream import (
    Column,
    Rows,
    Table,
    write_amounts,
    write_day,
    write_flag,
    write_integer,
    write_number,
    write_time,
)
from bots.pnl.summary import filter_books
from orders.models import Fill, Order


@dataclass(frozen=True, slots=True)
class RowFilters:
    """The filters of an export; `since` is included, `until` is not."""

    key: int | None = None
    bot: int | None = None
    symbol: str = ""
    since: datetime | None = None
    until: datetime | None = None


def _key_columns(path: str, bot: str) -> list[Column]:
    return [
        Column("key", f"{path}key_id", write_integer),
        Column("key_label", f"{path}key__label"),
        Column("venue", f"{path}key__venue"),
        Column("market", f"{path}key__market"),
        Column("simulated", f"{path}key__is_paper", write_flag),
        Column("bot", f"{bot}bot_id", write_integer),
        Column("bot_name", f"{bot}bot__name"),
    ]


ORDERS: Final = Table(
    [
        Column("id", "pk", write_integer),
        Column("created_at", "created_at", write_time),
        *_key_columns("", ""),
        Column("symbol", "symbol"),
        Column("side", "side"),
        Column("type", "type"),
        Column("time_in_force", "time_in_force"),
        Column("price", "price", write_number),
        Column("trigger_price", "trigger_price", write_number),
        Column("trailing_percent", "trailing_percent", write_number),
        Column("quantity", "quantity", write_number),
        Column("filled", "filled", write_number),
        Column("average_price", "average_price", write_number),
        Column("cost", "cost", write_number),
        Column("fees", "fees", write_amounts),
        Column("lacks_fees", "lacks_fees", write_flag),
        Column("reduce_only", "reduce_only", write_flag),
        Column("status", "status"),
        Column("origin", "origin"),
        Column("client_order_id", "client_order_id"),
        Column("exchange_order_id", "exchange_order_id"),
        Column("submitted_at", "submitted_at", write_time),
        Column("ended_at", "ended_at", write_time),
        Column("ended_by", "ended_by"),
        Column("ended_reason", "ended_reason"),
    ],
    order_by=["pk"],
)
FILLS: Final = Table(
    [
        Column("id", "pk", write_integer),
        Column("executed_at", "executed_at", write_time),
        Column("order", "order_id", write_integer),
        *_key_columns("", "order__"),
        Column("symbol", "symbol"),
        Column("side", "side"),
        Column("price", "price", write_number),
        Column("quantity", "quantity", write_number),
        Column("cost", "exact_cost", write_number),
        Column("fee", "fee", write_number),
        Column("fee_currency", "fee_currency"),
        Column("is_maker", "is_maker", write_flag),
        Column("trade_id", "trade_id"),
    ],
    order_by=["executed_at", "pk"],
)
CLOSED_TRADES: Final = Table(
    [
        Column("id", "pk", write_integer),
        Column("began_at", "began_at", write_time),
        Column("ended_at", "ended_at", write_time),
        *_key_columns("book__", "book__"),
        Column("symbol", "book__symbol"),
        Column("currency", "book__quote"),
        Column("turnover", "turnover", write_number),
        Column("gross", "gross", write_number),
        Column("fees", "fees", write_number),
        Column("net", "net", write_number),
        Column("parts", "parts", write_integer),
        Column("provisional", "is_provisional", write_flag),
    ],
    order_by=["ended_at", "pk"],
)
DAYS: Final = Table(
    [
        Column("on", "on", write_day),
        *_key_columns("book__", "book__"),
        Column("symbol", "book__symbol"),
        Column("currency", "book__quote"),
        Column("volume", "volume", write_number),
        Column("gross", "gross", write_number),
        Column("fees", "fees", write_number),
        Column("net", "net", write_number),
        Column("fills", "fills", write_integer),
        Column("provisional", "is_uncertain", write_flag),
    ],
    order_by=["on", "pk"],
)
IS_PROVISIONAL: Final = ExpressionWrapper(
    Q(book__is_provisional=True) | Q(book__is_behind=True), BooleanField()
)


def select_orders(user_id: int, filters: RowFilters) -> Iterator[Rows]:
    """Select orders in the order of their ids."""
    orders = _filter_times(Order.objects.filter(user=user_id), "created_at", filters)
    yield _filter_rows(orders, filters, bot="bot")


def select_fills(user_id: int, filters: RowFilters) -> Iterator[Rows]:
    """Select fills in the order of execution."""
    fills = _filter_times(Fill.objects.filter(user=user_id), "executed_at", filters)
    yield _filter_rows(fills, filters, bot="order__bot").annotate(
        exact_cost=_exact_amount(F("price") * F("quantity"))
    )


def select_trades(user_id: int, filters: RowFilters) -> Iterator[Rows]:
    """Select closed trades, book by book: within a book an index gives them in order."""
    for book in _select_books(user_id, filters):
        trades = _filter_times(ClosedTrade.objects.filter(book=book), "ended_at", filters)
        yield trades.annotate(net=_exact_amount(F("gross") - F("fees")))


def select_days(user_id: int, filters: RowFilters) -> Iterator[Rows]:
    """Select days, book by book; a day counts if a part of it is between `since` and `until`."""
    for book in _select_books(user_id, filters):
        days = PnlDay.objects.filter(book=book)
        if filters.since:
            days = days.filter(on__gte=filters.since.date())
        if filters.until:
            before = "on__lt" if filters.until.time() == time.min else "on__lte"
            days = days.filter(**{before: filters.until.date()})
        yield days.annotate(net=_exact_amount(F("gross") - F("fees")), is_uncertain=IS_PROVISIONAL)


def _select_books(user_id: int, filters: RowFilters) -> Iterator[PnlBook]:
    """Select the books of keys or of a bot, so that no fill is exported twice."""
    books = filter_books(user_id, bot=filters.bot, key=filters.key)
    if filters.symbol:
        books = books.filter(symbol__iexact=filters.symbol)
    yield from books.order_by("key", "symbol", "pk")


def _filter_rows(rows: QuerySet[Any], filters: RowFilters, *, bot: str) -> QuerySet[Any]:
    if filters.key is not None:
        rows = rows.filter(key=filters.key)
    if filters.bot is not None:
        rows = rows.filter(**{bot: filters.bot})
    if filters.symbol:
        rows = rows.filter(symbol__iexact=filters.symbol)
    return rows


def _filter_times(rows: QuerySet[Any], field: str, filters: RowFilters) -> QuerySet[Any]:
    if filters.since:
        rows = rows.filter(**{f"{field}__gte": filters.since})
    if filters.until:
        rows = rows.filter(**{f"{field}__lt": filters.until})
    return rows


def _exact_amount(expression: Any) -> Any:
    """Have the database return every digit of a sum or product."""
    exact: DecimalField[Any, Any] = DecimalField(max_digits=76, decimal_places=36)
    return ExpressionWrapper(expression, output_field=exact)
