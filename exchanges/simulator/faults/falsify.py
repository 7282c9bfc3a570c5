"""False orders and fills: each kind of fault edits the rows of one answer or event. Pure."""

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from exchanges.simulator.faults.faults import Fault
from exchanges.simulator.faults.rows import Row, find_rows

UNKNOWN_STATUS: Final = "IN_LIMBO"
UNLISTED_SYMBOLS: Final = {"binance": "NOWHEREUSDT", "okx": "NOWHERE-USDT", "bybit": "NOWHEREUSDT"}
NO_NUMBER: Final = "--"
DEFAULT_FEE: Final = ("BNB", Decimal("0.0001"))

RowEdit = Callable[[Fault, Row], bool]


def falsify_rows(fault: Fault, venue: str, content: Any) -> bool:
    """Edit the rows that the fault matches, in place; return whether any row changed."""
    rows = [row for row in find_rows(venue, content) if row.matches(fault.match)]
    if fault.kind in COPIES:
        return _add_copies(fault, venue, rows)
    edit = ROW_EDITS[fault.kind]
    return sum(edit(fault, row) for row in rows) > 0  # every row, not only the first


def _set_unknown_status(fault: Fault, row: Row) -> bool:
    if row.shape.is_order:
        row.content[row.shape.status[0]] = fault.value or UNKNOWN_STATUS
    return row.shape.is_order


def _remove_filled_amounts(fault: Fault, row: Row) -> bool:
    shape, (status, status_when_filled) = row.shape, row.shape.status
    if not shape.filled or row.content[status] != status_when_filled:
        return False
    for name in (shape.filled, *shape.value_fields):
        row.content.pop(name, None)
    return True


def _change_filled_amount(fault: Fault, row: Row) -> bool:
    name = row.shape.filled
    if not name or not row.content.get(name):
        return False
    amount = Decimal(row.content[name]) + (fault.amount or 0)
    row.content[name] = f"{max(amount, Decimal(0)):f}"
    return True


def _change_trade_id(fault: Fault, row: Row) -> bool:
    if not _is_fill(row):
        return False
    trade_id = row.content[row.shape.trade]
    if fault.value:
        is_number = isinstance(trade_id, int)
        row.content[row.shape.trade] = int(fault.value) if is_number else fault.value
    elif row.shape.no_trade:
        row.content[row.shape.trade] = row.shape.no_trade[0]
    else:
        del row.content[row.shape.trade]
    return True


def _set_foreign_fee(fault: Fault, row: Row) -> bool:
    if not _is_fill(row):
        return False
    asset, amount = fault.asset or DEFAULT_FEE[0], fault.amount or DEFAULT_FEE[1]
    # OKX writes a charged fee as a negative number; the sign stays.
    sign = "-" if str(row.content.get(row.shape.fee[0], "")).startswith("-") else ""
    row.content.update(zip(row.shape.fee, (f"{sign}{amount:f}", asset), strict=True))
    return True


def _remove_fee(fault: Fault, row: Row) -> bool:
    if _is_fill(row):
        row.content.update(dict.fromkeys(row.shape.fee))
    return _is_fill(row)


def _remove_row(row: Row) -> bool:
    if row.parent is None or row.content not in row.parent:
        return False
    row.parent.remove(row.content)
    return True


def _add_copies(fault: Fault, venue: str, rows: list[Row]) -> bool:
    """Put a false copy before each row, so a reader that fails on it misses the real one."""
    added = False
    for row in rows:
        false_row = None if row.parent is None else copy_row(fault, venue, row)
        if false_row is not None and row.parent is not None:
            row.parent.insert(0, false_row)
            added = True
    return added


def copy_row(fault: Fault, venue: str, row: Row) -> dict[str, Any] | None:
    """Return the false copy of a row that the fault adds, or None if it adds none."""
    return COPIES[fault.kind](fault, venue, row)


def _copy_as_unlisted(fault: Fault, venue: str, row: Row) -> dict[str, Any] | None:
    """Return a copy of an order with an instrument that no market list has, and with other ids."""
    if not row.shape.is_order:
        return None
    return _copy_with_other_ids(row) | {row.shape.symbol: fault.value or UNLISTED_SYMBOLS[venue]}


def _copy_as_malformed(fault: Fault, _: str, row: Row) -> dict[str, Any] | None:
    """Return a copy of an order or fill with a number that is none, and with other ids."""
    name = row.shape.filled or row.shape.fee[0]
    return _copy_with_other_ids(row) | {name: fault.value or NO_NUMBER} if name else None


def _copy_with_other_ids(row: Row) -> dict[str, Any]:
    content, shape = copy.deepcopy(row.content), row.shape
    for name in {shape.order, shape.trade} & content.keys():
        value = content[name]
        content[name] = value + 1 if isinstance(value, int) else f"9{value}"
    for client in shape.client:
        if content.get(client):
            content[client] = f"x{content[client]}"[:32]
    return content


def _is_fill(row: Row) -> bool:
    shape = row.shape
    return bool(shape.trade) and row.content.get(shape.trade) not in shape.no_trade


COPIES: Final[dict[str, Callable[[Fault, str, Row], dict[str, Any] | None]]] = {
    "unlisted": _copy_as_unlisted,
    "malformed": _copy_as_malformed,
}
ROW_EDITS: Final[dict[str, RowEdit]] = {
    "unknown_status": _set_unknown_status,
    "bare_end": _remove_filled_amounts,
    "filled_by": _change_filled_amount,
    "trade_id": _change_trade_id,
    "foreign_fee": _set_foreign_fee,
    "fee_missing": _remove_fee,
    "fills_missing": lambda _, row: not row.shape.is_order and _remove_row(row),
    "order_missing": lambda _, row: row.shape.is_order and _remove_row(row),
}
