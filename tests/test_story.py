"""The one sentence of Fillwatch as one test: read this first.

A user's order at an exchange is placed, checked, found filled, written down with its numbered
event, pushed to that user's sockets and to nobody else's.
"""

from collections.abc import Callable
from decimal import Decimal

import pytest

from exchanges.models import ExchangeKey
from orders.models import Fill, Order
from realtime import streams
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import Trader
from users.models import User

pytestmark = pytest.mark.usefixtures("worker", "beat")


def test_the_whole_way_of_one_order(
    trader: Trader,
    other_trader: Trader,
    simulator: SimulatorProcess,
    open_key: Callable[[User], ExchangeKey],
) -> None:
    key, _ = open_key(trader.user), open_key(other_trader.user)
    with trader.listen(), other_trader.listen():
        # A wish comes in by the API and is answered with the committed intent.
        wish = {"symbol": "BTC/USDT", "side": "buy", "type": "limit"}
        amounts = {"price": "63000", "quantity": "0.01"}
        status, intent = trader.ask("POST", "orders/", wish | amounts | {"key": key.pk})
        assert (status, intent["status"]) == (201, "pending")

        # A worker carries it to the venue, whose acceptance comes back as an event.
        def told() -> list[str]:
            return [frame["data"]["status"] for frame in trader.heard("order_update")]

        wait_until(lambda: "new" in told(), what="the venue's acceptance")
        assert told() == ["pending", "new"]

        # The price falls through the order: the venue fills it and tells nobody.
        simulator.control.post("price", symbol="BTCUSDT", price="62000")

        # The beat's check finds out; the row, the fill and their events are written as one.
        wait_until(lambda: trader.heard("order_filled"), what="the fill at the socket")
        order = Order.objects.get(pk=intent["id"])
        fill = Fill.objects.get(order=order)
        assert (order.status, order.filled, order.average_price) == (
            "filled",
            Decimal("0.01"),
            63000,
        )
        assert (fill.quantity, fill.price, fill.fee_currency) == (order.filled, 63000, "BTC")

        # Every tab of this user was told, in order, without a gap; nobody else was.
        events = [frame for frame in trader.frames if "seq" in frame]
        assert [frame["seq"] for frame in events] == list(range(2, len(events) + 2))
        assert events[-1]["data"]["version"] == order.version
        assert streams.position(trader.user.pk).seq == events[-1]["seq"]
        assert [frame for frame in other_trader.frames if "seq" in frame] == []
