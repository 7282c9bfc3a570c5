"""Orders, conditional orders and fills in OKX's JSON: numbers are strings, a paid fee negative."""

from decimal import Decimal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.positions import PositionSide
from exchanges.simulator.decimals import ZERO, format_plain, write_plain
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.okx.params import SELF_TRADES, SHARED_MARGIN_LEVELS
from exchanges.simulator.okx.symbols import Instrument, instrument_by_symbol, wire_id
from exchanges.simulator.orders.conditional_orders import WaitingOrder
from exchanges.simulator.orders.orders import Fill, Order
from exchanges.simulator.orders.triggers import PERCENT
from exchanges.simulator.transport.params import wire_client_id

Json = dict[str, object]

FIRST_BILL_ID = 10**18
AVERAGE_DIGITS = Decimal("1e-16")
STATES = {"NEW": "live", "PARTIALLY_FILLED": "partially_filled", "FILLED": "filled"}
ALGO_STATES = {
    "NEW": "live",
    "TRIGGERED": "effective",
    "CANCELED": "canceled",
    "EXPIRED": "canceled",
    "REJECTED": "order_failed",
}
FAILURE_CODE = "51008"
SELF_TRADE_MODES = {name: mode for mode, name in SELF_TRADES.items()} | {"NONE": ""}
# Fields of every order that the simulator never uses.
UNUSED_FIELDS = {
    **{"attachAlgoClOrdId": "", "attachAlgoOrds": [], "category": "normal", "ccy": ""},
    **{"isTpLimit": "false", "linkedAlgoOrd": {"algoId": ""}, "pxType": "", "pxUsd": ""},
    **{"pxVol": "", "quickMgnType": "", "rebate": "0", "slOrdPx": "", "slTriggerPx": ""},
    **{"slTriggerPxType": "", "source": "", "stpId": "", "tag": "", "tpOrdPx": ""},
    **{"tpTriggerPx": "", "tpTriggerPxType": "", "tradeQuoteCcy": "", "isElpTakerAccess": "false"},
}
CANCEL_REASONS = {
    "1": "Canceled by user",
    "13": "FOK order was canceled due to incompletely filled",
    "14": "IOC order was partially canceled due to incompletely filled",
    "31": "The post-only order will take liquidity in taker orders",
    "32": "Self trade prevention",
}


def order_row(engine: Engine, order: Order) -> Json:
    """Build an order as lists show it, with the last of its fills so far."""
    instrument = instrument_by_symbol(engine, order.symbol)
    fills = engine.records.list_counted_fills(order)
    last_fill = fills[-1] if fills else None
    origin = engine.conditional.find_origin(order)
    client_id = "" if origin else wire_client_id(order.client_id)
    return {
        **UNUSED_FIELDS,
        "instType": instrument.kind,
        "instId": instrument.name,
        "ordId": wire_id(order.symbol, order.id),
        "clOrdId": client_id,
        "algoId": algo_id(origin) if origin else "",
        "algoClOrdId": wire_client_id(origin.client_id) if origin else "",
        "side": order.side.lower(),
        "posSide": position_side(order.position_side) if instrument.kind == "SWAP" else "",
        **_margin_fields(engine.accounts[order.account], instrument),
        "ordType": order_type(order),
        "tag": order.tag,
        "px": format_plain(order.price) if order.price else "",
        "sz": format_plain(order.quote_quantity or instrument.to_wire_size(order.quantity)),
        "tgtCcy": target_currency(order, instrument),
        "state": order_state(order),
        "accFillSz": format_plain(instrument.to_wire_size(order.executed)),
        "avgPx": format_plain(average_price(order)) if order.executed else "",
        **_fill_fields(instrument, last_fill),
        "fee": format_plain(-sum((fill.commission for fill in fills), ZERO)),
        "feeCcy": last_fill.commission_asset if last_fill else fee_currency(order, instrument),
        "rebateCcy": instrument.quote if order.side == "BUY" else instrument.base,
        "pnl": format_plain(sum((fill.realised for fill in fills), ZERO)),
        "reduceOnly": "true" if order.reduce_only else "false",
        "stpMode": SELF_TRADE_MODES[order.self_trade],
        "cancelSource": cancel_source(order),
        "cancelSourceReason": CANCEL_REASONS.get(cancel_source(order), ""),
        "cTime": str(order.created),
        "uTime": str(order.updated),
    }


def _fill_fields(instrument: Instrument, fill: Fill | None) -> Json:
    return {
        "fillPx": format_plain(fill.price) if fill else "",
        "fillSz": format_plain(instrument.to_wire_size(fill.quantity)) if fill else "0",
        "fillTime": str(fill.time) if fill else "",
        "tradeId": str(fill.id) if fill else "",
    }


def order_channel_row(engine: Engine, order: Order, fill: Fill | None, now: int) -> Json:
    """Build an order as the orders channel publishes it, with the fill of this event."""
    instrument = instrument_by_symbol(engine, order.symbol)
    value = order.price * order.quantity if order.price else order.quote_executed
    return {
        **order_row(engine, order),
        **_fill_fields(instrument, fill),
        "fillFee": format_plain(-fill.commission) if fill else "0",
        "fillFeeCcy": fill.commission_asset if fill else "",
        "fillPnl": format_plain(fill.realised) if fill else "0",
        "execType": "" if fill is None else "M" if fill.maker else "T",
        "fillNotionalUsd": format_plain(fill.quote) if fill else "",
        "notionalUsd": format_plain(value),
        "lastPx": format_plain(instrument.market.price),
        **dict.fromkeys(("amendResult", "amendSource", "reqId", "msg"), ""),
        "code": "0",
        "pTime": str(now),
    }


def fill_row(engine: Engine, fill: Fill, bill: int) -> Json:
    order = engine.records.orders[fill.symbol, fill.order_id]
    instrument = instrument_by_symbol(engine, fill.symbol)
    origin = engine.conditional.find_origin(order)
    received = fill.quantity if fill.commission_asset == instrument.base else fill.quote
    return {
        "instType": instrument.kind,
        "instId": instrument.name,
        "tradeId": str(fill.id),
        "ordId": wire_id(fill.symbol, fill.order_id),
        "clOrdId": "" if origin else wire_client_id(order.client_id),
        "billId": str(FIRST_BILL_ID + bill),
        "subType": "1" if fill.side == "BUY" else "2",
        **dict.fromkeys(("tag", "fillPxVol", "fillPxUsd", "fillMarkVol", "fillFwdPx"), ""),
        **write_plain(fillPx=fill.price, fillSz=instrument.to_wire_size(fill.quantity)),
        **write_plain(fillIdxPx=fill.price, fillPnl=fill.realised),
        "fillMarkPx": format_plain(fill.price) if instrument.kind == "SWAP" else "",
        "side": fill.side.lower(),
        "posSide": position_side(fill.position_side),
        "execType": "M" if fill.maker else "T",
        "feeCcy": fill.commission_asset,
        "fee": format_plain(-fill.commission),
        "feeRate": format_plain((-fill.commission / received).quantize(Decimal("1e-8"))),
        "tradeQuoteCcy": instrument.quote,
        **dict.fromkeys(("fillTime", "ts"), str(fill.time)),
    }


def position_side(side: PositionSide) -> str:
    return "net" if side == "BOTH" else side.lower()


def parse_bill_id(text: str) -> int | None:
    return int(text) - FIRST_BILL_ID if text.isdigit() else None


def algo_id(order: WaitingOrder) -> str:
    return wire_id(order.symbol, order.id)


def average_price(order: Order) -> Decimal:
    return (order.quote_executed / order.executed).quantize(AVERAGE_DIGITS)


def order_state(order: Order) -> str:
    return STATES.get(order.status, "canceled")


def order_type(order: Order) -> str:
    if order.type == "LIMIT_MAKER":
        return "post_only"
    if order.type == "MARKET":
        return "market"
    return {"IOC": "ioc", "FOK": "fok"}.get(order.time_in_force, "limit")


def target_currency(order: Order, instrument: Instrument) -> str:
    if instrument.kind != "SPOT" or order.type != "MARKET":
        return ""
    return "quote_ccy" if order.quote_quantity else "base_ccy"


def cancel_source(order: Order) -> str:
    """Return OKX's code of who or which rule canceled the order."""
    if order_state(order) != "canceled":
        return ""
    if order.status == "EXPIRED_IN_MATCH":
        return "32"
    if order.type == "LIMIT_MAKER" and order.created == order.updated and not order.executed:
        return "31"
    if order.status == "EXPIRED":
        return "13" if order.time_in_force == "FOK" else "14"
    return "1"


def fee_currency(order: Order, instrument: Instrument) -> str:
    is_spot_buy = instrument.kind == "SPOT" and order.side == "BUY"
    return instrument.base if is_spot_buy else instrument.quote


def _margin_fields(account: Account, instrument: Instrument) -> Json:
    if instrument.kind == "SPOT":
        mode = "cross" if account.level in SHARED_MARGIN_LEVELS else "cash"
        return {"tdMode": mode, "lever": ""}
    position = account.list_positions(instrument.symbol)[0]
    mode = "isolated" if position.isolated else "cross"
    return {"tdMode": mode, "lever": str(position.leverage)}


def algo_state(order: WaitingOrder) -> str:
    return ALGO_STATES[order.status]


def algo_type(order: WaitingOrder) -> str:
    if order.trigger.plain:
        return "trigger"
    return "move_order_stop" if order.trigger.kind == "TRAILING" else "conditional"


def algo_row(engine: Engine, order: WaitingOrder) -> Json:
    new_order, instrument = order.request, instrument_by_symbol(engine, order.symbol)
    order_id = wire_id(order.symbol, order.order_id) if order.order_id else ""
    position = engine.accounts[order.account].positions.get(order.symbol)
    return {
        **_trigger_prices(order),
        "algoId": algo_id(order),
        "algoClOrdId": wire_client_id(order.client_id),
        "instType": instrument.kind,
        "instId": instrument.name,
        "ordType": algo_type(order),
        "state": algo_state(order),
        "side": new_order.side.lower(),
        "posSide": position_side(new_order.position_side),
        "tdMode": "cash" if instrument.kind == "SPOT" else "cross",
        "lever": str(position.leverage) if position else "",
        "sz": format_plain(instrument.to_wire_size(new_order.quantity)),
        "tgtCcy": "base_ccy" if instrument.kind == "SPOT" else "",
        "reduceOnly": "true" if new_order.reduce_only else "false",
        "ordId": order_id,
        "ordIdList": [order_id] if order_id else [],
        "triggerTime": str(order.triggered) if order.triggered else "",
        "actualSz": format_plain(instrument.to_wire_size(new_order.quantity)) if order_id else "0",
        "actualPx": format_plain(new_order.price) if order_id and new_order.price else "",
        "actualSide": _field_prefix(order) if order_id else "",
        "failCode": FAILURE_CODE if order.status == "REJECTED" else "0",
        "last": format_plain(instrument.market.price),
        **dict.fromkeys(("clOrdId", "closeFraction", "ccy", "tag", "isTradeBorrowMode"), ""),
        "linkedOrd": {"ordId": ""},
        "attachAlgoOrds": [],
        "cTime": str(order.created),
        "uTime": str(order.updated),
    }


def _trigger_prices(order: WaitingOrder) -> Json:
    trigger, new_order = order.trigger, order.request
    unused = ("triggerPx", "triggerPxType", "ordPx", "callbackRatio", "callbackSpread")
    other = ("activePx", "moveTriggerPx", "slTriggerPx", "slOrdPx", "slTriggerPxType")
    row: Json = dict.fromkeys((*unused, *other, "tpTriggerPx", "tpOrdPx", "tpTriggerPxType"), "")
    price = format_plain(new_order.price) if new_order.price else "-1"
    if trigger.plain:
        row |= {"triggerPx": format_plain(trigger.price), "triggerPxType": "last", "ordPx": price}
        return row
    if trigger.kind == "TRAILING":
        row["callbackRatio"] = format_plain(trigger.trail / PERCENT)
        row["activePx"] = format_plain(trigger.price) if trigger.price else ""
        row["moveTriggerPx"] = format_plain(trigger.fire_price) if trigger.best else ""
        return row
    prefix = _field_prefix(order)
    row[f"{prefix}TriggerPx"] = format_plain(trigger.price)
    row[f"{prefix}OrdPx"] = price
    row[f"{prefix}TriggerPxType"] = "last"
    return row


def _field_prefix(order: WaitingOrder) -> str:
    return {"STOP_LOSS": "sl", "TAKE_PROFIT": "tp"}.get(order.trigger.kind, "")
