"""Orders and fills in Bybit's JSON: every number is a string without trailing zeros."""

from collections import defaultdict
from decimal import Decimal

from exchanges.simulator.accounts.ledger import Income
from exchanges.simulator.bybit.symbols import Category, wire_id
from exchanges.simulator.decimals import ZERO, format_plain, write_plain
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.symbols import wire_symbol
from exchanges.simulator.orders.orders import Fill, Order
from exchanges.simulator.transport.params import wire_client_id

Json = dict[str, object]

STATUSES = {"NEW": "New", "PARTIALLY_FILLED": "PartiallyFilled", "FILLED": "Filled"}
POSITION_INDEXES = {"BOTH": 0, "LONG": 1, "SHORT": 2}
AVERAGE_DIGITS = Decimal("1e-10")
# Fields of every order that the simulator never uses.
UNUSED_FIELDS: Json = {
    **dict.fromkeys(("orderIv", "takeProfit", "stopLoss", "tpTriggerBy", "slTriggerBy"), ""),
    **dict.fromkeys(("smpOrderId", "placeType", "slippageTolerance", "extraFees"), ""),
    "blockTradeId": "",
    "smpType": "None",
    "smpGroup": 0,
    "createType": "CreateByUser",
    "slippageToleranceType": "UNKNOWN",
}


def order_row(engine: Engine, order: Order, category: Category) -> Json:
    """Build an order as lists and the order topic show it."""
    fees: dict[str, Decimal] = defaultdict(Decimal)
    for fill in engine.records.list_counted_fills(order):
        fees[fill.commission_asset] += fill.commission
    average = order.quote_executed / order.executed if order.executed else None
    open_quantity = order.remaining if order.is_open else ZERO
    row: Json = {
        "symbol": wire_symbol(order.symbol),
        "orderId": wire_id(category, order.symbol, order.id),
        "orderLinkId": wire_client_id(order.client_id),
        "side": order.side.capitalize(),
        "orderType": "Market" if order.type == "MARKET" else "Limit",
        **write_plain(price=order.price, qty=_wire_quantity(order)),
        "marketUnit": _market_unit(order, category),
        "timeInForce": _wire_time_in_force(order),
        "orderStatus": order_status(order, category),
        "cancelType": cancel_type(order),
        "rejectReason": reject_reason(order),
        "avgPrice": format_plain(average.quantize(AVERAGE_DIGITS)) if average else "",
        **write_plain(leavesQty=open_quantity, leavesValue=order.price * open_quantity),
        **write_plain(cumExecQty=order.executed, cumExecValue=order.quote_executed),
        "cumExecFee": format_plain(sum(fees.values(), ZERO)),
        "cumFeeDetail": write_plain(**fees),
        "createdTime": str(order.created),
        "updatedTime": str(order.updated),
        "reduceOnly": order.reduce_only,
        "closeOnTrigger": order.closes_position,
        "positionIdx": POSITION_INDEXES[order.position_side],
        "isLeverage": "0" if category == "spot" else "",
    }
    if category == "linear":
        row |= {"tpslMode": "", "tpLimitPrice": "", "slLimitPrice": ""}
    return UNUSED_FIELDS | row | _trigger_fields(order, category)


def _wire_quantity(order: Order) -> Decimal:
    """Return the size; one for a whole position has none until its trigger."""
    if order.closes_position and order.working_since is None:
        return ZERO
    return order.quote_quantity or order.quantity


def _trigger_fields(order: Order, category: Category) -> Json:
    """Return the fields about the trigger; spot has no direction."""
    trigger = order.trigger
    direction = 0 if trigger is None or category == "spot" else 1 if trigger.rises else 2
    return {
        "stopOrderType": stop_order_type(order),
        "triggerPrice": format_plain(trigger.price) if trigger else "",
        "triggerDirection": direction,
        "triggerBy": "LastPrice" if trigger and category == "linear" else "",
        "lastPriceOnCreated": format_plain(trigger.best) if trigger and trigger.best else "",
    }


def stop_order_type(order: Order) -> str:
    if order.trigger is None:
        return ""
    if order.trigger.kind == "TRAILING":
        return "TrailingStop"
    return "tpslOrder" if order_filter(order) == "tpslOrder" else "Stop"


def order_filter(order: Order) -> str:
    """Return the `orderFilter` that lists an order; a triggered order is listed as a usual one."""
    if order.trigger is None or order.working_since is not None:
        return "Order"
    is_spot = wire_symbol(order.symbol) == order.symbol
    return "tpslOrder" if is_spot and order.reserves else "StopOrder"


def order_status(order: Order, category: Category) -> str:
    """Return Bybit's status; only spot has one for a cancelled order with fills."""
    if order.is_waiting:
        return "Untriggered"
    if order.status in STATUSES:
        return STATUSES[order.status]
    if _lacked_balance(order):
        return "Rejected"
    if order.working_since is None:
        return "Deactivated"
    return "PartiallyFilledCanceled" if order.executed and category == "spot" else "Cancelled"


def _wire_time_in_force(order: Order) -> str:
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
    if _lacked_balance(order):
        return "EC_Others"
    if order.status == "EXPIRED" and not order.reduce_only:
        return "EC_NoEnoughQtyToFill" if order.time_in_force == "FOK" else "EC_NoImmediateQtyToFill"
    return "EC_PerCancelRequest"


def fill_row(fill: Fill, order: Order, category: Category) -> Json:
    in_base = category == "spot" and fill.side == "BUY"
    fee_rate = fill.commission / (fill.quantity if in_base else fill.quote)
    return {
        "symbol": wire_symbol(fill.symbol),
        "orderId": wire_id(category, fill.symbol, fill.order_id),
        "orderLinkId": wire_client_id(order.client_id),
        "side": fill.side.capitalize(),
        **write_plain(orderPrice=order.price, orderQty=order.quantity, leavesQty=order.remaining),
        "createType": "CreateByUser",
        "orderType": "Market" if order.type == "MARKET" else "Limit",
        "stopOrderType": "UNKNOWN",
        "execFee": format_plain(fill.commission),
        "feeCurrency": fill.commission_asset if category == "spot" else "",
        "execId": wire_id(category, fill.symbol, fill.id),
        **write_plain(execPrice=fill.price, execQty=fill.quantity),
        "execType": "Trade",
        "execValue": format_plain(fill.quote),
        "execTime": str(fill.time),
        "isMaker": fill.maker,
        "feeRate": format_plain(fee_rate.quantize(Decimal("1e-8"))),
        "markPrice": format_plain(fill.price),
        **dict.fromkeys(("tradeIv", "markIv", "indexPrice", "underlyingPrice"), ""),
        **dict.fromkeys(("blockTradeId", "closedSize", "execFeeV2"), ""),
        "execPnl": format_plain(fill.realised) if category == "linear" else "",
        "seq": fill.id,
    }


def funding_row(income: Income) -> Json:
    """Build a funding payment as it stands among the executions: a fee, above zero if paid."""
    empty = ("orderLinkId", "feeCurrency", "createType", "underlyingPrice", "tradeIv", "markIv")
    return {
        **dict.fromkeys((*empty, "blockTradeId", "indexPrice"), ""),
        "symbol": wire_symbol(income.contract),
        "orderId": f"funding-{income.id}",
        "execId": f"funding-{income.id}",
        "side": "Buy" if income.quantity > 0 else "Sell",
        **{"orderType": "UNKNOWN", "stopOrderType": "UNKNOWN", "execType": "Funding"},
        **dict.fromkeys(("orderQty", "orderPrice", "leavesQty", "closedSize"), "0"),
        **write_plain(execFee=-income.amount, feeRate=income.rate, execQty=abs(income.quantity)),
        **write_plain(execPrice=income.price, markPrice=income.price),
        "execValue": format_plain(abs(income.quantity) * income.price),
        "execTime": str(income.time),
        "isMaker": False,
        "seq": income.id,
    }


def _lacked_balance(order: Order) -> bool:
    """Return whether the balance was missing when the trigger fired.

    Such an order holds no balance while it waits.
    """
    is_unworked = order.working_since in (None, order.updated) and not order.executed
    is_refused = bool(order.trigger) and not order.closes_position
    return is_refused and order.status == "EXPIRED" and is_unworked


def _market_unit(order: Order, category: Category) -> str:
    if category != "spot" or order.type != "MARKET":
        return ""
    return "quoteCoin" if order.quote_quantity else "baseCoin"
