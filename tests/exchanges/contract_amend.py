"""What every adapter does that can change an open order."""

from contextlib import suppress
from decimal import Decimal

import pytest

from exchanges.base import Adapter, NotFound, OrderReport, RequestRefused
from tests.exchanges.contract import AdapterTest, VenueControl


class AmendContract(AdapterTest):
    replaces = False  # the venue gives the order a new id, and only while nothing is filled
    closer = Decimal("51000")

    async def _amend(
        self, venue: Adapter, placed: OrderReport, quantity: str, price: Decimal
    ) -> OrderReport:
        name = placed.client_order_id or ""
        wanted = self.request(name, quantity=Decimal(quantity), price=price)
        return await venue.amend_order(self.name(name, placed.exchange_order_id), wanted)

    async def test_an_order_gets_another_price_and_amount(self, venue: Adapter) -> None:
        placed = await venue.place_order(self.request("fwamend"))
        report = await self._amend(venue, placed, "0.02", self.closer)
        assert (report.status, report.price, report.quantity) == (
            "new",
            self.closer,
            Decimal("0.02"),
        )
        assert report.client_order_id == "fwamend"
        assert (report.exchange_order_id == placed.exchange_order_id) is not self.replaces
        assert await venue.fetch_order(self.name("fwamend")) == report
        assert len(await venue.fetch_open_orders(self.symbol)) == 1

    async def test_the_amount_counts_what_is_filled_already(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        placed = await venue.place_order(self.request("fwpart"))
        control.fill("fwpart", "0.004")
        if self.replaces:
            with pytest.raises(RequestRefused):
                await self._amend(venue, placed, "0.02", self.closer)
            report = await venue.fetch_order(self.name("fwpart"))
            assert (report.status, report.price) == ("partially_filled", self.low)
            return
        report = await self._amend(venue, placed, "0.02", self.closer)
        assert (report.status, report.filled, report.quantity) == (
            "partially_filled",
            Decimal("0.004"),
            Decimal("0.02"),
        )

    async def test_an_order_that_has_ended_is_not_changed(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        placed = await venue.place_order(self.request("fwended"))
        control.cancel("fwended")
        with pytest.raises((RequestRefused, NotFound)):
            await self._amend(venue, placed, "0.02", self.closer)
        assert await venue.fetch_open_orders(self.symbol) == []

    async def test_what_the_venue_does_not_take_leaves_the_order_as_it_was(
        self, venue: Adapter
    ) -> None:
        placed = await venue.place_order(self.request("fwstep"))
        with pytest.raises(RequestRefused):
            await self._amend(venue, placed, "0.01", Decimal("51000.0000001"))
        report = await venue.fetch_order(self.name("fwstep"))
        assert (report.status, report.price) == ("new", self.low)

    async def test_amended_twice_it_is_changed_once(self, venue: Adapter) -> None:
        placed = await venue.place_order(self.request("fwtwice"))
        await self._amend(venue, placed, "0.02", self.closer)
        with suppress(RequestRefused, NotFound):  # the caller looks at the order then
            await self._amend(venue, placed, "0.02", self.closer)
        (report,) = await venue.fetch_open_orders(self.symbol)
        assert (report.quantity, report.price) == (Decimal("0.02"), self.closer)
