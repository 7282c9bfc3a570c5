"""Translate Binance spot's rows and frames into reports, digit for digit."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from exchanges.base import (
    BalanceReport,
    FillReport,
    OrderReport,
    OrderRequest,
    ReportStatus,
    StreamUpdate,
    SymbolRules,
)
from exchanges.through_ccxt import values
from exchanges.through_ccxt.rows import read_balance_update, read_fills
from exchanges.through_ccxt.values import Row

FILL_EVENTS: Final = frozenset({"TRADE", "CALCULATED"})  # the latter by a liquidation
ParseSymbol = Callable[[Any], str]  # from Binance's name of a symbol to ours

STATUSES: Final[dict[str, ReportStatus]] = {
    "NEW": "new",
    "PENDING_NEW": "new",
    "PENDING_CANCEL": "new",
    "PARTIALLY_FILLED": "partially_filled",
    "FILLED": "filled",
    "CANCELED": "canceled",
    "EXPIRED": "expired",
    "EXPIRED_IN_MATCH": "expired",
    "REJECTED": "rejected",
}


def order_report(info: Row, name: ParseSymbol) -> OrderReport:
    symbol = name(info["symbol"])
    status = str(info.get("status", ""))
    cost = values.parse_decimal(info.get("cummulativeQuoteQty"))
    at = info.get("updateTime") or info.get("transactTime") or info.get("time")
    return OrderReport(
        symbol=symbol,
        exchange_order_id=str(info["orderId"]),
        client_order_id=info.get("origClientOrderId") or info.get("clientOrderId"),
        side=values.parse_side(info["side"]),
        type=_parse_type(info.get("type", ""), info.get("trailingDelta")),
        status=STATUSES.get(status, "unknown"),
        raw_status=status or None,
        price=values.parse_positive(info.get("price")),
        quantity=_read_quantity(info.get("origQty"), info.get("origQuoteOrderQty")),
        filled=values.parse_decimal(info.get("executedQty")),
        cost=None if cost is None or cost < 0 else cost,  # -1: not kept any more, for old orders
        reported_at=values.parse_time_or_none(at),
        fills=tuple(
            read_fills(info.get("fills") or (), lambda fill: _reply_fill(symbol, info, fill))
        ),
        time_in_force=_read_time_in_force(info.get("type"), info.get("timeInForce")),
        trigger_price=values.parse_positive(info.get("stopPrice")),
        trailing_percent=_parse_trailing(info.get("trailingDelta")),
        group=_parse_group(info.get("orderListId")),
        raw=dict(info),
    )


def placed_report(info: Row, request: OrderRequest) -> OrderReport:
    """Report a placed order; an answer with ids only means that it is open."""
    asked = {"side": request.side, "type": request.type}
    report = order_report({**asked, **info}, lambda _: request.symbol)
    return report if report.raw_status else replace(report, status="new")


def streamed_report(info: Row, name: ParseSymbol) -> OrderReport:
    """Report an executionReport: the order as it is now, with the fill if there is one."""
    symbol = name(info["s"])
    return OrderReport(
        symbol=symbol,
        exchange_order_id=str(info["i"]),
        client_order_id=info.get("C") or info["c"],  # a cancel has a name of its own
        side=values.parse_side(info["S"]),
        type=_parse_type(info["o"], info.get("d")),
        status=STATUSES.get(info["X"], "unknown"),
        raw_status=info["X"],
        price=values.parse_positive(info["p"]),
        quantity=_read_quantity(info.get("q"), info.get("Q")),
        filled=values.parse_decimal(info.get("z")),
        cost=values.parse_decimal(info.get("Z")),
        reported_at=values.parse_time(info["T"]),
        fills=(streamed_fill(symbol, info),) if is_fill(info) else (),
        time_in_force=_read_time_in_force(info["o"], info.get("f")),
        trigger_price=values.parse_positive(info.get("P")),
        trailing_percent=_parse_trailing(info.get("d")),
        group=_parse_group(info.get("g")),
        raw=dict(info),
    )


def streamed_balances(event: Row) -> StreamUpdate:
    """Read an outboundAccountPosition: the currencies that an event may have changed."""
    at = values.parse_time(event["u"])
    return read_balance_update(event["B"], lambda row: _streamed_balance(row, at))


def symbol_rules(market: Row) -> SymbolRules:
    step = Decimal(market["precision"].get("quote") or 0)
    return replace(values.symbol_rules(market), quote_step=step)


def balance_report(row: Row) -> BalanceReport:
    free, held = values.parse_amount(row["free"]), values.parse_amount(row["locked"])
    return BalanceReport(currency=row["asset"], free=free, held=held)


def _streamed_balance(row: Row, at: datetime) -> BalanceReport:
    free, held = values.parse_amount(row["f"]), values.parse_amount(row["l"])
    return BalanceReport(currency=row["a"], free=free, held=held, reported_at=at)


def fill_report(info: Row, name: ParseSymbol) -> FillReport:
    return FillReport(
        symbol=name(info["symbol"]),
        trade_id=values.parse_trade_id(info.get("id")),
        exchange_order_id=str(info["orderId"]),
        side="buy" if is_true(info["isBuyer"]) else "sell",
        price=values.parse_fill_price(info["price"]),
        quantity=values.parse_fill_quantity(info["qty"]),
        fee=values.parse_decimal(info.get("commission")),
        fee_currency=info.get("commissionAsset"),
        is_maker=is_true(info["isMaker"]),
        executed_at=values.parse_time(info["time"]),
    )


def _reply_fill(symbol: str, order: Row, fill: Row) -> FillReport:
    """Report a fill in the reply to placing, which lists only fills that took liquidity."""
    whose = {
        "orderId": order["orderId"],
        "isBuyer": values.parse_side(order["side"]) == "buy",
        "isMaker": False,
    }
    when = {"id": fill.get("tradeId"), "time": order["transactTime"]}
    named = {"symbol": order["symbol"]}
    return fill_report({**fill, **named, **whose, **when}, lambda _: symbol)


def is_fill(info: Row) -> bool:
    """Return True for a part: a trade of nothing, told when an order expires, is none."""
    return info.get("x") in FILL_EVENTS and bool(values.parse_decimal(info.get("l")))


def streamed_fill(symbol: str, info: Row) -> FillReport:
    return FillReport(
        symbol=symbol,
        trade_id=values.parse_trade_id(info.get("t")),
        exchange_order_id=str(info["i"]),
        side=values.parse_side(info["S"]),
        price=values.parse_fill_price(info["L"]),
        quantity=values.parse_fill_quantity(info["l"]),
        fee=values.parse_decimal(info.get("n")),
        fee_currency=info.get("N"),
        is_maker=is_true(info["m"]),
        executed_at=values.parse_time(info["T"]),
    )


def _read_quantity(quantity: Any, to_spend: Any) -> Decimal | None:
    """Return the quantity, or None of an order counted in what it spends.

    Its rows name as quantity what was filled up to then: each would look like all of it.
    """
    return None if values.parse_positive(to_spend) else values.parse_decimal(quantity)


def _parse_type(value: Any, trailing: Any) -> str:
    """Return our order type: a trailing stop has one, a limit after a trigger has not."""
    if trailing:
        return "trailing_stop"
    return "limit" if value == "LIMIT_MAKER" else str(value).lower().removesuffix("_limit")


def _read_time_in_force(kind: Any, time_in_force: Any) -> str | None:
    """Return how long a limit waits; the venue says GTC of market orders too."""
    if kind == "LIMIT_MAKER":
        return "PO"
    return values.parse_time_in_force(time_in_force) if "LIMIT" in str(kind) else None


def _parse_trailing(delta: Any) -> Decimal | None:
    return values.parse_percent(delta, factor=Decimal("0.01"))  # counted in hundredths of a percent


def _parse_group(value: Any) -> str | None:
    return None if value in (None, -1, "-1") else str(value)


def is_working(info: Row) -> bool:
    """Return True if an order is in the book, not waiting for its trigger."""
    return is_true(info.get("isWorking", True))


def is_true(value: Any) -> bool:
    return value is True or value == "true"
