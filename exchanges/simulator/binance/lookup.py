"""The search for one order by its ids, as spot and futures share it."""

from exchanges.simulator.binance.errors import BinanceError
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market import read_symbol
from exchanges.simulator.binance.params import read_integer
from exchanges.simulator.markets.symbols import is_contract
from exchanges.simulator.orders.orders import Fill, Order


def find_by_ids(call: Call, ids_missing: str) -> Order | None:
    """Return the order with the venue's id if it is sent, else with the client id."""
    records, key, symbol = call.engine.records, call.account.key, read_symbol(call)
    order_id, client_id = read_integer(call.params, "orderId"), call.params.get("origClientOrderId")
    if order_id is not None:
        return records.by_id(key, symbol, order_id)
    if not client_id:
        raise BinanceError(-1102, ids_missing)
    return records.by_client_id(key, symbol, client_id)


def list_open_orders(call: Call) -> list[Order]:
    """Return the open orders of the product, or of one symbol if it is sent."""
    symbol = read_symbol(call) if call.params.get("symbol") else None
    orders = call.engine.records.list_open_orders(call.account.key, symbol)
    return [order for order in orders if is_contract(order.symbol) == call.is_futures]


def list_requested_orders(call: Call) -> list[Order]:
    """Return the orders of a symbol from the requested id on."""
    orders = call.engine.records.list_orders(call.account.key, read_symbol(call))
    first_id = read_integer(call.params, "orderId") or 0
    return [order for order in orders if order.id >= first_id]


def list_requested_fills(call: Call) -> list[Fill]:
    """Return the fills of a symbol, of one order if it is named, from the requested id on."""
    fills = call.engine.records.list_fills(call.account.key, read_symbol(call))
    order_id, first_id = read_integer(call.params, "orderId"), read_integer(call.params, "fromId")
    fills = [fill for fill in fills if order_id in (None, fill.order_id)]
    return [fill for fill in fills if fill.id >= (first_id or 0)]
