"""Translate Binance spot's rows and frames into reports, digit for digit."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from exchanges.base import BalanceReport, FillReport, OrderReport, ReportStatus
from exchanges.through_ccxt import values
from exchanges.through_ccxt.values import Row

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


def order_report(row: Row) -> OrderReport:
    info, symbol = row["info"], row["symbol"]
    status = str(info.get("status", ""))
    cost = values.parse_decimal(info.get("cummulativeQuoteQty"))
    at = info.get("updateTime") or info.get("transactTime") or info.get("time")
    return OrderReport(
        symbol=symbol,
        exchange_order_id=str(info["orderId"]),
        client_order_id=info.get("origClientOrderId") or info.get("clientOrderId"),
        side=values.parse_side(info.get("side")),
        type=_parse_type(info.get("type", ""), info.get("trailingDelta")),
        status=STATUSES.get(status, "unknown"),
        raw_status=status or None,
        price=values.parse_positive(info.get("price")),
        quantity=_read_quantity(info.get("origQty"), info.get("origQuoteOrderQty")),
        filled=values.parse_decimal(info.get("executedQty")),
        cost=None if cost is None or cost < 0 else cost,  # -1: not kept any more, for old orders
        reported_at=values.parse_time_or_none(at),
        fills=tuple(_reply_fill(symbol, info, fill) for fill in info.get("fills") or ()),
        raw=dict(info),
    )


def placed_report(row: Row) -> OrderReport:
    """Report a placed order; an answer with ids only means that it is open."""
    report = order_report(row)
    return report if report.raw_status else replace(report, status="new")


def streamed_report(row: Row) -> OrderReport:
    """Report an executionReport: the order as it is now, with the fill if there is one."""
    info, symbol = row["info"], row["symbol"]
    return OrderReport(
        symbol=symbol,
        exchange_order_id=str(info["i"]),
        client_order_id=info.get("C") or info["c"],  # a cancel has a name of its own
        side=values.parse_side(info["S"]),
        type=_parse_type(info["o"], info.get("d")),
        status=STATUSES.get(info["X"], "unknown"),
        raw_status=info["X"],
        price=values.parse_positive(info["p"]),
        quantity=_read_quantity(info["q"], info.get("Q")),
        filled=Decimal(info["z"]),
        cost=Decimal(info["Z"]),
        reported_at=values.parse_time(info["T"]),
        fills=(streamed_fill(symbol, info),) if info["x"] == "TRADE" else (),
        raw=dict(info),
    )


def streamed_balances(event: Row) -> tuple[BalanceReport, ...]:
    """Report an outboundAccountPosition: the currencies that an event may have changed."""
    return tuple(
        BalanceReport(
            currency=row["a"],
            free=Decimal(row["f"]),
            held=Decimal(row["l"]),
            reported_at=values.parse_time(event["u"]),
        )
        for row in event["B"]
    )


def fill_report(symbol: str, info: Row) -> FillReport:
    return FillReport(
        symbol=symbol,
        trade_id=values.parse_trade_id(info.get("id")),
        exchange_order_id=str(info["orderId"]),
        side="buy" if is_true(info["isBuyer"]) else "sell",
        price=Decimal(info["price"]),
        quantity=Decimal(info["qty"]),
        fee=values.parse_decimal(info.get("commission")),
        fee_currency=info.get("commissionAsset"),
        is_maker=is_true(info["isMaker"]),
        executed_at=values.parse_time(info["time"]),
    )


def _reply_fill(symbol: str, order: Row, fill: Row) -> FillReport:
    """Report a fill in the reply to placing, which lists only fills that took liquidity."""
    whose = {"orderId": order["orderId"], "isBuyer": order["side"] == "BUY", "isMaker": False}
    when = {"id": fill.get("tradeId"), "time": order["transactTime"]}
    return fill_report(symbol, {**fill, **whose, **when})


def streamed_fill(symbol: str, info: Row) -> FillReport:
    return FillReport(
        symbol=symbol,
        trade_id=values.parse_trade_id(info.get("t")),
        exchange_order_id=str(info["i"]),
        side=values.parse_side(info["S"]),
        price=Decimal(info["L"]),
        quantity=Decimal(info["l"]),
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


def is_true(value: Any) -> bool:
    return value is True or value == "true"
