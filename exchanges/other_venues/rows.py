"""Translate ccxt's unified rows into reports, without guessing missing values. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from functools import partial
from typing import Any, Final

import ccxt

from exchanges import base
from exchanges.through_ccxt import values
from exchanges.through_ccxt.values import Row

NO_STEP: Final = Decimal(1).scaleb(-18)  # the finest that we keep: no step is known
ENDS: Final[dict[str, base.ReportStatus]] = {
    "canceled": "canceled",
    "expired": "expired",
    "rejected": "rejected",
}


def time_in_force_params(time_in_force: str) -> dict[str, Any]:
    """Return the unified parameters; the default is left out, since not every venue accepts it."""
    if time_in_force == "PO":
        return {"postOnly": True}
    return {} if time_in_force == "GTC" else {"timeInForce": time_in_force}


def find_rounding(client: Any, request: base.OrderRequest) -> str | None:
    """Return why ccxt would send other numbers than these, or None if it would not."""
    sent = Decimal(client.amount_to_precision(request.symbol, f"{request.quantity:f}"))
    if sent != request.quantity:
        return f"the quantity {request.quantity:f} has more digits than {request.symbol} takes"
    if request.price is None:
        return None
    sent = Decimal(client.price_to_precision(request.symbol, f"{request.price:f}"))
    if sent != request.price:
        return f"the price {request.price:f} has more digits than {request.symbol} takes"
    return None


def order_report(row: Row, *, listed_as_open: bool = False) -> base.OrderReport:
    amount = values.parse_decimal(row.get("amount"))
    filled = values.parse_decimal(row.get("filled"))
    at = row.get("lastUpdateTimestamp") or row.get("timestamp")
    return base.OrderReport(
        symbol=row["symbol"],
        exchange_order_id=str(row["id"]),
        client_order_id=row.get("clientOrderId") or None,
        side=values.parse_side(row.get("side")),
        type=str(row.get("type") or ""),
        status=_read_status(row.get("status"), amount, filled, listed_as_open),
        raw_status=row.get("status"),
        price=values.parse_decimal(row.get("price")) if row.get("type") != "market" else None,
        quantity=amount,
        filled=filled,
        cost=_read_cost(row),
        reported_at=values.parse_time_or_none(at),
        raw=dict(row.get("info") or {}),
    )


def is_inferred(report: base.OrderReport) -> bool:
    """Return True if ccxt filled in the amounts of a row that only says "closed"."""
    if report.raw_status != "closed":
        return False
    return report.status != "filled" or report.cost is None


def prove_by_fills(report: base.OrderReport, parts: Sequence[base.FillReport]) -> base.OrderReport:
    """Return the report as far as its fills prove it; otherwise the status is unknown."""
    filled = sum((part.quantity for part in parts), Decimal(0))
    proven = replace(report, fills=tuple(parts))
    if not filled or (filled != report.filled and filled < (report.quantity or 0)):
        return replace(proven, filled=filled or None, cost=None, status="unknown")
    cost = sum((part.quantity * part.price for part in parts), Decimal(0))
    status = _read_status("closed", report.quantity, filled, False)
    return replace(proven, filled=filled, cost=cost, status=status)


def fill_report(row: Row, number: str) -> base.FillReport:
    fee = row.get("fee") or {}
    return base.FillReport(
        symbol=row["symbol"],
        trade_id=values.parse_trade_id(row.get("id")),
        exchange_order_id=str(row.get("order") or number),
        side=values.parse_side(row.get("side")),
        price=values.parse_fill_price(row["price"]),
        quantity=values.parse_fill_quantity(row["amount"]),
        fee=values.parse_decimal(fee.get("cost")),
        fee_currency=fee.get("currency"),
        is_maker={"maker": True, "taker": False}.get(str(row.get("takerOrMaker"))),
        executed_at=values.parse_time(row["timestamp"]),
    )


def belongs_to_order(row: Row, number: str) -> bool:
    """Return True if the fill is the order's; a list of one order's fills may omit its id."""
    return row.get("order") in (None, number)


def balance_reports(answer: Row) -> list[base.BalanceReport]:
    """Report balances; a venue that reports only totals does not say what is held."""
    reports = []
    for currency, total in answer["total"].items():
        free = values.parse_decimal(answer["free"].get(currency))
        holdings = values.parse_decimal(answer["used"].get(currency)) or Decimal(0)
        if free is None:
            free = (values.parse_decimal(total) or Decimal(0)) - holdings
        reports.append(base.BalanceReport(currency=currency, free=free, held=holdings))
    return reports


def symbol_rules(market: Row, precision_mode: int) -> base.SymbolRules:
    return values.symbol_rules(market, partial(_parse_step, precision_mode=precision_mode))


def _parse_step(raw: Any, precision_mode: int) -> Decimal:
    """Parse ccxt's three ways to give a step; significant digits are none."""
    value = values.parse_decimal(raw)
    if value is None or precision_mode == ccxt.SIGNIFICANT_DIGITS:
        return NO_STEP
    if precision_mode == ccxt.DECIMAL_PLACES:
        value = Decimal(1).scaleb(-int(value))
    return max(value, NO_STEP).quantize(NO_STEP, ROUND_DOWN).normalize()


def _read_status(
    status: str | None, amount: Decimal | None, filled: Decimal | None, listed_as_open: bool
) -> base.ReportStatus:
    """Judge by the fills where they are known; "closed" means only that the order ended."""
    if status in ENDS:
        return ENDS[status]
    if status in ("open", "canceling") or (status is None and listed_as_open):
        return "partially_filled" if filled else "new"
    if status == "closed" and amount and filled:
        return "filled" if filled >= amount else "canceled"
    return "unknown"


def _read_cost(row: Row) -> Decimal | None:
    """Return the cost only with an average price: else ccxt computes it from the limit price."""
    return values.parse_decimal(row.get("cost")) if row.get("average") is not None else None
