"""What is exported: the columns of each table, in an order that stays, and whose rows they show."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final

from django.db.models import BooleanField, DecimalField, ExpressionWrapper, F, Q, QuerySet

from bots.models import ClosedTrade, PnlBook, PnlDay
from bots.pnl.csv_stream import Column, Rows, Table, amounts, day, moment, number, whole, yes
from bots.pnl.summary import filter_books
from orders.models import Fill, Order


@dataclass(frozen=True, slots=True)
class Asked:
    """What of it somebody wants."""

    key: int | None = None
    bot: int | None = None
    symbol: str = ""
    since: datetime | None = None
    until: datetime | None = None


def _whose(of: str, bot: str) -> list[Column]:
    return [
        Column("key", f"{of}key_id", whole),
        Column("key_label", f"{of}key__label"),
        Column("venue", f"{of}key__venue"),
        Column("market", f"{of}key__market"),
        Column("simulated", f"{of}key__is_paper", yes),
        Column("bot", f"{bot}bot_id", whole),
        Column("bot_name", f"{bot}bot__name"),
    ]


ORDERS: Final = Table(
    [
        Column("id", "pk", whole),
        Column("created_at", "created_at", moment),
        *_whose("", ""),
        Column("symbol", "symbol"),
        Column("side", "side"),
        Column("type", "type"),
        Column("time_in_force", "time_in_force"),
        Column("price", "price", number),
        Column("trigger_price", "trigger_price", number),
        Column("trailing_percent", "trailing_percent", number),
        Column("quantity", "quantity", number),
        Column("filled", "filled", number),
        Column("average_price", "average_price", number),
        Column("cost", "cost", number),
        Column("fees", "fees", amounts),
        Column("lacks_fees", "lacks_fees", yes),
        Column("reduce_only", "reduce_only", yes),
        Column("status", "status"),
        Column("origin", "origin"),
        Column("client_order_id", "client_order_id"),
        Column("exchange_order_id", "exchange_order_id"),
        Column("submitted_at", "submitted_at", moment),
        Column("ended_at", "ended_at", moment),
        Column("ended_by", "ended_by"),
        Column("ended_reason", "ended_reason"),
    ],
    by=["pk"],
)
FILLS: Final = Table(
    [
        Column("id", "pk", whole),
        Column("executed_at", "executed_at", moment),
        Column("order", "order_id", whole),
        *_whose("", "order__"),
        Column("symbol", "symbol"),
        Column("side", "side"),
        Column("price", "price", number),
        Column("quantity", "quantity", number),
        Column("cost", "worth", number),
        Column("fee", "fee", number),
        Column("fee_currency", "fee_currency"),
        Column("is_maker", "is_maker", yes),
        Column("trade_id", "trade_id"),
    ],
    by=["executed_at", "pk"],
)
ROUNDS: Final = Table(
    [
        Column("id", "pk", whole),
        Column("began_at", "began_at", moment),
        Column("ended_at", "ended_at", moment),
        *_whose("book__", "book__"),
        Column("symbol", "book__symbol"),
        Column("currency", "book__quote"),
        Column("turnover", "turnover", number),
        Column("gross", "gross", number),
        Column("fees", "fees", number),
        Column("net", "net", number),
        Column("parts", "parts", whole),
        Column("provisional", "is_provisional", yes),
    ],
    by=["ended_at", "pk"],
)
DAYS: Final = Table(
    [
        Column("on", "on", day),
        *_whose("book__", "book__"),
        Column("symbol", "book__symbol"),
        Column("currency", "book__quote"),
        Column("volume", "volume", number),
        Column("gross", "gross", number),
        Column("fees", "fees", number),
        Column("net", "net", number),
        Column("fills", "fills", whole),
        Column("provisional", "is_unsure", yes),
    ],
    by=["on", "pk"],
)
UNSURE: Final = ExpressionWrapper(
    Q(book__is_provisional=True) | Q(book__is_behind=True), BooleanField()
)


def orders(user_id: int, asked: Asked) -> Iterator[Rows]:
    """As they were made."""
    mine = _between(Order.objects.filter(user=user_id), "created_at", asked)
    yield _narrowed(mine, asked, bot="bot")


def fills(user_id: int, asked: Asked) -> Iterator[Rows]:
    """As they were executed."""
    mine = _between(Fill.objects.filter(user=user_id), "executed_at", asked)
    yield _narrowed(mine, asked, bot="order__bot").annotate(
        worth=_money(F("price") * F("quantity"))
    )


def rounds(user_id: int, asked: Asked) -> Iterator[Rows]:
    """Book by book, each as its rounds ended: an index leads through any number of them."""
    for book in _books(user_id, asked):
        of_it = _between(ClosedTrade.objects.filter(book=book), "ended_at", asked)
        yield of_it.annotate(net=_money(F("gross") - F("fees")))


def days(user_id: int, asked: Asked) -> Iterator[Rows]:
    """Likewise; a day counts if any of it lies between the two."""
    for book in _books(user_id, asked):
        found = PnlDay.objects.filter(book=book)
        if asked.since:
            found = found.filter(on__gte=asked.since.date())
        if asked.until:
            before = "on__lt" if asked.until.time() == time.min else "on__lte"
            found = found.filter(**{before: asked.until.date()})
        yield found.annotate(net=_money(F("gross") - F("fees")), is_unsure=UNSURE)


def _books(user_id: int, asked: Asked) -> Iterator[PnlBook]:
    """Of the keys, or of a bot: what a bot earned is in its key's book too, and not added again."""
    found = filter_books(user_id, bot=asked.bot, key=asked.key)
    if asked.symbol:
        found = found.filter(symbol__iexact=asked.symbol)
    yield from found.order_by("key", "symbol", "pk")


def _narrowed(rows: QuerySet[Any], asked: Asked, *, bot: str) -> QuerySet[Any]:
    if asked.key is not None:
        rows = rows.filter(key=asked.key)
    if asked.bot is not None:
        rows = rows.filter(**{bot: asked.bot})
    if asked.symbol:
        rows = rows.filter(symbol__iexact=asked.symbol)
    return rows


def _between(rows: QuerySet[Any], field: str, asked: Asked) -> QuerySet[Any]:
    if asked.since:
        rows = rows.filter(**{f"{field}__gte": asked.since})
    if asked.until:
        rows = rows.filter(**{f"{field}__lt": asked.until})
    return rows


def _money(expression: Any) -> Any:
    """With every digit that the database has."""
    exact: DecimalField[Any, Any] = DecimalField(max_digits=76, decimal_places=36)
    return ExpressionWrapper(expression, output_field=exact)
