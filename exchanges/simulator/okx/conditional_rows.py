"""Conditional orders in OKX's JSON, which calls them algo orders."""

from exchanges.simulator.decimals import format_plain
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.okx.rows import Json, algo_id
from exchanges.simulator.okx.symbols import instrument_by_symbol, wire_id
from exchanges.simulator.orders.conditional_orders import WaitingOrder
from exchanges.simulator.orders.triggers import PERCENT
from exchanges.simulator.transport.params import wire_client_id

STATES = {
    "NEW": "live",
    "TRIGGERED": "effective",
    "CANCELED": "canceled",
    "EXPIRED": "canceled",
    "REJECTED": "order_failed",
}
FAILURE_CODE = "51008"


def algo_state(order: WaitingOrder) -> str:
    return STATES[order.status]


def algo_type(order: WaitingOrder) -> str:
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
        "posSide": "net",
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
    if trigger.kind == "TRAILING":
        row["callbackRatio"] = format_plain(trigger.trail / PERCENT)
        row["activePx"] = format_plain(trigger.price) if trigger.price else ""
        row["moveTriggerPx"] = format_plain(trigger.fire_price) if trigger.best else ""
        return row
    prefix = _field_prefix(order)
    row[f"{prefix}TriggerPx"] = format_plain(trigger.price)
    row[f"{prefix}OrdPx"] = format_plain(new_order.price) if new_order.price else "-1"
    row[f"{prefix}TriggerPxType"] = "last"
    return row


def _field_prefix(order: WaitingOrder) -> str:
    return {"STOP_LOSS": "sl", "TAKE_PROFIT": "tp"}.get(order.trigger.kind, "")
