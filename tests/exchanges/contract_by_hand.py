"""What every adapter says of orders that someone else touched: subclass it beside VenueContract."""

from decimal import Decimal

from exchanges.base import Adapter
from tests.exchanges.contract import AdapterTest, VenueControl


class ByHandContract(AdapterTest):
    async def test_an_order_changed_by_hand_keeps_its_ids(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        placed = await venue.place_order(self.request("fwhand"))
        control.amend("fwhand", price="51000", quantity="0.02")
        for name in (self.name("fwhand"), self.name("fwhand", placed.exchange_order_id)):
            changed = await venue.fetch_order(name)
            assert changed.exchange_order_id == placed.exchange_order_id
            assert (changed.client_order_id, changed.status) == ("fwhand", "new")
            assert (changed.price, changed.quantity) == (Decimal("51000"), Decimal("0.02"))
        control.fill("fwhand", "0.02")
        assert (await venue.fetch_order(self.name("fwhand"))).filled == Decimal("0.02")

    async def test_a_partly_filled_order_changed_by_hand_keeps_its_fills(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        placed = await venue.place_order(self.request("fwhand"))
        name = self.name("fwhand", placed.exchange_order_id)
        control.fill("fwhand", "0.004")
        control.amend("fwhand", quantity="0.02")
        changed = await venue.fetch_order(name)
        assert (changed.filled, changed.quantity) == (Decimal("0.004"), Decimal("0.02"))
        assert changed.status == "partially_filled"

    async def test_an_order_cancelled_by_hand(self, venue: Adapter, control: VenueControl) -> None:
        placed = await venue.place_order(self.request("fwhand"))
        control.cancel("fwhand")
        ended = await venue.fetch_order(self.name("fwhand", placed.exchange_order_id))
        assert (ended.status, ended.filled) == ("canceled", Decimal(0))
        assert ended.client_order_id == "fwhand"

    async def test_a_fill_after_the_end_counts(self, venue: Adapter, control: VenueControl) -> None:
        placed = await venue.place_order(self.request("fwhand"))
        name = self.name("fwhand", placed.exchange_order_id)
        await venue.cancel_order(name)
        control.late_fill("fwhand", "0.003")
        ended = await venue.fetch_order(name)
        assert (ended.status, ended.filled) == ("canceled", Decimal("0.003"))
        assert [fill.quantity for fill in await venue.fetch_fills(name)] == [Decimal("0.003")]

    async def test_orders_outlive_a_restart_of_the_venue(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        placed = await venue.place_order(self.request("fwhand"))
        control.fill("fwhand", "0.004")
        control.restart()
        await self.answers_again(venue)
        name = self.name("fwhand", placed.exchange_order_id)
        found = await venue.fetch_order(name)
        assert (found.status, found.filled) == ("partially_filled", Decimal("0.004"))
        control.fill("fwhand", "0.006")
        assert (await venue.fetch_order(name)).status == "filled"
        quantities = sorted(fill.quantity for fill in await venue.fetch_fills(name))
        assert quantities == [Decimal("0.004"), Decimal("0.006")]
