"""Disconnection protection: orders are cancelled when the sockets of a product stay away.

A socket counts once it has subscribed to the product's `dcp` topic. The windows live in memory.
"""

from functools import partial

from exchanges.simulator.bybit.errors import invalid_parameter
from exchanges.simulator.bybit.gateway import Call
from exchanges.simulator.bybit.params import read_choice, read_integer
from exchanges.simulator.markets.symbols import is_contract
from exchanges.simulator.simulation import Simulation

PRODUCTS = {"SPOT": "SPOT", "DERIVATIVES": "DERIVATIVES", "OPTIONS": "OPTIONS"}
PRODUCTS_BY_TOPIC = {"dcp.spot": "SPOT", "dcp.future": "DERIVATIVES", "dcp.option": "OPTIONS"}
SHORTEST, LONGEST = 3, 300  # seconds


def set_window(call: Call) -> object:
    """Set after how many seconds without a socket the orders of a product are cancelled."""
    product = read_choice(call.params, "product", PRODUCTS, "OPTIONS")
    seconds = read_integer(call.params, "timeWindow")
    if seconds is None or not SHORTEST <= seconds <= LONGEST:
        raise invalid_parameter("timeWindow")
    call.simulation.disconnect_windows[call.account.key, product] = seconds
    return {}


def get_windows(call: Call) -> object:
    windows = call.simulation.disconnect_windows
    rows = [
        {"product": product, "dcpStatus": "ON", "timeWindow": str(seconds)}
        for (key, product), seconds in windows.items()
        if key == call.account.key
    ]
    return {"dcpInfos": rows}


def stop_countdowns(simulation: Simulation, key: str, topics: set[str]) -> None:
    """Call off the cancellation of the products whose topic a socket has subscribed to."""
    for topic in topics & PRODUCTS_BY_TOPIC.keys():
        simulation.countdowns.stop(_name_countdown(key, PRODUCTS_BY_TOPIC[topic]))


def start_countdowns(simulation: Simulation, key: str, topics: set[str]) -> None:
    """Begin to count for the products of a socket that has gone."""
    for topic in topics & PRODUCTS_BY_TOPIC.keys():
        product = PRODUCTS_BY_TOPIC[topic]
        seconds = simulation.disconnect_windows.get((key, product))
        if seconds is not None:
            cancel = partial(_cancel_orders, simulation, key, product)
            simulation.countdowns.start(_name_countdown(key, product), seconds * 1000, cancel)


def _name_countdown(key: str, product: str) -> str:
    return f"bybit {key} {product}"


def _cancel_orders(simulation: Simulation, key: str, product: str) -> None:
    for order in simulation.venue.engine.records.list_open_orders(key):
        if is_contract(order.symbol) == (product == "DERIVATIVES") and product != "OPTIONS":
            simulation.venue.cancel_order(order)
