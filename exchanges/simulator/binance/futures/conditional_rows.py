"""Conditional orders in the JSON of Binance's futures, which calls them algo orders."""

from typing import Any

from exchanges.simulator.binance.futures.rows import UNUSED_FIELDS, UNUSED_LETTERS, average_price
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.decimals import ZERO, format_plain
from exchanges.simulator.markets.symbols import wire_symbol
from exchanges.simulator.orders.conditional_orders import WaitingEvent, WaitingOrder
from exchanges.simulator.orders.orders import Order, OrderEvent

CONDITIONAL_TYPES = {
    ("STOP_LOSS", "LIMIT"): "STOP",
    ("STOP_LOSS", "MARKET"): "STOP_MARKET",
    ("TAKE_PROFIT", "LIMIT"): "TAKE_PROFIT",
    ("TAKE_PROFIT", "MARKET"): "TAKE_PROFIT_MARKET",
    ("TRAILING", "MARKET"): "TRAILING_STOP_MARKET",
}


def algo_status(order: WaitingOrder, placed_order: Order | None) -> str:
    if order.status == "TRIGGERED" and placed_order and not placed_order.is_open:
        return "FINISHED"
    return order.status


def algo_type(order: WaitingOrder) -> str:
    kind = "LIMIT" if order.request.type == "LIMIT_MAKER" else order.request.type
    return CONDITIONAL_TYPES[order.trigger.kind, kind]


def algo_row(order: WaitingOrder, placed_order: Order | None) -> Json:
    new_order, trigger = order.request, order.trigger
    row: Json = {
        "algoId": order.id,
        "clientAlgoId": new_order.client_id,
        "algoType": "CONDITIONAL",
        "orderType": algo_type(order),
        "symbol": wire_symbol(new_order.symbol),
        "side": new_order.side,
        "timeInForce": "GTX" if new_order.type == "LIMIT_MAKER" else new_order.time_in_force,
        "quantity": format_plain(new_order.quantity),
        "algoStatus": algo_status(order, placed_order),
        "actualOrderId": str(order.order_id or ""),
        "actualPrice": format_plain(average_price(placed_order)) if placed_order else "0",
        "triggerPrice": format_plain(ZERO if trigger.trail else trigger.price),
        "price": format_plain(new_order.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": new_order.self_trade,
        **UNUSED_FIELDS,
        "reduceOnly": new_order.reduce_only,
        "createTime": order.created,
        "updateTime": order.updated,
        "triggerTime": order.triggered,
    }
    if trigger.trail:
        row["callbackRate"] = format_plain(trigger.trail)
        row["activatePrice"] = format_plain(trigger.price)
    return row


def algo_finished_frames(event: OrderEvent, order: WaitingOrder | None) -> list[Json]:
    """Return the last update of a conditional order, once the order it placed has ended."""
    if order is None or event.order.is_open:
        return []
    last = WaitingEvent(kind="TRIGGERED", waiting=order, time=event.time, number=event.number)
    frame = algo_update(last, event.order)
    return [frame | {"o": {**frame["o"], "X": "FINISHED"}}]


def algo_update(event: WaitingEvent, placed_order: Order | None) -> dict[str, Any]:
    order = event.waiting
    new_order, trigger = order.request, order.trigger
    row: Json = {
        "caid": new_order.client_id,
        "aid": order.id,
        "at": "CONDITIONAL",
        "o": algo_type(order),
        "s": wire_symbol(new_order.symbol),
        "S": new_order.side,
        "f": "GTX" if new_order.type == "LIMIT_MAKER" else new_order.time_in_force,
        "q": format_plain(new_order.quantity),
        "X": order.status,
        "ai": str(order.order_id or ""),
        "ap": format_plain(average_price(placed_order)) if placed_order else "0",
        "aq": format_plain(placed_order.executed) if placed_order else "0",
        "act": placed_order.type if placed_order else "0",
        "tp": format_plain(ZERO if trigger.trail else trigger.price),
        "p": format_plain(new_order.price),
        "V": new_order.self_trade,
        **UNUSED_LETTERS,
        "R": new_order.reduce_only,
        "tt": order.triggered,
        "rm": order.reason,
    }
    return {"e": "ALGO_UPDATE", "T": event.time, "E": event.time, "o": row}
