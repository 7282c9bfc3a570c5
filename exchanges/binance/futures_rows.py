"""Translate Binance USD-M's rows into reports, digit for digit, and our orders into its terms."""

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
SIDES: Final[dict[str, base.PositionSide]] = {"LONG": "long", "SHORT": "short"}
MARGIN_MODES: Final = {"cross": "CROSSED", "isolated": "ISOLATED"}


def build_common_params(request: base.OrderRequest, market_id: str) -> dict[str, Any]:
    """Return the parameters that all orders have."""
    params: dict[str, Any] = {
        "symbol": market_id,
        "side": request.side.upper(),
        "quantity": f"{request.quantity:f}",
    }
    if request.price is not None:
        post_only = request.time_in_force == "PO"
        params |= {
            "price": f"{request.price:f}",
            "timeInForce": "GTX" if post_only else request.time_in_force,
        }
    return params | ({"reduceOnly": "true"} if request.reduce_only else {})


def build_order(request: base.OrderRequest, market_id: str) -> dict[str, Any]:
    return build_common_params(request, market_id) | {
        "type": request.type.upper(),
        "newClientOrderId": request.client_order_id,
        "newOrderRespType": "RESULT",
    }


def build_conditional_order(request: base.OrderRequest, market_id: str) -> dict[str, Any]:
    params = {"algoType": "CONDITIONAL", "clientAlgoId": request.client_order_id}
    return build_common_params(request, market_id) | params | _trigger_params(request)


def _trigger_params(request: base.OrderRequest) -> dict[str, Any]:
    if request.type == "trailing_stop":
        if request.price is not None:
            raise base.RequestRefused(
                "a trailing stop of Binance futures is a market order: it has no price"
            )
        trailing = {
            "type": "TRAILING_STOP_MARKET",
            "callbackRate": _require_number(request.trailing_percent, "a percent to follow by"),
        }
        begins = request.trigger_price
        return trailing if begins is None else trailing | {"activatePrice": f"{begins:f}"}
    kind = "STOP" if request.type == "stop_loss" else "TAKE_PROFIT"
    return {
        "type": kind if request.price is not None else f"{kind}_MARKET",
        "triggerPrice": _require_number(request.trigger_price, "a price to wait for"),
    }


def _require_number(number: Decimal | None, what: str) -> str:
    if number is None:
        raise base.RequestRefused(f"a conditional order needs {what}")
    return f"{number:f}"


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
        quantity=values.parse_decimal(info.get("origQty")),
        filled=values.parse_decimal(info.get("executedQty")),
        cost=values.parse_decimal(info.get("cumQuote")),
        reported_at=values.parse_time_or_none(at),
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
        quantity=values.parse_decimal(info.get("quantity")),
        filled=_filled_before_trigger(status),
        reported_at=values.parse_time_or_none(at),
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
        quantity=values.parse_decimal(info.get("q")),
        filled=values.parse_decimal(info.get("z")),
        reported_at=values.parse_time(info.get("T") or frame["T"]),
        fills=(_streamed_fill(info, name),) if spot_rows.is_fill(info) else (),
        raw=dict(info),
    )


def streamed_conditional(frame: Row, name: ParseSymbol) -> base.OrderReport:
    """Report an ALGO_UPDATE; once triggered, it names the order that it became."""
    info = frame["o"]
    number, filled = parse_triggered_id(info.get("ai")), _filled_before_trigger(info["X"])
    status = CONDITIONAL_STATUSES.get(info["X"], "unknown")
    if number and (filled := values.parse_decimal(info.get("aq"))):
        status = "filled" if filled >= Decimal(info["q"]) else "partially_filled"
    return base.OrderReport(
        symbol=name(info["s"]),
        exchange_order_id=number or f"{base.CONDITIONAL_PREFIX}{info['aid']}",
        client_order_id=info.get("caid"),
        side=values.parse_side(info["S"]),
        type=_parse_type(info.get("o")),
        status=status,
        raw_status=info["X"],
        price=values.parse_positive(info.get("p")),
        quantity=values.parse_decimal(info.get("q")),
        filled=filled,
        reported_at=values.parse_time(frame["T"]),
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


def _parse_type(value: Any) -> str:
    return TYPES.get(value) or str(value or "").lower()
