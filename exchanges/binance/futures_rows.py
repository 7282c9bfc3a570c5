"""Translate Binance USD-M's rows into reports, digit for digit. Pure."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from exchanges import base
from exchanges.binance import spot_rows
from exchanges.through_ccxt import values
from exchanges.through_ccxt.rows import read_rows
from exchanges.through_ccxt.values import Row

ParseSymbol = Callable[[Any], str]  # from the venue's name of a contract to ours

STATUSES: Final[dict[str, base.ReportStatus]] = {
    "NEW": "new",
    "PENDING_NEW": "new",
    "NEW_INSURANCE": "new",
    "NEW_ADL": "new",
    "PARTIALLY_FILLED": "partially_filled",
    "FILLED": "filled",
    "CANCELED": "canceled",
    "EXPIRED": "expired",
    "EXPIRED_IN_MATCH": "expired",
    "REJECTED": "rejected",
}
# What has fired goes on as an order of its own, which says itself how it ends.
CONDITIONAL_STATUSES: Final[dict[str, base.ReportStatus]] = {
    "NEW": "new",
    "TRIGGERING": "new",
    "TRIGGERED": "new",
    "FINISHED": "new",
    "CANCELED": "canceled",
    "EXPIRED": "expired",
    "REJECTED": "rejected",
}
TYPES: Final = {
    "STOP": "stop_loss",
    "STOP_MARKET": "stop_loss",
    "TAKE_PROFIT": "take_profit",
    "TAKE_PROFIT_MARKET": "take_profit",
    "TRAILING_STOP_MARKET": "trailing_stop",
}
LIMIT_TYPES: Final = frozenset({"LIMIT", "STOP", "TAKE_PROFIT"})
SIDES: Final[dict[str, base.PositionSide]] = {"LONG": "long", "SHORT": "short"}
POSITION_SIDES: Final[dict[str, base.PositionSide]] = {**SIDES, "BOTH": "net"}
STREAMED_TERMS: Final = {
    **{"o": "type", "f": "timeInForce", "gtd": "goodTillDate", "sp": "stopPrice"},
    **{"tp": "stopPrice", "AP": "activatePrice", "cr": "callbackRate", "R": "reduceOnly"},
    **{"ps": "positionSide", "cp": "closePosition"},
}


def order_report(info: Row, name: ParseSymbol) -> base.OrderReport:
    status = str(info.get("status") or "")
    at = info.get("updateTime") or info.get("time")
    return base.OrderReport(
        symbol=name(info["symbol"]),
        exchange_order_id=str(info["orderId"]),
        client_order_id=info.get("clientOrderId"),
        side=values.parse_side(info["side"]),
        type=_parse_type(info.get("type")),
        status=_read_status(status, info.get("timeInForce"), info.get("executedQty")),
        raw_status=status or None,
        price=values.parse_positive(info.get("price")),
        quantity=_read_quantity(info.get("origQty"), info.get("closePosition")),
        filled=values.parse_decimal(info.get("executedQty")),
        cost=values.parse_decimal(info.get("cumQuote")),
        reported_at=values.parse_time_or_none(at),
        **_read_terms(info),
        raw=dict(info),
    )


def conditional_report(info: Row, name: ParseSymbol) -> base.OrderReport:
    """Report a conditional order: nothing of it is filled while it waits."""
    status = str(info.get("algoStatus") or "")
    at = info.get("updateTime") or info.get("createTime")
    return base.OrderReport(
        symbol=name(info["symbol"]),
        exchange_order_id=f"{base.CONDITIONAL_PREFIX}{info['algoId']}",
        client_order_id=info.get("clientAlgoId"),
        side=values.parse_side(info["side"]),
        type=_parse_type(info.get("orderType")),
        status=CONDITIONAL_STATUSES.get(status, "unknown"),
        raw_status=status or None,
        price=values.parse_positive(info.get("price")),
        quantity=_read_quantity(info.get("quantity"), info.get("closePosition")),
        filled=_filled_before_trigger(status),
        reported_at=values.parse_time_or_none(at),
        **_read_terms(
            {**info, "type": info.get("orderType"), "stopPrice": info.get("triggerPrice")}
        ),
        raw=dict(info),
    )


def streamed_order(frame: Row, name: ParseSymbol) -> base.OrderReport:
    """Report an ORDER_TRADE_UPDATE: the order as it is now, with the fill if there is one.

    It names no cost, only an average price that is rounded: what it cost is told by the parts.
    """
    info = frame["o"]
    return base.OrderReport(
        symbol=name(info["s"]),
        exchange_order_id=str(info["i"]),
        client_order_id=info.get("c"),
        side=values.parse_side(info["S"]),
        type=_parse_type(info.get("o")),
        status=_read_status(info["X"], info.get("f"), info.get("z")),
        raw_status=info["X"],
        price=values.parse_positive(info.get("p")),
        quantity=_read_quantity(info.get("q"), info.get("cp")),
        filled=values.parse_decimal(info.get("z")),
        reported_at=values.parse_time(info.get("T") or frame["T"]),
        fills=(_streamed_fill(info, name),) if spot_rows.is_fill(info) else (),
        **_read_terms(_rename_fields(info)),
        raw=dict(info),
    )


def streamed_conditional(frame: Row, name: ParseSymbol) -> base.OrderReport:
    """Report an ALGO_UPDATE; once triggered, it names the order that it became."""
    info = frame["o"]
    number, filled = parse_triggered_id(info.get("ai")), _filled_before_trigger(info["X"])
    status = CONDITIONAL_STATUSES.get(info["X"], "unknown")
    if number and (filled := values.parse_decimal(info.get("aq"))):
        ordered = _read_quantity(info["q"], info.get("cp"))
        status = "filled" if ordered and filled >= ordered else "partially_filled"
    return base.OrderReport(
        symbol=name(info["s"]),
        exchange_order_id=number or f"{base.CONDITIONAL_PREFIX}{info['aid']}",
        client_order_id=info.get("caid"),
        side=values.parse_side(info["S"]),
        type=_parse_type(info.get("o")),
        status=status,
        raw_status=info["X"],
        price=values.parse_positive(info.get("p")),
        quantity=_read_quantity(info.get("q"), info.get("cp")),
        filled=filled,
        reported_at=values.parse_time(frame["T"]),
        **_read_terms(_rename_fields(info)),
        raw=dict(info),
    )


def fill_report(info: Row, name: ParseSymbol) -> base.FillReport:
    return base.FillReport(
        symbol=name(info["symbol"]),
        trade_id=values.parse_trade_id(info.get("id")),
        exchange_order_id=str(info["orderId"]),
        side=values.parse_side(info["side"]),
        price=values.parse_fill_price(info["price"]),
        quantity=values.parse_fill_quantity(info["qty"]),
        fee=values.parse_decimal(info.get("commission")),
        fee_currency=info.get("commissionAsset"),
        is_maker=info.get("maker"),
        executed_at=values.parse_time(info["time"]),
    )


def _streamed_fill(info: Row, name: ParseSymbol) -> base.FillReport:
    """Report a streamed fill. Left-out fee fields mean no fee, empty ones an unknown fee."""
    return spot_rows.streamed_fill(name(info["s"]), {"n": "0", **info})


def balance_report(info: Row) -> base.BalanceReport:
    """Report a currency: free for new positions, or held by positions and orders."""
    return base.BalanceReport(
        currency=info["asset"],
        free=values.parse_amount(info["availableBalance"]),
        held=values.parse_amount(info["initialMargin"]),
        cash=values.parse_decimal(info.get("walletBalance")),
    )


def position_report(info: Row, name: ParseSymbol) -> base.PositionReport:
    return base.PositionReport(
        symbol=name(info["symbol"]),
        quantity=values.parse_amount(info["positionAmt"]),
        entry_price=values.parse_positive(info.get("entryPrice")),
        mark_price=values.parse_positive(info.get("markPrice")),
        liquidation_price=values.parse_positive(info.get("liquidationPrice")),
        unrealised=values.parse_decimal(info.get("unRealizedProfit")),
        leverage=values.parse_decimal(info.get("leverage")),
        margin_mode=info.get("marginType"),
        side=SIDES.get(info.get("positionSide", ""), "net"),
    )


def streamed_positions(frame: Row, name: ParseSymbol) -> list[base.PositionReport]:
    at, infos = values.parse_time(frame["T"]), frame["a"].get("P") or ()
    return read_rows(infos, lambda info: _streamed_position(info, name, at), what="position")


def _streamed_position(info: Row, name: ParseSymbol, at: datetime) -> base.PositionReport:
    return base.PositionReport(
        symbol=name(info["s"]),
        quantity=values.parse_amount(info["pa"]),
        entry_price=values.parse_positive(info.get("ep")),
        unrealised=values.parse_decimal(info.get("up")),
        margin_mode=info.get("mt"),
        side=SIDES.get(info.get("ps", ""), "net"),
        reported_at=at,
    )


def parse_triggered_id(value: Any) -> str:
    """Return the id of the order that a conditional one became, or an empty text."""
    return "" if value in (None, "", "0", 0) else str(value)


def _filled_before_trigger(status: str) -> Decimal | None:
    """Return zero before the trigger; afterwards only the triggered order knows its fills."""
    return Decimal(0) if status in ("NEW", "CANCELED", "REJECTED") else None


def _read_status(status: str, time_in_force: Any, filled: Any) -> base.ReportStatus:
    """Return our status: a post-only order that would have taken is told as expired."""
    if status == "EXPIRED" and time_in_force == "GTX" and not values.parse_positive(filled):
        return "rejected"
    return STATUSES.get(status, "unknown")


def _read_quantity(quantity: Any, closes_position: Any) -> Decimal | None:
    """Return the quantity, or None of an order for all of a position: that is known at its end."""
    if values.parse_flag(closes_position):
        return values.parse_positive(quantity)
    return values.parse_decimal(quantity)


def _read_terms(info: Row) -> dict[str, Any]:
    """Return the terms of an order as lists name them."""
    is_limit = str(info.get("type")) in LIMIT_TYPES
    activation = values.parse_positive(info.get("activatePrice"))
    return {
        "time_in_force": values.parse_time_in_force(info.get("timeInForce")) if is_limit else None,
        "good_till": values.parse_time_or_none(int(info.get("goodTillDate") or 0)),
        "trigger_price": values.parse_positive(info.get("stopPrice")) or activation,
        "trailing_percent": values.parse_percent(info.get("priceRate") or info.get("callbackRate")),
        "reduce_only": values.parse_flag(info.get("reduceOnly")),
        "position_side": POSITION_SIDES.get(str(info.get("positionSide"))),
        "closes_position": values.parse_flag(info.get("closePosition")),
    }


def _rename_fields(info: Row) -> dict[str, Any]:
    """Give the letters of a streamed order the names that lists have."""
    return {name: info[letter] for letter, name in STREAMED_TERMS.items() if letter in info}


def _parse_type(value: Any) -> str:
    return TYPES.get(value) or str(value or "").lower()
