"""Sort the rows of the markets page by one of its columns; favourites stay first."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from orders.web.markets_page import MarketRow

Key = Callable[["MarketRow"], Any]


@dataclass(frozen=True, slots=True)
class MarketColumn:
    """A column of the table. Texts begin with A, numbers with the highest."""

    name: str
    label: str | Promise
    css: str
    read: Key
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class MarketHead:
    """The head of a column: a link that sorts by it, or the other way round."""

    column: MarketColumn
    sort: str
    direction: str  # as aria-sort has it; empty unless the table is sorted by it


def _make_number_key(read: Callable[["MarketRow"], str | None]) -> Key:
    def read_number(row: "MarketRow") -> Decimal | None:
        text = read(row)
        return None if text is None else Decimal(text)

    return read_number


COLUMNS: Final = (
    MarketColumn("symbol", _("Symbol"), "", lambda row: row.instrument.symbol, is_text=True),
    MarketColumn(
        "venue", _("Venue"), "", lambda row: (row.label, row.instrument.market), is_text=True
    ),
    MarketColumn(
        "last",
        pgettext_lazy("a price", "Last"),
        "number last",
        _make_number_key(lambda row: row.price and row.price["last"]),
    ),
    MarketColumn("day", _("24 hours"), "day", lambda row: row.day and row.day.percent),
    MarketColumn(
        "bid_quantity",
        _("Amount"),
        "number amount",
        _make_number_key(lambda row: row.book and row.book["bid_quantity"]),
    ),
    MarketColumn(
        "bid", _("Best bid"), "number", _make_number_key(lambda row: row.top and row.top["bid"])
    ),
    MarketColumn(
        "ask", _("Best ask"), "number", _make_number_key(lambda row: row.top and row.top["ask"])
    ),
    MarketColumn(
        "ask_quantity",
        _("Amount"),
        "number amount",
        _make_number_key(lambda row: row.book and row.book["ask_quantity"]),
    ),
    MarketColumn("spread", _("Spread"), "number spread", _make_number_key(lambda row: row.spread)),
    MarketColumn("heard", _("Changed"), "heard", lambda row: row.at or None),
)
BY_NAME: Final = {column.name: column for column in COLUMNS}


def build_heads(sort: str) -> list[MarketHead]:
    return [_build_head(column, sort) for column in COLUMNS]


def clean_sort(text: str) -> str:
    """Return what names a column, with a minus for the other way round; else nothing."""
    return text if text.removeprefix("-") in BY_NAME else ""


def sort_rows(rows: Iterable["MarketRow"], sort: str) -> list["MarketRow"]:
    """Sort the rows: favourites first, and those without a value last, whatever the order."""
    ordered = list(rows)
    if sort:
        read = BY_NAME[sort.removeprefix("-")].read
        known = [row for row in ordered if read(row) is not None]
        known.sort(key=read, reverse=sort.startswith("-"))
        ordered = [*known, *(row for row in ordered if read(row) is None)]
    return sorted(ordered, key=lambda row: not row.is_favourite)


def _build_head(column: MarketColumn, sort: str) -> MarketHead:
    first, other = column.name, f"-{column.name}"
    if not column.is_text:
        first, other = other, first
    direction = ""
    if sort in (first, other):
        direction = "descending" if sort.startswith("-") else "ascending"
    return MarketHead(column, other if sort == first else first, direction)
