"""What OKX's own streams tell a key: of its kind of instrument only, until they end with words."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from exchanges.base import (
    Adapter,
    KeyInvalid,
    RateLimitError,
    RequestRefused,
    StreamUpdate,
    VenueDown,
)
from tests.exchanges.contract import AdapterTest, VenueControl
from tests.exchanges.okx.test_adapter import AtOkxSpot, AtOkxSwap
from tests.exchanges.stream_listener import StreamListener, listen_to


async def followed(venue: Adapter, listener: StreamListener, connected: Any) -> None:
    async with asyncio.timeout(20):
        await venue.follow_stream(listener.hear, connected=connected)


def sockets(control: VenueControl, kind: str, **more: Any) -> None:
    control.simulator.control.post("faults", kind=kind, match={"key": control.key}, **more)


class Streams(AdapterTest):
    other: dict[str, str]  # an order for what the other kind of key is told

    async def test_what_is_told_is_what_is_listed(self, venue: Any, control: VenueControl) -> None:
        async with listen_to(venue) as listener:
            placed = await venue.place_order(self.request("fwsame"))
            control.fill("fwsame", "0.004")
            await listener.until(lambda: listener.last("fwsame")[1] == Decimal("0.004"))
            name = self.name("fwsame", placed.exchange_order_id)
            assert listener.fills("fwsame") == list(await venue.fetch_fills(name))
            asked = {one.currency: (one.free, one.held) for one in await venue.fetch_balances()}
            assert any(
                (one.free, one.held) == asked[one.currency]
                for heard in listener.heard
                for one in heard.balances
            )

    async def test_the_accounts_other_instruments_are_not_told(
        self, venue: Any, control: VenueControl
    ) -> None:
        for wallet in ("spot", "futures"):
            control.simulator.control.post(
                "deposit", key=control.key, asset="USDT", amount="1000", wallet=wallet
            )
        async with listen_to(venue) as listener:
            usual = {"side": "buy", "ordType": "limit", "px": "50000", "clOrdId": "fwother"}
            await venue.client.private_post_trade_order(usual | self.other)
            await venue.place_order(self.request("fwours"))
            await listener.until(lambda: listener.reports_of("fwours"))
        assert listener.reports_of("fwother") == []

    async def test_a_trailing_stop_is_told_on_a_channel_of_its_own(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        trail = {"type": "trailing_stop", "side": "sell", "price": None}
        async with listen_to(venue) as listener:
            request = self.request("fwtrail", trailing_percent=Decimal(1), **trail)
            placed = await venue.place_order(request)
            await listener.until(lambda: listener.reports_of("fwtrail"))
            assert listener.reports_of("fwtrail")[0].exchange_order_id == placed.exchange_order_id
            control.price("60000")
            await listener.until(lambda: listener.last("fwtrail")[0] == "filled")

    async def test_an_error_that_answers_nothing_ends_it_with_its_words(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        with pytest.raises(VenueDown, match=r"Invalid request \(60012\)"):
            await followed(venue, StreamListener(), lambda: sockets(control, "error_frame"))

    async def test_too_many_socket_requests_throttle_us(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        with pytest.raises(RateLimitError):
            await followed(
                venue,
                StreamListener(),
                lambda: sockets(control, "error_frame", code=60014, message="Too many"),
            )

    async def test_a_notice_of_the_end_ends_it(self, venue: Adapter, control: VenueControl) -> None:
        with pytest.raises(VenueDown, match="service upgrade"):
            await followed(venue, StreamListener(), lambda: sockets(control, "end_streams"))

    async def test_a_revoked_key_is_told_apart_from_a_venue_in_trouble(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        def revoke() -> None:
            control.simulator.control.post("revoke", key=control.key)

        with pytest.raises(VenueDown):
            await followed(venue, StreamListener(), revoke)
        with pytest.raises(KeyInvalid):
            await followed(venue, StreamListener(), lambda: None)

    async def test_it_signs_in_by_the_venues_clock(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        control.simulator.control.post("clock", skew_ms=-60_000)
        async with listen_to(venue) as listener:
            await venue.place_order(self.request("fwclock"))
            await listener.until(lambda: listener.reports_of("fwclock"))

    async def test_an_instrument_of_which_nothing_is_known_ends_it(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        match = {"key": control.key, "method": "WS"}
        control.simulator.control.post("faults", kind="unlisted", match=match, times=1)
        async with listen_to(venue) as listener:
            await venue.place_order(self.request("fwthen"))
            await listener.until(lambda: listener.reports_of("fwthen"))
        assert any(heard.needs_orders for heard in listener.heard)
        assert {report.symbol for heard in listener.heard for report in heard.orders} == {
            self.symbol
        }

    async def test_in_a_list_it_hides_nothing(self, venue: Adapter, control: VenueControl) -> None:
        await venue.place_order(self.request("fwlisted"))
        control.fault("unlisted", "GET")
        listed = await venue.fetch_open_orders(None)
        assert [order.client_order_id for order in listed] == ["fwlisted"]

    async def test_what_nobody_knows_is_passed_over(self, venue: Any) -> None:
        assert (
            venue._read_frame({"arg": {"channel": "of-tomorrow"}, "data": [{}]}) == StreamUpdate()
        )
        assert venue._read_frame({"arg": {"channel": "orders"}, "data": []}) == StreamUpdate()


class TestSpot(AtOkxSpot, Streams):
    other = {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "sz": "1"}


class TestSwap(AtOkxSwap, Streams):
    other = {"instId": "BTC-USDT", "tdMode": "cash", "sz": "0.001"}

    async def test_a_position_is_told_as_it_is_asked(self, venue: Adapter) -> None:
        async with listen_to(venue) as listener:
            await venue.place_order(self.request("fwopen", type="market", price=None))
            (held,) = await venue.fetch_positions()
            assert (held.symbol, held.quantity) == (self.symbol, Decimal("0.01"))
            await listener.until(lambda: any(held in heard.positions for heard in listener.heard))
            close = {"type": "market", "price": None, "side": "sell", "reduce_only": True}
            await venue.place_order(self.request("fwclose", **close))
            await listener.until(
                lambda: any(not one.quantity for heard in listener.heard for one in heard.positions)
            )
        assert list(await venue.fetch_positions()) == []

    async def test_contracts_that_settle_in_coins_are_known_and_none_of_ours(
        self, venue: Any
    ) -> None:
        """A position in one is told at each start: if that ended the stream, none would hold."""
        await venue.fetch_rules()
        (ours,) = venue.client.markets_by_id["BTC-USDT-SWAP"]
        inverse = {**ours, "id": "BTC-USD-SWAP", "symbol": "BTC/USD:BTC", "linear": False}
        venue.client.markets_by_id["BTC-USD-SWAP"] = [inverse]
        venue.client.markets["BTC/USD:BTC"] = inverse
        rows = [{"instId": name, "pos": "1"} for name in ("BTC-USD-SWAP", "BTC-USDT-SWAP")]
        heard = venue._read_frame({"arg": {"channel": "positions"}, "data": rows})
        assert [held.symbol for held in heard.positions] == [self.symbol]
        for channel in ("orders", "orders-algo"):
            assert (
                venue._read_frame({"arg": {"channel": channel}, "data": rows[:1]}) == StreamUpdate()
            )
        with pytest.raises(RequestRefused, match="does not trade BTC/USD:BTC"):
            await venue.place_order(self.request("fwcoins", symbol="BTC/USD:BTC"))

    async def test_what_is_held_is_told_while_its_trading_is_suspended(self, venue: Any) -> None:
        await venue.fetch_rules()
        await venue.place_order(self.request("fwheld", type="market", price=None))
        (ours,) = venue.client.markets_by_id["BTC-USDT-SWAP"]
        ours["active"] = venue.client.markets[self.symbol]["active"] = False
        assert [held.symbol for held in await venue.fetch_positions()] == [self.symbol]
        row = {"instId": "BTC-USDT-SWAP", "pos": "1"}
        heard = venue._read_frame({"arg": {"channel": "positions"}, "data": [row]})
        assert [held.symbol for held in heard.positions] == [self.symbol]
        assert self.symbol not in {rules.symbol for rules in await venue.fetch_rules()}
