"""Binance spot keeps the contract: unmodified ccxt against the simulated venue."""

from decimal import Decimal
from typing import Any

import pytest

from exchanges.base import Adapter, NotFound, RequestRefused, UnknownOutcome
from exchanges.binance import spot
from tests.exchanges.contract import AdapterTest, VenueContract, VenueControl
from tests.exchanges.contract_amend import AmendContract
from tests.exchanges.contract_by_hand import ByHandContract
from tests.exchanges.contract_conditional import ConditionalContract
from tests.exchanges.contract_quote import QuoteContract
from tests.exchanges.contract_streams import StreamContract


class AtBinanceSpot(AdapterTest):
    connect = staticmethod(spot.make_client)
    adapter = spot.BinanceSpot
    order_path = "/api/v3/order"


class TestOrders(AtBinanceSpot, VenueContract):
    async def test_what_ended_unfilled_long_ago_is_absent(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        for name in ("fwempty", "fwpart"):
            await venue.place_order(self.request(name))
        control.fill("fwpart", "0.004")
        for name in ("fwempty", "fwpart"):
            await venue.cancel_order(self.name(name))
        control.simulator.control.post("clock", skew_ms=91 * 86_400_000)
        with pytest.raises(NotFound, match="archived"):
            await venue.fetch_order(self.name("fwempty"))
        assert (await venue.fetch_order(self.name("fwpart"))).filled == Decimal("0.004")


class TestByHand(AtBinanceSpot, ByHandContract):
    """Orders that someone else touched."""


class TestConditional(AtBinanceSpot, ConditionalContract):
    @pytest.mark.parametrize(
        "changes",
        [
            {"price": Decimal("59000"), "time_in_force": "PO"},
            {"reduce_only": True},
            {"trigger_price": None},
            {"type": "trailing_stop"},
            {"type": "trailing_stop", "trailing_percent": Decimal("0.01")},
            {"type": "trailing_stop", "trailing_percent": Decimal("25")},
        ],
    )
    async def test_what_spot_does_not_have_is_refused_in_words(
        self, venue: Adapter, changes: dict[str, Any]
    ) -> None:
        with pytest.raises(RequestRefused, match=r"\w+ \w+"):
            await venue.place_order(self.stop(**changes))
        with pytest.raises(NotFound):
            await venue.fetch_order(self.waiting())

    async def test_a_trailing_stop_may_begin_at_a_price(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        changes = {"trigger_price": Decimal("66000"), "trailing_percent": Decimal("1")}
        placed = await venue.place_order(self.stop(type="trailing_stop", **changes))
        for price in ("63000", "66000"):
            control.price(price)
        assert (await venue.fetch_order(self.waiting(placed))).status == "new"
        control.price("65340")
        assert (await venue.fetch_order(self.waiting(placed))).status == "filled"

    async def test_accepted_but_not_found_is_an_unknown_outcome(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        control.fault("status", "GET", status=400, code=-2013, message="Order does not exist.")
        with pytest.raises(UnknownOutcome):
            await venue.place_order(self.stop())
        assert (await venue.fetch_order(self.waiting())).status == "new"

    async def test_accepted_and_not_to_be_asked_it_counts_as_placed(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        control.fault("status", "GET", status=500, code=-1000, message="An unknown error occurred.")
        assert (await venue.place_order(self.stop())).status == "new"


class TestQuote(AtBinanceSpot, QuoteContract):
    """Market orders that are sized by what they spend."""


class TestStream(AtBinanceSpot, StreamContract):
    """Its own stream."""


class TestAmend(AtBinanceSpot, AmendContract):
    replaces = True
