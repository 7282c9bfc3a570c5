"""OKX lists a hundred at a time: the adapter reads every page, in as few calls as there are."""

from decimal import Decimal
from typing import Any

from exchanges.base import Adapter
from tests.exchanges.contract import AdapterTest, VenueControl
from tests.exchanges.okx.test_adapter import AtOkxSpot, AtOkxSwap

BATCH = 20


class Pages(AdapterTest):
    instrument: str
    mode: str

    async def place_many(
        self, venue: Any, control: VenueControl, count: int, price: str
    ) -> list[str]:
        """Past the adapter, in batches."""
        control.simulator.control.post("limits", open_orders_per_symbol=count, windows_factor=10)
        names = [f"fwpage{number:03}" for number in range(count)]
        usual = {"instId": self.instrument, "tdMode": self.mode, "side": "buy", "sz": "0.1"}
        for first in range(0, count, BATCH):
            wishes = [
                usual | {"ordType": "limit", "px": price, "clOrdId": name}
                for name in names[first : first + BATCH]
            ]
            await venue.client.private_post_trade_batch_orders(wishes)
        return names

    async def test_250_open_orders_are_three_calls(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        await venue.fetch_rules()
        names = await self.place_many(venue, control, 250, "13000")
        control.simulator.control.delete("counters")
        listed = await venue.fetch_open_orders(None)
        assert {order.client_order_id for order in listed} == set(names)
        assert len(listed) == 250
        endpoints = control.simulator.control.get("state")["endpoints"]
        assert endpoints == {"GET /api/v5/trade/orders-pending": 3}
        assert len(await venue.fetch_open_orders(self.symbol)) == 250


class TestSpot(AtOkxSpot, Pages):
    instrument, mode = "BTC-USDT", "cash"
    balances = {"USDT": "1000000"}

    async def test_an_order_that_ends_between_two_pages_hides_no_other(
        self, venue: Any, control: VenueControl
    ) -> None:
        names = await self.place_many(venue, control, 150, "13000")
        asked = venue.client.private_get_trade_orders_pending

        async def ended_meanwhile(params: dict[str, Any]) -> Any:
            answer = await asked(params)
            if "after" not in params:
                control.cancel(answer["data"][-1]["clOrdId"])
            return answer

        venue.client.private_get_trade_orders_pending = ended_meanwhile
        listed = await venue.fetch_open_orders(None)
        assert {order.client_order_id for order in listed} == set(names)

    async def test_all_parts_of_an_order_are_listed(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        placed = await venue.place_order(self.request("fwparts", quantity=Decimal("1.3")))
        for _ in range(130):
            control.fill("fwparts", "0.01")
        fills = await venue.fetch_fills(self.name("fwparts", placed.exchange_order_id))
        assert len({fill.trade_id for fill in fills}) == 130
        assert sum(fill.quantity for fill in fills) == Decimal("1.3")
        assert [fill.executed_at for fill in fills] == sorted(fill.executed_at for fill in fills)


class TestSwap(AtOkxSwap, Pages):
    instrument, mode = "BTC-USDT-SWAP", "cross"
