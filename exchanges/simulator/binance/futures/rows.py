"""Orders, conditional orders, fills and positions in the JSON of Binance's futures."""

from decimal import Decimal
from typing import Any

from exchanges.simulator.accounts.positions import PositionEvent, PositionSnapshot
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.decimals import ZERO, floor_to_8, format_plain, write_8, write_plain
from exchanges.simulator.markets.symbols import SETTLEMENT_ASSET, wire_symbol
from exchanges.simulator.orders.amendments import Amendment
from exchanges.simulator.orders.conditional_orders import WaitingEvent, WaitingOrder
from exchanges.simulator.orders.orders import Fill, NewOrder, Order, OrderEvent

EXECUTION_TYPES = {"TRADE_PREVENTION": "EXPIRED", "AMENDED": "AMENDMENT"}
# Fields that every order has, and that the simulator never uses: in answers and in events.
UNUSED_FIELDS: Json = {
    **{"workingType": "CONTRACT_PRICE", "priceMatch": "NONE"},
    "priceProtect": False,
}
UNUSED_LETTERS: Json = {
    **{"wt": "CONTRACT_PRICE", "pm": "NONE"},
    "pP": False,
}
# Types of conditional orders, which the futures call algo orders.
CONDITIONAL_TYPES = {
    ("STOP_LOSS", "LIMIT"): "STOP",
    ("STOP_LOSS", "MARKET"): "STOP_MARKET",
    ("TAKE_PROFIT", "LIMIT"): "TAKE_PROFIT",
    ("TAKE_PROFIT", "MARKET"): "TAKE_PROFIT_MARKET",
    ("TRAILING", "MARKET"): "TRAILING_STOP_MARKET",
}
UPDATE_REASONS = {
    **{"MARGIN_TYPE": "MARGIN_TYPE_CHANGE", "LEVERAGE": "ORDER", "FUNDING": "FUNDING_FEE"},
    **{"DEPOSIT": "DEPOSIT", "WITHDRAWAL": "WITHDRAW", "TRANSFER": "DEPOSIT"},
}


def wire_order_type(order: Order | NewOrder) -> tuple[str, str]:
    """Return type and time in force; post-only is the time in force GTX."""
    if order.type == "LIMIT_MAKER":
        return "LIMIT", "GTX"
    if order.good_till:
        return order.type, "GTD"
    return order.type, order.time_in_force


def average_price(order: Order) -> Decimal:
    return floor_to_8(order.quote_executed / order.executed) if order.executed else ZERO


def order_row(order: Order) -> Json:
    kind, time_in_force = wire_order_type(order)
    return {
        "orderId": order.id,
        "symbol": wire_symbol(order.symbol),
        "status": order.status,
        "clientOrderId": order.client_id,
        **write_plain(price=order.price, avgPrice=average_price(order), origQty=order.quantity),
        **write_plain(executedQty=order.executed, cumQty=order.executed),
        "cumQuote": format_plain(order.quote_executed),
        "timeInForce": time_in_force,
        "type": kind,
        "reduceOnly": order.reduces,
        "positionSide": order.position_side,
        "side": order.side,
        "stopPrice": "0",
        "goodTillDate": order.good_till,
        **UNUSED_FIELDS,
        "closePosition": order.closes_position,
        "origType": kind,
        "selfTradePreventionMode": order.self_trade,
        "time": order.created,
        "updateTime": order.updated,
    }


def fill_row(fill: Fill) -> Json:
    return {
        "symbol": wire_symbol(fill.symbol),
        "id": fill.id,
        "orderId": fill.order_id,
        "side": fill.side,
        **write_plain(price=fill.price, qty=fill.quantity, realizedPnl=fill.realised),
        **write_plain(quoteQty=fill.quote, commission=fill.commission),
        "commissionAsset": fill.commission_asset,
        "time": fill.time,
        "positionSide": fill.position_side,
        "buyer": fill.side == "BUY",
        "maker": fill.maker,
    }


def order_update(event: OrderEvent) -> Json:
    order, fill = event.order, event.fill
    kind, time_in_force = wire_order_type(order)
    row: Json = {
        "s": wire_symbol(order.symbol),
        "c": order.client_id,
        "S": order.side,
        "o": kind,
        "f": time_in_force,
        **write_plain(q=order.quantity, p=order.price, ap=average_price(order), sp=ZERO),
        "x": EXECUTION_TYPES.get(event.kind, event.kind),
        "X": order.status,
        "i": order.id,
        **write_plain(l=fill.quantity if fill else ZERO, z=order.executed),
        "L": format_plain(fill.price if fill else ZERO),
        "T": event.time,
        "t": fill.id if fill else 0,
        **dict.fromkeys(("b", "a"), "0"),
        "m": fill.maker if fill else False,
        "R": order.reduces,
        "ps": order.position_side,
        "gtd": order.good_till,
        "ot": kind,
        "rp": format_plain(fill.realised if fill else ZERO),
        **dict.fromkeys(("si", "ss"), 0),
        "V": order.self_trade,
        **UNUSED_LETTERS,
        "cp": order.closes_position,
    }
    if fill:  # Binance leaves these fields out without a fill
        row |= {"N": fill.commission_asset, "n": format_plain(fill.commission)}
    return {"e": "ORDER_TRADE_UPDATE", "E": event.time, "T": event.time, "o": row}


def account_update(snapshot: PositionSnapshot, reason: str, time: int) -> Json:
    position, entry_price = snapshot.position, floor_to_8(snapshot.position.entry_price)
    row: Json = {
        "s": wire_symbol(position.contract),
        **write_plain(pa=position.quantity, ep=entry_price, bep=entry_price),
        **write_plain(cr=position.realised, up=position.compute_unrealised(snapshot.mark)),
        "mt": "isolated" if position.isolated else "cross",
        "iw": "0",
        "ps": position.side,
    }
    return _account_frame(reason, snapshot.wallet, ZERO, [row], time)


def position_update(event: PositionEvent) -> Json:
    reason = UPDATE_REASONS.get(event.reason, "ADJUSTMENT")
    if event.snapshot is None:
        return _account_frame(reason, event.wallet, event.delta, [], event.time)
    if event.reason != "LEVERAGE":
        return account_update(event.snapshot, reason, event.time)
    position = event.snapshot.position
    change = {"s": wire_symbol(position.contract), "l": position.leverage}
    return {"e": "ACCOUNT_CONFIG_UPDATE", "E": event.time, "T": event.time, "ac": change}


def _account_frame(
    reason: str, wallet: Decimal, delta: Decimal, positions: list[Json], time: int
) -> Json:
    money = {"a": SETTLEMENT_ASSET, **write_8(wb=wallet, cw=wallet), "bc": format_plain(delta)}
    content = {"m": reason, "B": [money], "P": positions}
    return {"e": "ACCOUNT_UPDATE", "E": time, "T": time, "a": content}


def algo_type(order: WaitingOrder) -> str:
    return CONDITIONAL_TYPES[order.trigger.kind, wire_order_type(order.request)[0]]


def algo_row(order: WaitingOrder, placed_order: Order | None) -> Json:
    new_order, trigger = order.request, order.trigger
    is_finished = order.status == "TRIGGERED" and placed_order and not placed_order.is_open
    row: Json = {
        "algoId": order.id,
        "clientAlgoId": new_order.client_id,
        "algoType": "CONDITIONAL",
        "orderType": algo_type(order),
        "symbol": wire_symbol(new_order.symbol),
        "side": new_order.side,
        "timeInForce": wire_order_type(new_order)[1],
        "quantity": format_plain(new_order.quantity),
        "algoStatus": "FINISHED" if is_finished else order.status,
        "actualOrderId": str(order.order_id or ""),
        "actualPrice": format_plain(average_price(placed_order)) if placed_order else "0",
        "triggerPrice": format_plain(ZERO if trigger.trail else trigger.price),
        "price": format_plain(new_order.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": new_order.self_trade,
        **UNUSED_FIELDS,
        "closePosition": new_order.closes_position,
        "reduceOnly": new_order.reduces,
        "positionSide": new_order.position_side,
        "goodTillDate": 0,
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
        "f": wire_order_type(new_order)[1],
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
        "cp": new_order.closes_position,
        "R": new_order.reduces,
        "ps": new_order.position_side,
        "gtd": 0,
        "tt": order.triggered,
        "rm": order.reason,
    }
    return {"e": "ALGO_UPDATE", "T": event.time, "E": event.time, "o": row}


def amendment_row(amendment: Amendment, count: int) -> Json:
    """Build one change of an order; `count` is how often it had been changed then."""
    before, after = amendment.before, amendment.after
    name = wire_symbol(amendment.symbol)
    return {
        "amendmentId": amendment.number,
        **dict.fromkeys(("symbol", "pair"), name),
        "orderId": amendment.order_id,
        "clientOrderId": after.client_id,
        "time": amendment.time,
        "amendment": {
            "price": {"before": str(before.price), "after": str(after.price)},
            "origQty": {"before": str(before.quantity), "after": str(after.quantity)},
            "count": count,
        },
        "priceMatch": "NONE",
    }
