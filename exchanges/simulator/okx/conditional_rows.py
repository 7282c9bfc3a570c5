"""A conditional order in OKX's JSON, from its placing to the order that it became."""

from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.okx.params import shown_client_id
from exchanges.simulator.okx.rows import Json, algo_id, plain
from exchanges.simulator.okx.symbols import in_core, wire_id
from exchanges.simulator.orders.conditional_orders import WaitingOrder
from exchanges.simulator.orders.triggers import PERCENT

STATES = {
    "NEW": "live",
    "TRIGGERED": "effective",
    "CANCELED": "canceled",
    "EXPIRED": "canceled",
    "REJECTED": "order_failed",
}
FAILED = "51008"


def state(waiting: WaitingOrder) -> str:
    return STATES[waiting.status]


def algo_type(waiting: WaitingOrder) -> str:
    return "move_order_stop" if waiting.trigger.kind == "TRAILING" else "conditional"


def algo_row(engine: Engine, waiting: WaitingOrder) -> Json:
    wish, one = waiting.request, in_core(engine, waiting.symbol)
    became = wire_id(waiting.symbol, waiting.order_id) if waiting.order_id else ""
    position = engine.accounts[waiting.account].positions.get(waiting.symbol)
    return {
        **_prices(waiting),
        "algoId": algo_id(waiting),
        "algoClOrdId": shown_client_id(waiting.client_id),
        "clOrdId": "",
        "instType": one.kind,
        "instId": one.name,
        "ordType": algo_type(waiting),
        "state": state(waiting),
        "side": wish.side.lower(),
        "posSide": "net",
        "tdMode": "cash" if one.kind == "SPOT" else "cross",
        "lever": str(position.leverage) if position else "",
        "sz": plain(one.format_8(wish.quantity)),
        "closeFraction": "",
        "tgtCcy": "base_ccy" if one.kind == "SPOT" else "",
        "reduceOnly": "true" if wish.reduce_only else "false",
        "ordId": became,
        "ordIdList": [became] if became else [],
        "triggerTime": str(waiting.triggered) if waiting.triggered else "",
        "actualSz": plain(one.format_8(wish.quantity)) if became else "0",
        "actualPx": plain(wish.price) if became and wish.price else "",
        "actualSide": _which(waiting) if became else "",
        "failCode": FAILED if waiting.status == "REJECTED" else "0",
        "last": plain(one.market.price),
        "ccy": "",
        "tag": "",
        "isTradeBorrowMode": "",
        "linkedOrd": {"ordId": ""},
        "attachAlgoOrds": [],
        "cTime": str(waiting.created),
        "uTime": str(waiting.updated),
    }


def _prices(waiting: WaitingOrder) -> Json:
    trigger, wish = waiting.trigger, waiting.request
    unused = ("triggerPx", "triggerPxType", "ordPx", "callbackRatio", "callbackSpread")
    more = ("activePx", "moveTriggerPx", "slTriggerPx", "slOrdPx", "slTriggerPxType")
    row: Json = dict.fromkeys((*unused, *more, "tpTriggerPx", "tpOrdPx", "tpTriggerPxType"), "")
    if trigger.kind == "TRAILING":
        row["callbackRatio"] = plain(trigger.trail / PERCENT)
        row["activePx"] = plain(trigger.price) if trigger.price else ""
        row["moveTriggerPx"] = plain(trigger.fire_price) if trigger.best else ""
        return row
    prefix = _which(waiting)
    row[f"{prefix}TriggerPx"] = plain(trigger.price)
    row[f"{prefix}OrdPx"] = plain(wish.price) if wish.price else "-1"
    row[f"{prefix}TriggerPxType"] = "last"
    return row


def _which(waiting: WaitingOrder) -> str:
    return {"STOP_LOSS": "sl", "TAKE_PROFIT": "tp"}.get(waiting.trigger.kind, "")
