"""Futures orders, positions and wallets in Binance's JSON, for REST and for streams."""

from decimal import Decimal
from typing import Any

from exchanges.simulator.accounts.positions import PositionEvent, PositionSnapshot
from exchanges.simulator.binance.futures.symbols import rename_symbols
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.decimals import ZERO, floor_to_8, format_8
from exchanges.simulator.markets.contracts import SETTLEMENT_ASSET
from exchanges.simulator.orders.conditional_orders import WaitingEvent, WaitingOrder
from exchanges.simulator.orders.orders import Fill, Order, OrderEvent

EXECUTION_TYPES = {"TRADE_PREVENTION": "EXPIRED", "AMENDED": "AMENDMENT"}
UPDATE_REASONS = {"DEPOSIT": "DEPOSIT", "MARGIN_TYPE": "MARGIN_TYPE_CHANGE", "LEVERAGE": "ORDER"}
CONDITIONAL_TYPES = {
    ("STOP_LOSS", "LIMIT"): "STOP",
    ("STOP_LOSS", "MARKET"): "STOP_MARKET",
    ("TAKE_PROFIT", "LIMIT"): "TAKE_PROFIT",
    ("TAKE_PROFIT", "MARKET"): "TAKE_PROFIT_MARKET",
    ("TRAILING", "MARKET"): "TRAILING_STOP_MARKET",
}


def wire_order_type(order: Order) -> tuple[str, str]:
    """Type and time in force: post-only is a matter of the latter here."""
    if order.type == "LIMIT_MAKER":
        return "LIMIT", "GTX"
    return order.type, order.time_in_force


def average_price(order: Order) -> Decimal:
    return floor_to_8(order.quote_executed / order.executed) if order.executed else ZERO


def order_row(order: Order) -> Json:
    kind, time_in_force = wire_order_type(order)
    row: Json = {
        "orderId": order.id,
        "symbol": order.symbol,
        "status": order.status,
        "clientOrderId": order.client_id,
        "price": plain(order.price),
        "avgPrice": plain(average_price(order)),
        "origQty": plain(order.quantity),
        "executedQty": plain(order.executed),
        "cumQty": plain(order.executed),
        "cumQuote": plain(order.quote_executed),
        "timeInForce": time_in_force,
        "type": kind,
        "reduceOnly": order.reduce_only,
        "closePosition": False,
        "side": order.side,
        "positionSide": "BOTH",
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": kind,
        "priceMatch": "NONE",
        "selfTradePreventionMode": order.self_trade,
        "goodTillDate": 0,
        "time": order.created,
        "updateTime": order.updated,
    }
    return rename_row(row)


def fill_row(fill: Fill) -> Json:
    row: Json = {
        "symbol": fill.symbol,
        "id": fill.id,
        "orderId": fill.order_id,
        "side": fill.side,
        "price": plain(fill.price),
        "qty": plain(fill.quantity),
        "realizedPnl": plain(fill.realised),
        "quoteQty": plain(fill.quote),
        "commission": plain(fill.commission),
        "commissionAsset": fill.commission_asset,
        "time": fill.time,
        "positionSide": "BOTH",
        "buyer": fill.side == "BUY",
        "maker": fill.maker,
    }
    return rename_row(row)


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
        "quantity": plain(wish.quantity),
        "algoStatus": algo_status(waiting, became),
        "actualOrderId": str(waiting.order_id or ""),
        "actualPrice": plain(average_price(became)) if became else "0",
        "triggerPrice": plain(ZERO if trigger.trail else trigger.price),
        "price": plain(wish.price),
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
        row |= {"callbackRate": plain(trigger.trail), "activatePrice": plain(trigger.price)}
    return rename_row(row)


def order_update(event: OrderEvent) -> Json:
    order, fill = event.order, event.fill
    kind, time_in_force = wire_order_type(order)
    row: Json = {
        "s": order.symbol,
        "c": order.client_id,
        "S": order.side,
        "o": kind,
        "f": time_in_force,
        "q": plain(order.quantity),
        "p": plain(order.price),
        "ap": plain(average_price(order)),
        "sp": "0",
        "x": EXECUTION_TYPES.get(event.kind, event.kind),
        "X": order.status,
        "i": order.id,
        "l": plain(fill.quantity if fill else ZERO),
        "z": plain(order.executed),
        "L": plain(fill.price if fill else ZERO),
        "T": event.time,
        "t": fill.id if fill else 0,
        "b": "0",
        "a": "0",
        "m": fill.maker if fill else False,
        "R": order.reduce_only,
        "wt": "CONTRACT_PRICE",
        "ot": kind,
        "ps": "BOTH",
        "cp": False,
        "rp": plain(fill.realised if fill else ZERO),
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": order.self_trade,
        "pm": "NONE",
        "gtd": 0,
    }
    if fill:  # not pushed where there is none
        row |= {"N": fill.commission_asset, "n": plain(fill.commission)}
    return {"e": "ORDER_TRADE_UPDATE", "E": event.time, "T": event.time, "o": rename_row(row)}


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
        "q": plain(wish.quantity),
        "X": waiting.status,
        "ai": str(waiting.order_id or ""),
        "ap": plain(average_price(became)) if became else "0",
        "aq": plain(became.executed) if became else "0",
        "act": became.type if became else "0",
        "tp": plain(ZERO if trigger.trail else trigger.price),
        "p": plain(wish.price),
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


def account_update(standing: PositionSnapshot, reason: str, time: int) -> Json:
    position, mark = standing.position, standing.mark
    held: Json = {
        "s": position.contract,
        "pa": plain(position.quantity),
        "ep": plain(floor_to_8(position.entry_price)),
        "bep": plain(floor_to_8(position.entry_price)),
        "cr": plain(position.realised),
        "up": plain(position.compute_unrealised(mark)),
        "mt": "isolated" if position.isolated else "cross",
        "iw": "0",
        "ps": "BOTH",
    }
    return _account_frame(reason, standing.wallet, ZERO, [rename_row(held)], time)


def position_update(event: PositionEvent) -> Json:
    if event.snapshot is None:
        return _account_frame(
            UPDATE_REASONS[event.reason], event.wallet, event.delta, [], event.time
        )
    if event.reason != "LEVERAGE":
        return account_update(event.snapshot, UPDATE_REASONS[event.reason], event.time)
    position = event.snapshot.position
    change = rename_row({"s": position.contract, "l": position.leverage})
    return {"e": "ACCOUNT_CONFIG_UPDATE", "E": event.time, "T": event.time, "ac": change}


def _account_frame(
    reason: str, wallet: Decimal, delta: Decimal, positions: list[Json], time: int
) -> Json:
    money = {
        "a": SETTLEMENT_ASSET,
        "wb": format_8(wallet),
        "cw": format_8(wallet),
        "bc": plain(delta),
    }
    content = {"m": reason, "B": [money], "P": positions}
    return {"e": "ACCOUNT_UPDATE", "E": time, "T": time, "a": content}


def plain(value: Decimal) -> str:
    """Without the zeros at the end that say nothing."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def rename_row(row: Json) -> Json:
    answer = rename_symbols(row)
    return answer if isinstance(answer, dict) else row
