"""Read a venue's rows one by one: a malformed row is logged and skipped, and costs no other."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import structlog

from exchanges.base import (
    BalanceReport,
    FillReport,
    OrderReport,
    PositionReport,
    StreamUpdate,
    VenueDown,
)

log = structlog.get_logger(__name__)


Report = TypeVar("Report")

# What reading raises if a field is missing or is not what it should be.
UNREADABLE: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
NAMES: Final = frozenset(
    {
        *("symbol", "s", "instId", "category", "coin", "ccy", "asset", "a"),
        *("orderId", "i", "ordId", "algoId", "aid", "id", "t", "tradeId", "execId"),
    }
)


class PartialList(list[Report]):
    """Reports from which rows are missing that could not be read; absence in it proves nothing."""


def read_rows(
    rows: Iterable[Any], read: Callable[[Any], Report], *, what: str
) -> list[Report] | PartialList[Report]:
    """Read each row; the answer is a PartialList if one could not be read."""
    reports: list[Report] = []
    skipped = 0
    for row in rows:
        try:
            reports.append(read(row))
        except UNREADABLE as error:
            skipped += 1
            _log_row(row, error, what=what)
    return PartialList(reports) if skipped else reports


def read_fills(
    rows: Iterable[Any], read: Callable[[Any], FillReport], *, what: str = "fill"
) -> list[FillReport] | PartialList[FillReport]:
    """Read fills. A fill of nothing is none; one without a price is told later, or asked for."""
    fills = read_rows(rows, read, what=what)
    real = [fill for fill in fills if fill.quantity > 0]
    return PartialList(real) if isinstance(fills, PartialList) else real


def read_held(
    rows: Iterable[Any], read: Callable[[Any], PositionReport]
) -> list[PositionReport] | PartialList[PositionReport]:
    """Read positions, without those that are closed."""
    positions = read_rows(rows, read, what="position")
    held = [position for position in positions if position.quantity]
    return PartialList(held) if isinstance(positions, PartialList) else held


def read_order_update(rows: Iterable[Any], read: Callable[[Any], OrderReport]) -> StreamUpdate:
    """Read streamed orders; what a malformed row would have said has to be asked for."""
    reports = read_rows(rows, read, what="streamed order")
    return StreamUpdate(orders=tuple(reports), needs_orders=isinstance(reports, PartialList))


def read_balance_update(rows: Iterable[Any], read: Callable[[Any], BalanceReport]) -> StreamUpdate:
    reports = read_rows(rows, read, what="streamed balance")
    return StreamUpdate(balances=tuple(reports), needs_holdings=isinstance(reports, PartialList))


def read_position_update(
    rows: Iterable[Any], read: Callable[[Any], PositionReport]
) -> StreamUpdate:
    reports = read_rows(rows, read, what="streamed position")
    return StreamUpdate(positions=tuple(reports), needs_holdings=isinstance(reports, PartialList))


def read_row(row: Any, read: Callable[[Any], Report], *, what: str) -> Report:
    """Read the one row that was asked for."""
    return read_first([row], read, what=what)


def read_first(rows: Iterable[Any], read: Callable[[Any], Report], *, what: str) -> Report:
    """Read the first row that can be read; if none can, nothing was learned."""
    for report in read_rows(rows, read, what=what):
        return report
    raise VenueDown(f"the {what} that the venue answered makes no sense")


def _log_row(row: Any, error: Exception, *, what: str) -> None:
    row = row[0] if isinstance(row, tuple) else row  # the other is its market
    row = row.get("o") or row if isinstance(row, Mapping) else row  # within a frame of Binance
    names = {name: row[name] for name in NAMES & row.keys()} if isinstance(row, Mapping) else {}
    log.warning(
        "venue row not readable",
        what=what,
        row=names,
        error=f"{type(error).__name__} {error}"[:200],
    )
