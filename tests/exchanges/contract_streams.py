"""What every adapter hears on its venue's own stream: subclass it beside VenueContract."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from exchanges.base import Adapter, KeyInvalid, VenueError
from tests.exchanges.contract import AdapterTest, VenueControl
from tests.exchanges.stream_listener import StreamListener, listen_to


async def told(listener: StreamListener, name: str, status: str, filled: str = "0") -> None:
    """Until the order was said to be so; a venue may leave out what was filled of one unfilled."""
    await listener.until(
        lambda: (
            listener.last(name)[0] == status and (listener.last(name)[1] or 0) == Decimal(filled)
        )
    )


class StreamContract(AdapterTest):
    def stop(self, **changes: Any) -> Any:
        wanted: dict[str, Any] = {
            "side": "sell",
            "type": "stop_loss",
            "price": None,
            "trigger_price": Decimal("60000"),
        }
        return self.request("fwear", **wanted | changes)

    async def test_a_fill_is_told_as_it_is_listed(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        async with listen_to(venue) as listener:
            placed = await venue.place_order(self.request("fwear"))
            await told(listener, "fwear", "new")
            control.fill("fwear", "0.01")
            await told(listener, "fwear", "filled", "0.01")
            await listener.until(lambda: listener.fills("fwear"))
        listed = await venue.fetch_fills(self.name("fwear", placed.exchange_order_id))
        assert set(listener.fills("fwear")) == set(listed)
        (fill,) = listed
        assert (fill.symbol, fill.side, fill.is_maker) == (self.symbol, "buy", True)
        assert (fill.quantity, fill.price) == (Decimal("0.01"), self.low)
        last = listener.reports_of("fwear")[-1]
        assert (last.exchange_order_id, last.quantity) == (
            placed.exchange_order_id,
            Decimal("0.01"),
        )

    async def test_a_part_then_a_cancel(self, venue: Adapter, control: VenueControl) -> None:
        async with listen_to(venue) as listener:
            await venue.place_order(self.request("fwear"))
            control.fill("fwear", "0.004")
            await told(listener, "fwear", "partially_filled", "0.004")
            await venue.cancel_order(self.name("fwear"))
            await told(listener, "fwear", "canceled", "0.004")
            await listener.until(lambda: listener.fills("fwear"))
        assert {fill.quantity for fill in listener.fills("fwear")} == {Decimal("0.004")}

    async def test_many_parts_are_all_told(self, venue: Adapter) -> None:
        async with listen_to(venue) as listener:
            request = self.request("fwear", type="market", price=None, quantity=Decimal("0.7"))
            placed = await venue.place_order(request)
            await told(listener, "fwear", "filled", "0.7")
            name = self.name("fwear", placed.exchange_order_id)
            listed = set(await venue.fetch_fills(name))
            await listener.until(lambda: set(listener.fills("fwear")) == listed)
        assert len(listed) > 1

    async def test_what_others_do_to_an_order_is_told(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        async with listen_to(venue) as listener:
            await venue.place_order(self.request("fwear"))
            control.amend("fwear", price="51000", quantity="0.02")
            await listener.until(
                lambda: (
                    listener.reports_of("fwear")
                    and listener.reports_of("fwear")[-1].quantity == Decimal("0.02")
                    and listener.reports_of("fwear")[-1].price == Decimal("51000")
                )
            )
            control.cancel("fwear")
            await told(listener, "fwear", "canceled")

    async def test_a_fill_after_the_end_is_told(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        async with listen_to(venue) as listener:
            await venue.place_order(self.request("fwear"))
            await venue.cancel_order(self.name("fwear"))
            control.late_fill("fwear", "0.003")
            await listener.until(lambda: listener.fills("fwear"))
            await told(listener, "fwear", "canceled", "0.003")
        assert [fill.quantity for fill in listener.fills("fwear")] == [Decimal("0.003")]

    async def test_a_waiting_order_is_told_until_it_is_filled(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        async with listen_to(venue) as listener:
            placed = await venue.place_order(self.stop())
            await told(listener, "fwear", "new")
            assert listener.reports_of("fwear")[-1].exchange_order_id == placed.exchange_order_id
            control.price("60000")
            await told(listener, "fwear", "filled", "0.01")
            await listener.until(lambda: listener.fills("fwear"))
        assert sum(fill.quantity for fill in set(listener.fills("fwear"))) == Decimal("0.01")

    async def test_a_waiting_order_cancelled_by_hand_is_told(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        async with listen_to(venue) as listener:
            await venue.place_order(self.stop())
            control.cancel("fwear")
            await told(listener, "fwear", "canceled")

    async def test_that_holdings_change_is_told(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        async with listen_to(venue) as listener:
            await venue.place_order(self.request("fwear"))
            control.fill("fwear", "0.01")
            await listener.until(
                lambda: any(
                    heard.balances or heard.positions or heard.needs_holdings
                    for heard in listener.heard
                )
            )

    async def test_a_lost_connection_ends_it(self, venue: Adapter, control: VenueControl) -> None:
        with pytest.raises(VenueError):
            async with asyncio.timeout(20):
                await venue.follow_stream(
                    lambda heard: None,
                    connected=lambda: control.drop_sockets(),
                )

    async def test_a_wrong_secret_ends_it(
        self, venue: Adapter, control: VenueControl, settings: Settings
    ) -> None:
        async with self.another(control, settings, secret="guessed" * 5) as stranger:
            with pytest.raises(KeyInvalid):
                async with asyncio.timeout(20):
                    await stranger.follow_stream(lambda heard: None, connected=lambda: None)
