"""A venue that is only polled keeps the contract as far as its answers go, on three dialects."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from exchanges.base import (
    Adapter,
    NotFound,
    RateLimitError,
    RequestNotSent,
    RequestRefused,
    VenueDown,
)
from exchanges.other_venues import adapter as other_venues_adapter
from tests.exchanges.contract import AdapterTest, VenueContract, VenueControl
from tests.exchanges.contract_by_hand import ByHandContract


class AtBinance(AdapterTest):
    connect = staticmethod(partial(other_venues_adapter.make_client, "binance"))
    adapter = other_venues_adapter.PolledAdapter
    order_path = "/api/v3/order"


class AtBybit(AdapterTest):
    connect = staticmethod(partial(other_venues_adapter.make_client, "bybit"))
    adapter = other_venues_adapter.PolledAdapter
    order_path = "/v5/order/*"


class AtOkx(AdapterTest):
    connect = staticmethod(partial(other_venues_adapter.make_client, "okx"))
    adapter = other_venues_adapter.PolledAdapter
    order_path = "/api/v5/trade/*"


class Polled(VenueContract):
    """What such a venue cannot tell, it does not tell."""

    nowhere = "999999999"

    async def test_what_does_not_exist_is_confirmed_absent(self, venue: Adapter) -> None:
        """By the venue's own id. By our name it is out of sight, which is not absent."""
        with pytest.raises(NotFound):
            await venue.fetch_order(self.name("fwnever", self.nowhere))
        for ask in (venue.fetch_order, venue.cancel_order):
            with pytest.raises(other_venues_adapter.QueryUnsupported, match="by our name"):
                await ask(self.name("fwnever"))

    @pytest.mark.parametrize(
        "changes",
        [
            {"quantity": Decimal("100")},
            {"quantity": Decimal("0.00001"), "price": Decimal("50000")},
        ],
        ids=["no balance", "too small"],
    )
    async def test_refusals_carry_the_venues_words(
        self, venue: Adapter, changes: dict[str, Any]
    ) -> None:
        with pytest.raises(RequestRefused) as refused:
            await venue.place_order(self.request("fwrefused", **changes))
        assert len(str(refused.value)) > 10
        assert list(await venue.fetch_open_orders(self.symbol)) == []

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"quantity": Decimal("0.0100001")}, "more digits"),
            ({"price": Decimal("50000.001")}, "more digits"),
            ({"type": "stop_loss", "trigger_price": Decimal("40000")}, "only polled"),
            ({"reduce_only": True}, "only polled"),
        ],
    )
    async def test_what_would_be_sent_otherwise_than_asked_is_refused(
        self, venue: Adapter, changes: dict[str, Any], words: str
    ) -> None:
        with pytest.raises(RequestRefused, match=words):
            await venue.place_order(self.request("fwexact", **changes))
        assert list(await venue.fetch_open_orders(self.symbol)) == []

    async def test_a_key_says_what_it_may(self, venue: Adapter) -> None:
        may = await venue.fetch_permissions()
        assert (may.can_read, may.can_trade, may.can_withdraw) == (True, None, None)

    async def test_could_not_ask_is_neither_found_nor_absent(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        control.fault("status", "GET", status=500, code=-1000, message="An unknown error occurred.")
        with pytest.raises(VenueDown) as down:
            await venue.fetch_order(self.name("fwany", self.nowhere))
        assert not isinstance(down.value, RequestNotSent)

    async def test_a_ban_says_until_when(self, venue: Adapter, control: VenueControl) -> None:
        control.fault("ban", "GET")
        with pytest.raises(RateLimitError) as throttled:
            await venue.fetch_order(self.name("fwany", self.nowhere))
        assert throttled.value.until > timezone.now()

    async def test_there_is_no_stream(self, venue: Adapter) -> None:
        with pytest.raises(RequestRefused, match="only polled"):
            await venue.follow_stream(lambda _: None, connected=lambda: None)
        with pytest.raises(RequestRefused, match="no listen keys"):
            await venue.create_listen_key()

    async def test_it_has_no_positions_and_no_leverage(self, venue: Adapter) -> None:
        assert await venue.fetch_positions() == ()
        with pytest.raises(RequestRefused, match="no leverage"):
            await venue.set_leverage(self.symbol, leverage=2, margin_mode="cross")


class TestBinance(AtBinance, Polled):
    """ccxt's binance, as if we knew no more of it."""

    async def test_filled_without_a_number_is_proved_by_the_parts(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        placed = await venue.place_order(self.request("fwbare"))
        control.fill("fwbare", "0.01")
        control.fault("bare_end", "GET")
        told = await venue.fetch_order(self.name("fwbare", placed.exchange_order_id))
        fills = await venue.fetch_fills(self.name("fwbare", placed.exchange_order_id))
        assert (told.status, told.filled, told.fills) == ("filled", Decimal("0.01"), tuple(fills))
        assert told.cost == Decimal("0.01") * self.low

    async def test_parts_that_come_late_leave_it_open(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        placed = await venue.place_order(self.request("fwbare"))
        control.fill("fwbare", "0.01")
        control.fault("bare_end", "GET")
        match = {"path": "/api/v3/myTrades"}
        control.simulator.control.post("faults", kind="fills_missing", match=match, times=1)
        told = await venue.fetch_order(self.name("fwbare", placed.exchange_order_id))
        assert (told.status, told.filled) == ("unknown", None)


class TestBybit(AtBybit, Polled):
    """Its orders cannot be fetched by id in one way, only in two."""

    async def test_the_fills_of_a_market_order_add_up_exactly(self, venue: Adapter) -> None:
        """As ccxt describes it, a market buy counts in quote here; selling is exact."""
        market = {"type": "market", "price": None, "quantity": Decimal("0.7")}
        with pytest.raises(RequestRefused, match="in what they spend"):
            await venue.place_order(self.request("fwmarket", **market))
        placed = await venue.place_order(self.request("fwmarket", **market, side="sell"))
        fills = await venue.fetch_fills(self.name("fwmarket", placed.exchange_order_id))
        order = await venue.fetch_order(self.name("fwmarket", placed.exchange_order_id))
        assert sum(fill.quantity for fill in fills) == order.filled == Decimal("0.7")
        assert sum(fill.quantity * fill.price for fill in fills) == order.cost

    async def test_the_reply_to_placing_tells_the_same_parts_as_the_list(
        self, venue: Adapter
    ) -> None:
        placed = await venue.place_order(self.request("fwsame"))
        assert (placed.fills, placed.filled) == ((), None)


class TestOkx(AtOkx, Polled):
    """Creating is answered with an id only."""

    async def test_the_fills_of_a_market_order_add_up_exactly(self, venue: Adapter) -> None:
        """It tells an average, rounded: the cost is exact once the parts are known."""
        market = {"type": "market", "price": None, "quantity": Decimal("0.7")}
        placed = await venue.place_order(self.request("fwmarket", **market))
        fills = await venue.fetch_fills(self.name("fwmarket", placed.exchange_order_id))
        order = await venue.fetch_order(self.name("fwmarket", placed.exchange_order_id))
        assert len(fills) > 1
        assert sum(fill.quantity for fill in fills) == order.filled == Decimal("0.7")
        cost = sum(fill.quantity * fill.price for fill in fills)
        assert order.cost == pytest.approx(cost, abs=Decimal("1e-6"))


class TestBinanceByHand(AtBinance, ByHandContract):
    """Orders that someone else touched."""


class TestBybitByHand(AtBybit, ByHandContract):
    """The same."""


class TestOkxByHand(AtOkx, ByHandContract):
    """The same."""
