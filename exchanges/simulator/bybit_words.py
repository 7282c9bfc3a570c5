"""Orders, executions and balances in Bybit's JSON: every number a string without idle zeros."""

from collections.abc import Iterable
from decimal import Decimal

from exchanges.simulator.accounts import Account
from exchanges.simulator.bybit_books import Category, wire_id
from exchanges.simulator.bybit_params import shown_link_id
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.orders import Fill, Holding, Order

Json = dict[str, object]

TOTALS = (
    *("totalEquity", "totalWalletBalance", "totalMarginBalance", "totalAvailableBalance"),
    *("totalPerpUPL", "totalInitialMargin", "totalMaintenanceMargin"),
    *("accountIMRate", "accountMMRate", "accountLTV"),
)
STATUSES = {"NEW": "New", "PARTIALLY_FILLED": "PartiallyFilled", "FILLED": "Filled"}


def plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def order_row(order: Order, category: Category, fees: dict[str, Decimal]) -> Json:
    """An order as lists and the order topic show it."""
    average = order.quote_executed / order.executed if order.executed else None
    row: Json = {
        "symbol": order.symbol,
        "orderId": wire_id(category, order.symbol, order.id),
        "orderLinkId": shown_link_id(order.client_id),
        "blockTradeId": "",
        "side": order.side.capitalize(),
        "orderType": "Market" if order.type == "MARKET" else "Limit",
        "price": plain(order.price),
        "qty": plain(order.quote_quantity or order.quantity),
        "marketUnit": _unit(order, category),
        "timeInForce": time_in_force(order),
        "orderStatus": status(order, category),
        "cancelType": "CancelByUser" if order.status == "CANCELED" else "UNKNOWN",
        "rejectReason": reject_reason(order),
        "avgPrice": plain(average.quantize(Decimal("1e-10"))) if average else "",
        "leavesQty": plain(order.remaining if order.is_open else ZERO),
        "leavesValue": plain(order.price * order.remaining if order.is_open else ZERO),
        "cumExecQty": plain(order.executed),
        "cumExecValue": plain(order.quote_executed),
        "cumExecFee": plain(sum(fees.values(), ZERO)),
        "cumFeeDetail": {asset: plain(fee) for asset, fee in fees.items()},
        "createdTime": str(order.created),
        "updatedTime": str(order.updated),
        "stopOrderType": "",
        "orderIv": "",
        "triggerPrice": "",
        "takeProfit": "",
        "stopLoss": "",
        "tpTriggerBy": "",
        "slTriggerBy": "",
        "triggerDirection": 0,
        "triggerBy": "",
        "lastPriceOnCreated": "",
        "reduceOnly": False,
        "closeOnTrigger": False,
        "isLeverage": "0" if category == "spot" else "",
        "positionIdx": 0,
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "createType": "CreateByUser",
        "placeType": "",
        "slippageToleranceType": "UNKNOWN",
        "slippageTolerance": "",
        "extraFees": "",
    }
    if category == "linear":
        row |= {"tpslMode": "", "tpLimitPrice": "", "slLimitPrice": ""}
    return row


def status(order: Order, category: Category) -> str:
    """Only spot has a word of its own for a part that was filled before the end."""
    if order.status in STATUSES:
        return STATUSES[order.status]
    return "PartiallyFilledCanceled" if order.executed and category == "spot" else "Cancelled"


def time_in_force(order: Order) -> str:
    if order.type == "LIMIT_MAKER":
        return "PostOnly"
    return "IOC" if order.type == "MARKET" else order.time_in_force


def reject_reason(order: Order) -> str:
    if order.is_open or order.status == "FILLED":
        return "EC_NoError"
    if order.type == "LIMIT_MAKER" and order.created == order.updated:
        return "EC_PostOnlyWillTakeLiquidity"
    if order.status == "EXPIRED":
        return "EC_NoEnoughQtyToFill" if order.time_in_force == "FOK" else "EC_NoImmediateQtyToFill"
    return "EC_PerCancelRequest"


def execution_row(fill: Fill, order: Order, category: Category) -> Json:
    return {
        "symbol": fill.symbol,
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
        "seq": fill.id,
    }


def wallet_row(holdings: Iterable[Holding]) -> Json:
    """The unified account: one wallet for all categories."""
    totals = dict.fromkeys(TOTALS, "")
    return {"accountType": "UNIFIED", **totals, "coin": [coin_row(held) for held in holdings]}


def coin_row(held: Holding) -> Json:
    total = plain(held.free + held.locked)
    return {
        "coin": held.asset,
        "equity": total,
        "usdValue": "",
        "walletBalance": total,
        "locked": plain(held.locked),
        "spotHedgingQty": "0",
        "borrowAmount": "0",
        "accruedInterest": "0",
        "totalOrderIM": "0",
        "totalPositionIM": "0",
        "totalPositionMM": "0",
        "unrealisedPnl": "0",
        "cumRealisedPnl": "0",
        "bonus": "0",
        "availableToWithdraw": "",
        "availableToBorrow": "",
        "collateralSwitch": True,
        "marginCollateral": True,
    }


def all_held(account: Account) -> list[Holding]:
    held = sorted(account.balances.items())
    return [Holding(asset, balance.free, balance.locked) for asset, balance in held]


def _unit(order: Order, category: Category) -> str:
    if category != "spot" or order.type != "MARKET":
        return ""
    return "quoteCoin" if order.quote_quantity else "baseCoin"


def _fee_base(fill: Fill, category: Category) -> Decimal:
    return fill.quantity if category == "spot" and fill.side == "BUY" else fill.quote
