"""Conditional orders in the JSON of Binance's futures, which calls them algo orders."""

from typing import Any

from exchanges.simulator.binance.futures.rows import average_price, rename_row
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.decimals import ZERO, format_plain
from exchanges.simulator.orders.conditional_orders import WaitingEvent, WaitingOrder
from exchanges.simulator.orders.orders import Order, OrderEvent

CONDITIONAL_TYPES = {
    ("STOP_LOSS", "LIMIT"): "STOP",
    ("STOP_LOSS", "MARKET"): "STOP_MARKET",
    ("TAKE_PROFIT", "LIMIT"): "TAKE_PROFIT",
    ("TAKE_PROFIT", "MARKET"): "TAKE_PROFIT_MARKET",
    ("TRAILING", "MARKET"): "TRAILING_STOP_MARKET",
}


def algo_status(waiting: WaitingOrder, became: Order | None) -> str:
    if waiting.status == "TRIGGERED" and became and not became.is_open:
        return "FINISHED"
    return waiting.status


def algo_type(waiting: WaitingOrder) -> str:
    kind = "LIMIT" if waiting.request.type == "LIMIT_MAKER" else waiting.request.type
    return CONDITIONAL_TYPES[waiting.trigger.kind, kind]


def algo_row(waiting: WaitingOrder, became: Order | None) -> Json:
    wish, trigger = waiting.request, waiting.trigger
    row: Json = {
        "algoId": waiting.id,
        "clientAlgoId": wish.client_id,
        "algoType": "CONDITIONAL",
        "orderType": algo_type(waiting),
        "symbol": wish.symbol,
        "side": wish.side,
        "positionSide": "BOTH",
        "timeInForce": "GTX" if wish.type == "LIMIT_MAKER" else wish.time_in_force,
        "quantity": format_plain(wish.quantity),
        "algoStatus": algo_status(waiting, became),
        "actualOrderId": str(waiting.order_id or ""),
        "actualPrice": format_plain(average_price(became)) if became else "0",
        "triggerPrice": format_plain(ZERO if trigger.trail else trigger.price),
        "price": format_plain(wish.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": wish.self_trade,
        "workingType": "CONTRACT_PRICE",
        "priceMatch": "NONE",
        "closePosition": False,
        "priceProtect": False,
        "reduceOnly": wish.reduce_only,
        "createTime": waiting.created,
        "updateTime": waiting.updated,
        "triggerTime": waiting.triggered,
        "goodTillDate": 0,
    }
    if trigger.trail:
        row |= {
            "callbackRate": format_plain(trigger.trail),
            "activatePrice": format_plain(trigger.price),
        }
    return rename_row(row)


def algo_finished_frames(event: OrderEvent, waiting: WaitingOrder | None) -> list[Json]:
    """The last word on what had waited: the order that it became is over."""
    if waiting is None or event.order.is_open:
        return []
    last = WaitingEvent(kind="TRIGGERED", waiting=waiting, time=event.time, number=event.number)
    frame = algo_update(last, event.order)
    return [frame | {"o": {**frame["o"], "X": "FINISHED"}}]


def algo_update(event: WaitingEvent, became: Order | None) -> dict[str, Any]:
    waiting = event.waiting
    wish, trigger = waiting.request, waiting.trigger
    row: Json = {
        "caid": wish.client_id,
        "aid": waiting.id,
        "at": "CONDITIONAL",
        "o": algo_type(waiting),
        "s": wish.symbol,
        "S": wish.side,
        "ps": "BOTH",
        "f": "GTX" if wish.type == "LIMIT_MAKER" else wish.time_in_force,
        "q": format_plain(wish.quantity),
        "X": waiting.status,
        "ai": str(waiting.order_id or ""),
        "ap": format_plain(average_price(became)) if became else "0",
        "aq": format_plain(became.executed) if became else "0",
        "act": became.type if became else "0",
        "tp": format_plain(ZERO if trigger.trail else trigger.price),
        "p": format_plain(wish.price),
        "V": wish.self_trade,
        "wt": "CONTRACT_PRICE",
        "pm": "NONE",
        "cp": False,
        "pP": False,
        "R": wish.reduce_only,
        "tt": waiting.triggered,
        "gtd": 0,
        "rm": waiting.reason,
    }
    return {"e": "ALGO_UPDATE", "T": event.time, "E": event.time, "o": rename_row(row)}
