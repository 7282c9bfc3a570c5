"""Millions of rows as CSV, one page of rows in memory at a time.

Each page is queried by the last row of the page before, not with a server-side cursor: a client may
take an hour to read, and no transaction and no connection may wait for it.
"""

import csv
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connection
from django.db.models import Q, QuerySet

from realtime.values import format_money, format_time

PAGE: Final = 1000  # rows
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
Row = tuple[Any, ...]
Rows = QuerySet[Any, Any]


def _write_text(text: str) -> str:
    """Write a text; an apostrophe keeps a spreadsheet from taking it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _write_amounts(value: dict[str, str]) -> str:
    """Write amounts of several currencies: BNB 0.001; USDT 0.5."""
    return _write_text("; ".join(f"{name} {amount}" for name, amount in sorted(value.items())))


# By the type of a value, which is quicker than a chain of checks for millions of values.
WRITERS: Final[Mapping[type, Callable[[Any], str]]] = {
    type(None): lambda _: "",
    bool: lambda flag: str(flag).lower(),
    int: str,
    Decimal: format_money,
    datetime: format_time,
    date: date.isoformat,
    dict: _write_amounts,
    str: _write_text,
}


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of an export and the order of its rows; the last field of the order is unique."""

    columns: Mapping[str, str]  # the field that each of them shows
    order_by: Sequence[str]


def write_lines(table: Table, sources: Iterator[Rows]) -> Iterator[str]:
    """Yield the header before anything is read, then the rows page by page, source by source."""
    yield _to_csv([table.columns])
    width = len(table.columns)
    for source in sources:
        for page in _read_pages(table, source):
            yield _to_csv([WRITERS[type(value)](value) for value in row[:width]] for row in page)


async def stream_chunks(chunks: Iterator[str]) -> AsyncIterator[bytes]:
    """Yield chunks, each made in a thread when the client reads on; if it leaves, reading ends."""
    while (chunk := await sync_to_async(_next_chunk)(chunks)) is not None:
        yield chunk.encode()


def _next_chunk(chunks: Iterator[str]) -> str | None:
    try:
        return next(chunks, None)
    finally:
        if not connection.in_atomic_block:
            close_old_connections()  # free for others while the client reads


def _read_pages(table: Table, rows: Rows) -> Iterator[list[Row]]:
    last: Row = ()
    while True:
        rest = rows.filter(_after_row(table.order_by, last)) if last else rows
        ordered = rest.order_by(*table.order_by).values_list(
            *table.columns.values(), *table.order_by
        )
        page: list[Row] = list(ordered[:PAGE])
        if page:
            yield page
        if len(page) < PAGE:
            return
        last = page[-1][-len(table.order_by) :]


def _after_row(order_by: Sequence[str], last: Row) -> Q:
    """Select the rows after this one; the first condition is there for the index."""
    if len(order_by) == 1:
        return Q(**{f"{order_by[0]}__gt": last[0]})
    first, second = order_by
    equal = Q(**{f"{second}__gt": last[1]})
    return Q(**{f"{first}__gte": last[0]}) & (Q(**{f"{first}__gt": last[0]}) | equal)


def _to_csv(rows: Any) -> str:
    file = StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue()
