"""Endpoints that place, amend and cancel several orders, and that cancel after a countdown."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from exchanges.simulator.binance.errors import BinanceError, missing_parameter
from exchanges.simulator.binance.futures import trade
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market import read_symbol
from exchanges.simulator.binance.params import read_integer, read_text

MAX_ORDERS: Final = 5
MAX_CANCELS: Final = 10
# The lists of ids, and the field of each; ccxt writes the first one in small letters.
ID_LISTS: Final = {
    **dict.fromkeys(("orderIdList", "orderidlist"), "orderId"),
    "origClientOrderIdList": "origClientOrderId",
}
BAD_BATCH: Final = (-4082, "Invalid number of batch place orders.")


def place_orders(call: Call) -> object:
    return _run_orders(call, trade.place_order)


def amend_orders(call: Call) -> object:
    return _run_orders(call, trade.amend_order)


def cancel_orders(call: Call) -> object:
    symbol = read_text(call.params, "symbol")
    name = next((name for name in ID_LISTS if call.params.get(name)), None)
    if name is None:
        raise missing_parameter("orderIdList")
    field = ID_LISTS[name]
    ids = _parse_list(call.params[name], name, MAX_CANCELS)
    requests = [{"symbol": symbol, field: str(each)} for each in ids]
    return [_run_request(call, trade.cancel_order, request) for request in requests]


def set_countdown(call: Call) -> object:
    """Cancel a symbol's orders when the time has passed, unless it is set anew; 0 calls it off."""
    symbol, milliseconds = read_symbol(call), read_integer(call.params, "countdownTime")
    if milliseconds is None:
        read_text(call.params, "countdownTime")
    name, key, venue = f"binance {call.account.key} {symbol}", call.account.key, call.venue

    def cancel_orders() -> None:
        for order in venue.engine.records.list_open_orders(key, symbol):
            venue.cancel_order(order)

    call.simulation.countdowns.stop(name)
    if milliseconds:
        call.simulation.countdowns.start(name, milliseconds, cancel_orders)
    return {"symbol": call.params["symbol"], "countdownTime": str(milliseconds)}


def _run_orders(call: Call, action: Callable[[Call], object]) -> object:
    orders = _parse_list(read_text(call.params, "batchOrders"), "batchOrders", MAX_ORDERS)
    if not all(isinstance(order, dict) for order in orders):
        raise BinanceError(*BAD_BATCH)
    return [_run_request(call, action, _to_text(order)) for order in orders]


def _run_request(
    call: Call, action: Callable[[Call], object], request: Mapping[str, str]
) -> object:
    """Run one request of a batch; a refusal is its row."""
    try:
        return action(replace(call, params=request))
    except BinanceError as refusal:
        return refusal.to_json()


def _parse_list(text: str, name: str, most: int) -> list[object]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError:
        raise BinanceError(-1130, f"Data sent for parameter '{name}' is not valid.") from None
    if not isinstance(content, list) or not 0 < len(content) <= most:
        raise BinanceError(*BAD_BATCH)
    return content


def _to_text(order: object) -> dict[str, str]:
    """Write the values of an order as text, which is what they are outside a batch."""
    fields = order.items() if isinstance(order, dict) else ()
    return {
        str(name): value if isinstance(value, str) else json.dumps(value) for name, value in fields
    }
