"""Rows by the million as CSV, a page at a time: however many there are, a page is all that is held.

Pages follow each other by the last row of the one before, and not by a cursor that stays open: a
client may take an hour to read, and meanwhile no transaction and no connection waits for it.
"""

import csv
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connection
from django.db.models import Q, QuerySet

from realtime.values import format_time

PAGE: Final = 1000  # rows
BEGINS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
Row = tuple[Any, ...]
Rows = QuerySet[Any, Any]


def text(value: Any) -> str:
    """As it is; but what a spreadsheet would take for a formula is told to be text."""
    shown = "" if value is None else str(value)
    return f"'{shown}" if shown.startswith(BEGINS_FORMULA) else shown


def number(value: Decimal | None) -> str:
    """As on the wire, however many digits a product has; one below zero stays a number."""
    if not value:
        return "" if value is None else "0"
    shown = f"{value:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def moment(value: datetime | None) -> str:
    return "" if value is None else format_time(value)


def day(value: date) -> str:
    return value.isoformat()


def whole(value: int | None) -> str:
    return "" if value is None else str(int(value))


def yes(value: bool | None) -> str:
    return "" if value is None else str(value).lower()


def amounts(value: dict[str, str]) -> str:
    """Of several currencies: BNB 0.001; USDT 0.5."""
    return text("; ".join(f"{name} {amount}" for name, amount in sorted(value.items())))


@dataclass(frozen=True, slots=True)
class Column:
    """What it is called, where it comes from, and how it is written."""

    name: str
    field: str
    write: Callable[[Any], str] = text


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, and by which of its fields rows follow each other: the last tells equals apart."""

    columns: Sequence[Column]
    by: Sequence[str]

    @property
    def fields(self) -> list[str]:
        return [column.field for column in self.columns]


def lines(table: Table, sources: Iterator[Rows]) -> Iterator[str]:
    """The header at once, before anything is read; then page by page, one source after another."""
    yield _written([[column.name for column in table.columns]])
    writers = [column.write for column in table.columns]
    for source in sources:
        for page in _pages(table, source):
            yield _written(
                [write(value) for write, value in zip(writers, row, strict=False)] for row in page
            )


async def stream(chunks: Iterator[str]) -> AsyncIterator[bytes]:
    """Each in a thread, when it is wanted: who goes away in the middle ends the reading."""
    while (chunk := await sync_to_async(_next)(chunks)) is not None:
        yield chunk.encode()


def _next(chunks: Iterator[str]) -> str | None:
    try:
        return next(chunks, None)
    finally:
        if not connection.in_atomic_block:
            close_old_connections()  # others can use it while the client reads


def _pages(table: Table, rows: Rows) -> Iterator[list[Row]]:
    after: Row = ()
    while True:
        found = rows.filter(_after(table.by, after)) if after else rows
        ordered = found.order_by(*table.by).values_list(*table.fields, *table.by)
        page: list[Row] = list(ordered[:PAGE])
        if page:
            yield page
        if len(page) < PAGE:
            return
        after = page[-1][-len(table.by) :]


def _after(by: Sequence[str], last: Row) -> Q:
    """Rows behind this one; the first condition alone is what an index is used for."""
    if len(by) == 1:
        return Q(**{f"{by[0]}__gt": last[0]})
    first, second = by
    equal = Q(**{f"{second}__gt": last[1]})
    return Q(**{f"{first}__gte": last[0]}) & (Q(**{f"{first}__gt": last[0]}) | equal)


def _written(rows: Any) -> str:
    file = StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue()
