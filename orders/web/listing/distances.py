"""Compute how far open orders are from the market, where its price is known now."""

from collections.abc import Mapping, Sequence

from exchanges.instruments import Instrument
from exchanges.prices import latest
from orders.lifecycle.states import OPEN
from orders.web import row_text
from realtime.shapes.events import OrderData


def describe_distances(orders: Sequence[OrderData]) -> Mapping[int, str]:
    """Return the distance in per cent by order id, where the price is not old."""
    names = {order["id"]: _name_instrument(order) for order in orders if order["status"] in OPEN}
    prices = latest.last_known(dict.fromkeys(names.values())).prices if names else {}
    return {
        order["id"]: row_text.describe_distance(order, prices[name]["last"])
        for order in orders
        if (name := names.get(order["id"])) in prices and not prices[name]["stale"]
    }


def _name_instrument(order: OrderData) -> str:
    place = order["venue"], order["market"], order["simulated"]
    return str(Instrument(*place, order["symbol"]))
