"""Translate Bybit's rows into reports, digit for digit. Pure."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from exchanges import base
from exchanges.through_ccxt import values
from exchanges.through_ccxt.values import Row
from realtime.values import EXACT

ZERO: Final = Decimal(0)
ParseSymbol = Callable[[Any], str]  # from Bybit's name of a symbol to ours

STATUSES: Final[dict[str, base.ReportStatus]] = {
    "Created": "new",
    "New": "new",
    "Active": "new",
    "Untriggered": "new",
    "Triggered": "new",
    "PendingCancel": "new",
    "PartiallyFilled": "partially_filled",
    "Filled": "filled",
    "Cancelled": "canceled",
    "PartiallyFilledCanceled": "canceled",
    "Deactivated": "canceled",
    "Rejected": "rejected",
}
# Cancelled by the rule under which the order was placed, not because somebody asked.
ENDS: Final[dict[str, base.ReportStatus]] = {
    "EC_NoImmediateQtyToFill": "expired",
    "EC_NoEnoughQtyToFill": "expired",
    "EC_PostOnlyWillTakeLiquidity": "rejected",
}
FILL_TYPES: Final = frozenset({"Trade", "AdlTrade", "BustTrade", "BlockTrade"})  # not funding
STOP_TYPES: Final = {
    "TrailingStop": "trailing_stop",
    **dict.fromkeys(("StopLoss", "PartialStopLoss"), "stop_loss"),
    **dict.fromkeys(("TakeProfit", "PartialTakeProfit"), "take_profit"),
}
WAITING: Final = "tpslOrder"  # spot orders that wait for a trigger, with what they spend
SIDES: Final[dict[str, base.PositionSide]] = {"1": "long", "2": "short"}
POSITION_INDEXES: Final = {"long": 1, "short": 2}
POSITION_SIDES: Final[dict[str, base.PositionSide]] = {**SIDES, "0": "net"}
MARGIN_MODES: Final = {
    "REGULAR_MARGIN": "cross",
    "ISOLATED_MARGIN": "isolated",
    "PORTFOLIO_MARGIN": "portfolio",
}


def order_report(
    info: Row, named: ParseSymbol, fills: tuple[base.FillReport, ...] = ()
) -> base.OrderReport:
    """Report an order from a list or the order topic."""
    symbol = named(info["symbol"])
    return base.OrderReport(
        symbol=symbol,
        exchange_order_id=str(info["orderId"]),
        client_order_id=info.get("orderLinkId") or None,
        side=values.parse_side(info["side"]),
        type=_read_type(info),
        status=_read_status(info),
        raw_status=_describe_status(info),
        price=values.parse_positive(info.get("price")),
        quantity=_read_quantity(info, symbol),
        filled=values.parse_decimal(info.get("cumExecQty")),
        cost=values.parse_decimal(info.get("cumExecValue")),
        reported_at=values.parse_time_or_none(info.get("updatedTime")),
        fills=fills,
        **_read_terms(info, is_futures=":" in symbol),
        raw=dict(info),
    )


def settle_quote_order(report: base.OrderReport, info: Row, market: Row | None) -> base.OrderReport:
    """Call an order for a sum of money filled if what is left of it is too little to trade.

    Bybit calls that partly filled and cancelled: a sum is seldom spent to its last digit.
    """
    is_cut = info.get("orderStatus") == "PartiallyFilledCanceled" and report.quantity is None
    if not is_cut or not market or not report.filled or not report.cost:
        return report
    limits = (market["precision"].get("amount"), market["limits"]["amount"].get("min"))
    least = max(values.parse_decimal(limit) or ZERO for limit in limits)
    left = EXACT.subtract(Decimal(info["qty"]), report.cost)
    is_spent = EXACT.multiply(left, report.filled) <= EXACT.multiply(least, report.cost)
    return replace(report, status="filled") if is_spent else report


def fill_order_report(info: Row, fill: base.FillReport) -> base.OrderReport:
    """Report the order of an execution: a fill, and nothing else is known."""
    return base.OrderReport(
        symbol=fill.symbol,
        exchange_order_id=fill.exchange_order_id,
        client_order_id=info.get("orderLinkId") or None,
        side=fill.side,
        type=str(info.get("orderType", "")).lower(),
        status="partially_filled",
        price=values.parse_positive(info.get("orderPrice")),
        reported_at=fill.executed_at,
        fills=(fill,) if fill.quantity else (),
        raw=dict(info),
    )


def fill_report(info: Row, symbol: str, market: Row) -> base.FillReport:
    return base.FillReport(
        symbol=symbol,
        trade_id=values.parse_trade_id(info.get("execId")),
        exchange_order_id=str(info["orderId"]),
        side=values.parse_side(info["side"]),
        price=values.parse_fill_price(info["execPrice"]),
        quantity=values.parse_fill_quantity(info["execQty"]),
        fee=values.parse_decimal(info.get("execFee")),
        fee_currency=info.get("feeCurrency") or _usual_fee_currency(info, market),
        is_maker=info.get("isMaker") in (True, "true"),
        executed_at=values.parse_time(info["execTime"]),
    )


def is_fill(info: Row) -> bool:
    """Return True for a fill: funding and settlements are listed as executions too."""
    return info.get("execType", "Trade") in FILL_TYPES


def balance_report(coin: Row) -> base.BalanceReport:
    """Report a coin of the one wallet: held for orders, or bound as margin."""
    names = ("locked", "totalOrderIM", "totalPositionIM")
    held = sum((values.parse_decimal(coin.get(name)) or ZERO for name in names), ZERO)
    total = values.parse_decimal(coin.get("walletBalance")) or ZERO
    free = max(EXACT.subtract(total, held), ZERO)  # margin may be bound against other coins
    return base.BalanceReport(currency=coin["coin"], free=free, held=held, cash=total)


def position_report(info: Row, named: ParseSymbol, margin_mode: str | None) -> base.PositionReport:
    """Report a position. In hedge mode a symbol has two, by index; a closed one has no side."""
    size = values.parse_decimal(info.get("size")) or ZERO
    return base.PositionReport(
        symbol=named(info["symbol"]),
        quantity=-size if info.get("side") == "Sell" else size,
        entry_price=values.parse_positive(info.get("avgPrice") or info.get("entryPrice")),
        mark_price=values.parse_positive(info.get("markPrice")),
        liquidation_price=values.parse_positive(info.get("liqPrice")),
        unrealised=values.parse_decimal(info.get("unrealisedPnl")),
        leverage=values.parse_positive(info.get("leverage")),
        margin_mode=margin_mode,
        side=SIDES.get(str(info.get("positionIdx")), "net"),
        reported_at=values.parse_time_or_none(info.get("updatedTime")),
    )


def symbol_rules(market: Row) -> base.SymbolRules:
    rules, lots = values.symbol_rules(market), market["info"].get("lotSizeFilter", {})
    least = rules.min_cost or lots.get("minNotionalValue") or lots.get("minOrderAmt")
    step = Decimal(lots.get("quotePrecision") or 0)
    return replace(rules, min_cost=Decimal(least or 0), quote_step=step)


def build_order(request: base.OrderRequest, *, category: str, symbol: str) -> dict[str, Any]:
    """Build an order in Bybit's terms, counted in coins unless it says what to spend."""
    is_limit = request.price is not None and request.type != "market"
    params: dict[str, Any] = {
        "category": category,
        "symbol": symbol,
        "side": request.side.capitalize(),
        "orderType": "Limit" if is_limit else "Market",
        "qty": f"{request.quantity:f}",
        "orderLinkId": request.client_order_id,
    }
    if is_limit:
        post_only = request.time_in_force == "PO"
        params["timeInForce"] = "PostOnly" if post_only else request.time_in_force
        params["price"] = f"{request.price:f}"
    elif request.quote_amount is not None:
        params |= {"marketUnit": "quoteCoin", "qty": f"{request.quote_amount:f}"}
    elif category == "spot":
        params["marketUnit"] = "baseCoin"
    if request.position_side:
        params["positionIdx"] = POSITION_INDEXES[request.position_side]
    if request.reduce_only:
        params["reduceOnly"] = True
    return params | (_trigger_params(request, category) if request.is_conditional else {})


def triggers_on_fall(request: base.OrderRequest) -> bool:
    """Return True if the price must fall to the trigger, False if it must rise."""
    return (request.type == "stop_loss") == (request.side == "sell")


def id_params(order: base.OrderName) -> dict[str, str]:
    """Return the parameters that name an order. A spot order may get a new id when it triggers."""
    if order.exchange_order_id and not (order.is_conditional and order.client_order_id):
        return {"orderId": order.exchange_order_id}
    return {"orderLinkId": order.client_order_id}


def _trigger_params(request: base.OrderRequest, category: str) -> dict[str, Any]:
    params: dict[str, Any] = {"triggerPrice": f"{request.trigger_price:f}"}
    if category == "spot":  # its direction follows from where the price is now
        return params | {"orderFilter": WAITING}
    return params | {
        "triggerDirection": 2 if triggers_on_fall(request) else 1,
        "triggerBy": "LastPrice",
    }


def _read_status(info: Row) -> base.ReportStatus:
    if info.get("orderStatus") == "Cancelled":
        return ENDS.get(str(info.get("rejectReason")), "canceled")
    return STATUSES.get(str(info.get("orderStatus")), "unknown")


def _describe_status(info: Row) -> str | None:
    """Return the raw status, with the reason for the end where Bybit gives one."""
    reason = str(info.get("rejectReason") or "")
    why = "" if reason in ("EC_NoError", "EC_Others") else reason
    return " ".join(word for word in (str(info.get("orderStatus") or ""), why) if word) or None


def _read_terms(info: Row, *, is_futures: bool) -> dict[str, Any]:
    is_limit = info.get("orderType") == "Limit"
    side = POSITION_SIDES.get(str(info.get("positionIdx"))) if is_futures else None
    return {
        "time_in_force": values.parse_time_in_force(info.get("timeInForce")) if is_limit else None,
        "trigger_price": values.parse_positive(info.get("triggerPrice")),
        "reduce_only": values.parse_flag(info.get("reduceOnly")),
        "position_side": side,
        "closes_position": _closes_position(info),
        "group": info.get("parentOrderLinkId") or None,
    }


def _closes_position(info: Row) -> bool:
    """Return True for a stop of all of a position, which names no quantity."""
    on_trigger = values.parse_flag(info.get("closeOnTrigger"))
    return bool(on_trigger) and not values.parse_positive(info.get("qty"))


def _read_type(info: Row) -> str:
    """Return our order type. Bybit tells many conditional orders' only by side and direction."""
    kind = str(info.get("orderType", "")).lower()
    if named := STOP_TYPES.get(str(info.get("stopOrderType"))):
        return named
    if not values.parse_decimal(info.get("triggerPrice")):
        return kind
    rises = _triggers_on_rise(info)
    if rises is None:
        return kind
    return "stop_loss" if rises == (info["side"] == "Buy") else "take_profit"


def _triggers_on_rise(info: Row) -> bool | None:
    """Return True if the trigger is above the price; spot tells only the price at its start."""
    direction = str(info.get("triggerDirection"))
    if direction in ("1", "2"):
        return direction == "1"
    began = values.parse_decimal(info.get("lastPriceOnCreated"))
    return Decimal(info["triggerPrice"]) >= began if began else None


def _read_quantity(info: Row, symbol: str) -> Decimal | None:
    """Return the quantity, or None for spot market orders counted in what they spend.

    A spot market buy that named no unit is counted so too, and its row leaves the unit empty.
    """
    is_spot_buy = info["side"] == "Buy" and info.get("orderType") == "Market" and ":" not in symbol
    unit = info.get("marketUnit") or ("quoteCoin" if is_spot_buy else "baseCoin")
    if unit == "quoteCoin" or _closes_position(info):
        return None
    return values.parse_decimal(info.get("qty"))


def _usual_fee_currency(info: Row, market: Row) -> str | None:
    """Return a fee's currency: the settle coin, or the coin received; a rebate's is the other."""
    if market.get("settle"):
        return str(market["settle"])
    is_rebate = (values.parse_decimal(info.get("execFee")) or ZERO) < 0  # paid in the other coin
    received = market.get("base" if (info["side"] == "Buy") != is_rebate else "quote")
    return str(received) if received else None
