"""Translate Binance spot's rows and frames into reports, digit for digit."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from exchanges.base import BalanceReport, FillReport, OrderReport, ReportStatus, SymbolRules
from exchanges.through_ccxt.client import (
    Row,
    parse_decimal,
    parse_time,
    parse_trade_id,
    read_max_leverage,
)

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
    cost = parse_decimal(info.get("cummulativeQuoteQty"))
    at = info.get("updateTime") or info.get("transactTime") or info.get("time")
    return OrderReport(
        symbol=symbol,
        exchange_order_id=str(info["orderId"]),
        client_order_id=info.get("origClientOrderId") or info.get("clientOrderId"),
        side="buy" if info.get("side") == "BUY" else "sell",
        type=_parse_type(info.get("type", ""), info.get("trailingDelta")),
        status=STATUSES.get(status, "unknown"),
        raw_status=status or None,
        price=Decimal(info["price"]) if Decimal(info.get("price") or 0) else None,
        quantity=Decimal(info["origQty"]) if "origQty" in info else None,
        filled=Decimal(info["executedQty"]) if "executedQty" in info else None,
        cost=None if cost is None or cost < 0 else cost,  # -1: not kept any more, for old orders
        reported_at=parse_time(at) if at else None,
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
        side="buy" if info["S"] == "BUY" else "sell",
        type=_parse_type(info["o"], info.get("d")),
        status=STATUSES.get(info["X"], "unknown"),
        raw_status=info["X"],
        price=Decimal(info["p"]) if Decimal(info["p"]) else None,
        quantity=Decimal(info["q"]),
        filled=Decimal(info["z"]),
        cost=Decimal(info["Z"]),
        reported_at=parse_time(info["T"]),
        fills=(_streamed_fill(symbol, info),) if info["x"] == "TRADE" else (),
        raw=dict(info),
    )


def streamed_balances(event: Row) -> tuple[BalanceReport, ...]:
    """Report an outboundAccountPosition: the currencies that an event may have changed."""
    return tuple(
        BalanceReport(
            currency=row["a"],
            free=Decimal(row["f"]),
            held=Decimal(row["l"]),
            reported_at=parse_time(event["u"]),
        )
        for row in event["B"]
    )


def fill_report(symbol: str, info: Row) -> FillReport:
    return FillReport(
        symbol=symbol,
        trade_id=parse_trade_id(info.get("id")),
        exchange_order_id=str(info["orderId"]),
        side="buy" if is_true(info["isBuyer"]) else "sell",
        price=Decimal(info["price"]),
        quantity=Decimal(info["qty"]),
        fee=parse_decimal(info.get("commission")),
        fee_currency=info.get("commissionAsset"),
        is_maker=is_true(info["isMaker"]),
        executed_at=parse_time(info["time"]),
    )


def symbol_rules(market: Row) -> SymbolRules:
    limits = market["limits"]
    return SymbolRules(
        symbol=market["symbol"],
        base=market["base"],
        quote=market["quote"],
        price_step=Decimal(market["precision"]["price"]),
        quantity_step=Decimal(market["precision"]["amount"]),
        min_quantity=Decimal(limits["amount"]["min"] or 0),
        min_cost=Decimal(limits["cost"]["min"] or 0),
        most_leverage=read_max_leverage(market),
    )


def _reply_fill(symbol: str, order: Row, fill: Row) -> FillReport:
    """Report a fill in the reply to placing, which lists only fills that took liquidity."""
    return FillReport(
        symbol=symbol,
        trade_id=parse_trade_id(fill.get("tradeId")),
        exchange_order_id=str(order["orderId"]),
        side="buy" if order["side"] == "BUY" else "sell",
        price=Decimal(fill["price"]),
        quantity=Decimal(fill["qty"]),
        fee=parse_decimal(fill.get("commission")),
        fee_currency=fill.get("commissionAsset"),
        is_maker=False,
        executed_at=parse_time(order["transactTime"]),
    )


def _streamed_fill(symbol: str, info: Row) -> FillReport:
    return FillReport(
        symbol=symbol,
        trade_id=parse_trade_id(info.get("t")),
        exchange_order_id=str(info["i"]),
        side="buy" if info["S"] == "BUY" else "sell",
        price=Decimal(info["L"]),
        quantity=Decimal(info["l"]),
        fee=parse_decimal(info.get("n")),
        fee_currency=info.get("N"),
        is_maker=is_true(info["m"]),
        executed_at=parse_time(info["T"]),
    )


def _parse_type(value: Any, trailing: Any) -> str:
    """Return our order type: a trailing stop has one, a limit after a trigger has not."""
    if trailing:
        return "trailing_stop"
    return "limit" if value == "LIMIT_MAKER" else str(value).lower().removesuffix("_limit")


def is_true(value: Any) -> bool:
    return value is True or value == "true"
