"""The tables of the CSV exports: their columns, in an order that never changes, and their rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final

from django.db.models import (
    BooleanField,
    DecimalField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)

from bots.models import ClosedTrade, IncomeEntry, PnlBook, PnlDay
from bots.pnl.csv_stream import Rows, Table
from bots.pnl.summary import filter_books
from orders.models import Fill, Order


@dataclass(frozen=True, slots=True)
class RowFilters:
    """The filters of an export; `since` is included, `until` is not."""

    key: int | None = None
    key_ids: Sequence[int] | None = None  # that the request is limited to
    bot: int | None = None
    symbol: str = ""
    since: datetime | None = None
    until: datetime | None = None


def _list_fields(names: str) -> dict[str, str]:
    """Return the columns that have the name of their field."""
    return {name: name for name in names.split()}


def _list_key_fields(path: str, bot: str) -> dict[str, str]:
    return {
        "key": f"{path}key_id",
        "key_label": f"{path}key__label",
        "venue": f"{path}key__venue",
        "market": f"{path}key__market",
        "simulated": f"{path}key__is_paper",
        "bot": f"{bot}bot_id",
        "bot_name": f"{bot}bot__name",
    }


BOOK: Final = _list_key_fields("book__", "book__") | {
    "symbol": "book__symbol",
    "currency": "book__quote",
}
ORDERS: Final = Table(
    {"id": "pk", "created_at": "created_at"}
    | _list_key_fields("", "")
    | _list_fields("symbol side type time_in_force price trigger_price trailing_percent quantity")
    | _list_fields("filled average_price cost fees lacks_fees reduce_only status origin")
    | _list_fields("client_order_id exchange_order_id submitted_at ended_at ended_by ended_reason")
    | {"closed_profit": "exact_profit"},
    order_by=["pk"],
)
FILLS: Final = Table(
    {"id": "pk", "executed_at": "executed_at", "order": "order_id"}
    | _list_key_fields("", "order__")
    | _list_fields("symbol side price quantity")
    | {"cost": "exact_cost"}
    | _list_fields("fee fee_currency is_maker trade_id"),
    order_by=["executed_at", "pk"],
)
CLOSED_TRADES: Final = Table(
    {"id": "pk", "began_at": "began_at", "ended_at": "ended_at"}
    | BOOK
    | _list_fields("turnover gross fees net parts")
    | {"provisional": "is_provisional"},
    order_by=["ended_at", "pk"],
)
INCOME: Final = Table(
    {"id": "pk", "at": "at"}
    | _list_key_fields("", "")
    | _list_fields("kind symbol asset amount venue_id"),
    order_by=["at", "pk"],
)
DAYS: Final = Table(
    {"on": "on"}
    | BOOK
    | _list_fields("volume gross fees net fills")
    | {"provisional": "is_uncertain"},
    order_by=["on", "pk"],
)


def _exact_amount(expression: Any) -> Any:
    """Have the database return every digit of a sum or product."""
    exact: DecimalField[Any, Any] = DecimalField(max_digits=76, decimal_places=36)
    return ExpressionWrapper(expression, output_field=exact)


NET: Final = _exact_amount(F("gross") - F("fees"))
IS_PROVISIONAL: Final = ExpressionWrapper(
    Q(book__is_provisional=True) | Q(book__is_behind=True), BooleanField()
)


def add_closed_profit(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Add what the fills of each order closed, before fees; none where they closed nothing."""
    fills = Fill.objects.filter(order=OuterRef("pk")).order_by().values("order")
    profit = fills.annotate(profit=Sum("closed_profit")).values("profit")
    return orders.annotate(exact_profit=Subquery(profit))


def select_orders(user_id: int, filters: RowFilters) -> Iterator[Rows]:
    """Select orders in the order of their ids."""
    yield _filter_given(
        add_closed_profit(Order.objects.filter(user=user_id)),
        key=filters.key,
        key__in=filters.key_ids,
        bot=filters.bot,
        symbol__iexact=filters.symbol,
        created_at__gte=filters.since,
        created_at__lt=filters.until,
    )


def select_fills(user_id: int, filters: RowFilters) -> Iterator[Rows]:
    """Select fills in the order of execution."""
    fills = Fill.objects.filter(user=user_id)
    yield _filter_given(
        fills.annotate(exact_cost=_exact_amount(F("price") * F("quantity"))),
        key=filters.key,
        key__in=filters.key_ids,
        order__bot=filters.bot,
        symbol__iexact=filters.symbol,
        executed_at__gte=filters.since,
        executed_at__lt=filters.until,
    )


def select_income(user_id: int, filters: RowFilters) -> Iterator[Rows]:
    """Select income in the order of time."""
    yield _filter_given(
        IncomeEntry.objects.filter(user=user_id),
        key=filters.key,
        key__in=filters.key_ids,
        bot=filters.bot,
        symbol__iexact=filters.symbol,
        at__gte=filters.since,
        at__lt=filters.until,
    )


def select_trades(user_id: int, filters: RowFilters) -> Iterator[Rows]:
    """Select closed trades, book by book: within a book an index gives them in order."""
    period = {"ended_at__gte": filters.since, "ended_at__lt": filters.until}
    for book in _select_books(user_id, filters):
        yield _filter_given(ClosedTrade.objects.filter(book=book), **period).annotate(net=NET)


def select_days(user_id: int, filters: RowFilters) -> Iterator[Rows]:
    """Select days, book by book; a day counts if a part of it is between `since` and `until`."""
    since, until = filters.since, filters.until
    before = "on__lt" if until and until.time() == time.min else "on__lte"
    period = {"on__gte": since and since.date(), before: until and until.date()}
    for book in _select_books(user_id, filters):
        days = _filter_given(PnlDay.objects.filter(book=book), **period)
        yield days.annotate(net=NET, is_uncertain=IS_PROVISIONAL)


def _select_books(user_id: int, filters: RowFilters) -> QuerySet[PnlBook]:
    """Select the books of keys or of a bot, so that no fill is exported twice."""
    books = filter_books(user_id, bot=filters.bot, key=filters.key)
    books = _filter_given(books, symbol__iexact=filters.symbol, key__in=filters.key_ids)
    return books.order_by("key", "symbol", "pk")


def _filter_given(rows: QuerySet[Any], **conditions: Any) -> QuerySet[Any]:
    """Apply the conditions that have a value."""
    given = {name: value for name, value in conditions.items() if value not in (None, "")}
    return rows.filter(**given)
