"""Orders and executions in Bybit's JSON: every number a string without idle zeros."""

from collections import defaultdict
from decimal import Decimal

from exchanges.simulator.bybit.params import shown_link_id
from exchanges.simulator.bybit.symbols import Category, wire_id, wire_name
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.orders.orders import Fill, Order

Json = dict[str, object]

STATUSES = {"NEW": "New", "PARTIALLY_FILLED": "PartiallyFilled", "FILLED": "Filled"}
AVERAGE = Decimal("1e-10")
# What every order has and none here uses.
IDLE: Json = {
    **dict.fromkeys(("orderIv", "takeProfit", "stopLoss", "tpTriggerBy", "slTriggerBy"), ""),
    **dict.fromkeys(("smpOrderId", "placeType", "slippageTolerance", "extraFees"), ""),
    "blockTradeId": "",
    "closeOnTrigger": False,
    "positionIdx": 0,
    "smpType": "None",
    "smpGroup": 0,
    "createType": "CreateByUser",
    "slippageToleranceType": "UNKNOWN",
}


def plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def order_row(engine: Engine, order: Order, category: Category) -> Json:
    """An order as lists and the order topic show it."""
    fees = fees_of(engine, order)
    average = order.quote_executed / order.executed if order.executed else None
    row: Json = {
        "symbol": wire_name(order.symbol),
        "orderId": wire_id(category, order.symbol, order.id),
        "orderLinkId": shown_link_id(order.client_id),
        "side": order.side.capitalize(),
        "orderType": "Market" if order.type == "MARKET" else "Limit",
        "price": plain(order.price),
        "qty": plain(order.quote_quantity or order.quantity),
        "marketUnit": _unit(order, category),
        "timeInForce": time_in_force(order),
        "orderStatus": status(order, category),
        "cancelType": cancel_type(order),
        "rejectReason": reject_reason(order),
        "avgPrice": plain(average.quantize(AVERAGE)) if average else "",
        "leavesQty": plain(order.remaining if order.is_open else ZERO),
        "leavesValue": plain(order.price * order.remaining if order.is_open else ZERO),
        "cumExecQty": plain(order.executed),
        "cumExecValue": plain(order.quote_executed),
        "cumExecFee": plain(sum(fees.values(), ZERO)),
        "cumFeeDetail": {asset: plain(fee) for asset, fee in fees.items()},
        "createdTime": str(order.created),
        "updatedTime": str(order.updated),
        "reduceOnly": order.reduce_only,
        "isLeverage": "0" if category == "spot" else "",
    }
    if category == "linear":
        row |= {"tpslMode": "", "tpLimitPrice": "", "slLimitPrice": ""}
    return IDLE | row | trigger_words(order, category)


def fees_of(engine: Engine, order: Order) -> dict[str, Decimal]:
    """By coin, up to the moment that `order` shows; it may be a copy from between two fills."""
    fees: dict[str, Decimal] = defaultdict(Decimal)
    told = Decimal(0)
    for fill in engine.records.list_order_fills(order):
        told += fill.quantity
        if told > order.executed:
            break
        fees[fill.commission_asset] += fill.commission
    return dict(fees)


def trigger_words(order: Order, category: Category) -> Json:
    """What it waits or waited for; spot does not say in which direction."""
    trigger = order.trigger
    direction = 0 if trigger is None or category == "spot" else 1 if trigger.rises else 2
    return {
        "stopOrderType": stop_order_type(order),
        "triggerPrice": plain(trigger.price) if trigger else "",
        "triggerDirection": direction,
        "triggerBy": "LastPrice" if trigger and category == "linear" else "",
        "lastPriceOnCreated": plain(trigger.best) if trigger and trigger.best else "",
    }


def stop_order_type(order: Order) -> str:
    if order.trigger is None:
        return ""
    return "tpslOrder" if order_filter(order) == "tpslOrder" else "Stop"


def order_filter(order: Order) -> str:
    """By which name of `orderFilter` an order is found; what has been triggered is like others."""
    if order.trigger is None or order.working_since is not None:
        return "Order"
    is_spot = wire_name(order.symbol) == order.symbol
    return "tpslOrder" if is_spot and order.reserves else "StopOrder"


def status(order: Order, category: Category) -> str:
    """Only spot has a word of its own for a part that was filled before the end."""
    if order.is_waiting:
        return "Untriggered"
    if order.status in STATUSES:
        return STATUSES[order.status]
    if _could_not_be_paid_for(order):
        return "Rejected"
    if order.working_since is None:
        return "Deactivated"
    return "PartiallyFilledCanceled" if order.executed and category == "spot" else "Cancelled"


def time_in_force(order: Order) -> str:
    if order.type == "LIMIT_MAKER":
        return "PostOnly"
    return "IOC" if order.type == "MARKET" else order.time_in_force


def cancel_type(order: Order) -> str:
    if order.status == "EXPIRED" and order.reduce_only:
        return "CancelByReduceOnly"
    return "CancelByUser" if order.status == "CANCELED" else "UNKNOWN"


def reject_reason(order: Order) -> str:
    if order.is_open or order.status == "FILLED":
        return "EC_NoError"
    if order.type == "LIMIT_MAKER" and order.created == order.updated:
        return "EC_PostOnlyWillTakeLiquidity"
    if _could_not_be_paid_for(order):
        return "EC_Others"
    if order.status == "EXPIRED" and not order.reduce_only:
        return "EC_NoEnoughQtyToFill" if order.time_in_force == "FOK" else "EC_NoImmediateQtyToFill"
    return "EC_PerCancelRequest"


def execution_row(fill: Fill, order: Order, category: Category) -> Json:
    return {
        "symbol": wire_name(fill.symbol),
        "orderId": wire_id(category, fill.symbol, fill.order_id),
        "orderLinkId": shown_link_id(order.client_id),
        "side": fill.side.capitalize(),
        "orderPrice": plain(order.price),
        "orderQty": plain(order.quantity),
        "leavesQty": plain(order.remaining),
        "createType": "CreateByUser",
        "orderType": "Market" if order.type == "MARKET" else "Limit",
        "stopOrderType": "UNKNOWN",
        "execFee": plain(fill.commission),
        "execFeeV2": "",
        "feeCurrency": fill.commission_asset if category == "spot" else "",
        "execId": wire_id(category, fill.symbol, fill.id),
        "execPrice": plain(fill.price),
        "execQty": plain(fill.quantity),
        "execType": "Trade",
        "execValue": plain(fill.quote),
        "execTime": str(fill.time),
        "isMaker": fill.maker,
        "feeRate": plain((fill.commission / _fee_base(fill, category)).quantize(Decimal("1e-8"))),
        "tradeIv": "",
        "markIv": "",
        "markPrice": plain(fill.price),
        "indexPrice": "",
        "underlyingPrice": "",
        "blockTradeId": "",
        "closedSize": "",
        "execPnl": plain(fill.realised) if category == "linear" else "",
        "seq": fill.id,
    }


def _could_not_be_paid_for(order: Order) -> bool:
    """It waited without holding its money, which was not there when the trigger fired."""
    never_worked = order.working_since in (None, order.updated) and not order.executed
    return bool(order.trigger) and order.status == "EXPIRED" and never_worked


def _unit(order: Order, category: Category) -> str:
    if category != "spot" or order.type != "MARKET":
        return ""
    return "quoteCoin" if order.quote_quantity else "baseCoin"


def _fee_base(fill: Fill, category: Category) -> Decimal:
    return fill.quantity if category == "spot" and fill.side == "BUY" else fill.quote
