"""What every adapter hears on its venue's own stream: subclass it beside VenueContract."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from exchanges.base import Adapter, KeyInvalid, VenueError
from tests.exchanges.contract import AtTheDesk, Desk
from tests.exchanges.hearing import Ear, listening


async def told(ear: Ear, name: str, status: str, filled: str = "0") -> None:
    """Until the order was said to be so; a venue may leave out what was filled of one unfilled."""
    await ear.until(
        lambda: ear.last(name)[0] == status and (ear.last(name)[1] or 0) == Decimal(filled)
    )


class StreamContract(AtTheDesk):
    def stop(self, **changes: Any) -> Any:
        wanted: dict[str, Any] = {
            "side": "sell",
            "type": "stop_loss",
            "price": None,
            "trigger_price": Decimal("60000"),
        }
        return self.request("fwear", **wanted | changes)

    async def test_a_fill_is_told_as_it_is_listed(self, venue: Adapter, desk: Desk) -> None:
        async with listening(venue) as ear:
            placed = await venue.place_order(self.request("fwear"))
            await told(ear, "fwear", "new")
            desk.fill("fwear", "0.01")
            await told(ear, "fwear", "filled", "0.01")
            await ear.until(lambda: ear.fills("fwear"))
        listed = await venue.fetch_fills(self.name("fwear", placed.exchange_order_id))
        assert set(ear.fills("fwear")) == set(listed)
        (fill,) = listed
        assert (fill.symbol, fill.side, fill.is_maker) == (self.symbol, "buy", True)
        assert (fill.quantity, fill.price) == (Decimal("0.01"), self.low)
        last = ear.said("fwear")[-1]
        assert (last.exchange_order_id, last.quantity) == (
            placed.exchange_order_id,
            Decimal("0.01"),
        )

    async def test_a_part_then_a_cancel(self, venue: Adapter, desk: Desk) -> None:
        async with listening(venue) as ear:
            await venue.place_order(self.request("fwear"))
            desk.fill("fwear", "0.004")
            await told(ear, "fwear", "partially_filled", "0.004")
            await venue.cancel_order(self.name("fwear"))
            await told(ear, "fwear", "canceled", "0.004")
            await ear.until(lambda: ear.fills("fwear"))
        assert {fill.quantity for fill in ear.fills("fwear")} == {Decimal("0.004")}

    async def test_many_parts_are_all_told(self, venue: Adapter) -> None:
        async with listening(venue) as ear:
            request = self.request("fwear", type="market", price=None, quantity=Decimal("0.7"))
            placed = await venue.place_order(request)
            await told(ear, "fwear", "filled", "0.7")
            name = self.name("fwear", placed.exchange_order_id)
            listed = set(await venue.fetch_fills(name))
            await ear.until(lambda: set(ear.fills("fwear")) == listed)
        assert len(listed) > 1

    async def test_what_others_do_to_an_order_is_told(self, venue: Adapter, desk: Desk) -> None:
        async with listening(venue) as ear:
            await venue.place_order(self.request("fwear"))
            desk.amend("fwear", price="51000", quantity="0.02")
            await ear.until(
                lambda: (
                    ear.said("fwear")
                    and ear.said("fwear")[-1].quantity == Decimal("0.02")
                    and ear.said("fwear")[-1].price == Decimal("51000")
                )
            )
            desk.cancel("fwear")
            await told(ear, "fwear", "canceled")

    async def test_a_fill_after_the_end_is_told(self, venue: Adapter, desk: Desk) -> None:
        async with listening(venue) as ear:
            await venue.place_order(self.request("fwear"))
            await venue.cancel_order(self.name("fwear"))
            desk.late_fill("fwear", "0.003")
            await ear.until(lambda: ear.fills("fwear"))
            await told(ear, "fwear", "canceled", "0.003")
        assert [fill.quantity for fill in ear.fills("fwear")] == [Decimal("0.003")]

    async def test_a_waiting_order_is_told_until_it_is_filled(
        self, venue: Adapter, desk: Desk
    ) -> None:
        async with listening(venue) as ear:
            placed = await venue.place_order(self.stop())
            await told(ear, "fwear", "new")
            assert ear.said("fwear")[-1].exchange_order_id == placed.exchange_order_id
            desk.price("60000")
            await told(ear, "fwear", "filled", "0.01")
            await ear.until(lambda: ear.fills("fwear"))
        assert sum(fill.quantity for fill in set(ear.fills("fwear"))) == Decimal("0.01")

    async def test_a_waiting_order_cancelled_by_hand_is_told(
        self, venue: Adapter, desk: Desk
    ) -> None:
        async with listening(venue) as ear:
            await venue.place_order(self.stop())
            desk.cancel("fwear")
            await told(ear, "fwear", "canceled")

    async def test_that_holdings_change_is_told(self, venue: Adapter, desk: Desk) -> None:
        async with listening(venue) as ear:
            await venue.place_order(self.request("fwear"))
            desk.fill("fwear", "0.01")
            await ear.until(
                lambda: any(
                    heard.balances or heard.positions or heard.needs_holdings for heard in ear.heard
                )
            )

    async def test_a_lost_connection_ends_it(self, venue: Adapter, desk: Desk) -> None:
        with pytest.raises(VenueError):
            async with asyncio.timeout(20):
                await venue.follow_stream(
                    lambda heard: None,
                    connected=lambda: desk.drop_sockets(),
                )

    async def test_a_wrong_secret_ends_it(
        self, venue: Adapter, desk: Desk, settings: Settings
    ) -> None:
        async with self.another(desk, settings, secret="guessed" * 5) as stranger:
            with pytest.raises(KeyInvalid):
                async with asyncio.timeout(20):
                    await stranger.follow_stream(lambda heard: None, connected=lambda: None)
