"""Find resting orders whose price the market has crossed since they were sent.

They should be filled by now. A live stream that reported no fill may be dead, so they are checked
first. That is a reason to ask and no more: only the venue says what became of them.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import redis

from exchanges.instruments import Instrument
from orders.lifecycle import states
from orders.models import Order, OrderType, Side
from realtime import prices
from realtime.shapes.market import PriceData


def find_crossed(orders: Iterable[Order]) -> frozenset[int]:
    """Return the ids of crossed orders, as far as prices of their markets are known."""
    resting = {
        order: str(Instrument(*order.key.venue_market, order.symbol))
        for order in orders
        if _is_resting(order)
    }
    try:
        frames = prices.read_newest(sorted(set(resting.values())))
    except redis.RedisError:
        return frozenset()
    last: dict[str, PriceData] = {
        name: json.loads(frame)["data"] for kind, name, frame in frames if kind == "price_update"
    }
    return frozenset(
        order.pk
        for order, name in resting.items()
        if name in last and _is_crossed(order, last[name])
    )


def _is_resting(order: Order) -> bool:
    """Tell whether an order rests in its venue's order book at its own price."""
    return order.type == OrderType.LIMIT and order.status in (states.NEW, states.PARTIALLY_FILLED)


def _is_crossed(order: Order, price_data: PriceData) -> bool:
    price, sent_at = order.price, order.submitted_at
    if price is None or sent_at is None or price_data["stale"]:
        return False
    last, at = Decimal(price_data["last"]), datetime.fromisoformat(price_data["at"])
    return at > sent_at and (last < price if order.side == Side.BUY else last > price)
