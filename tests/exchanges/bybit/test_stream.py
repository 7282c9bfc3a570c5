"""What Bybit's own stream tells a key: of its category only, digit for digit, until it ends."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from exchanges.base import Adapter, KeyInvalid, VenueDown
from exchanges.bybit import adapter as bybit_adapter
from exchanges.bybit.disconnection import PRODUCTS, TOPICS
from tests.exchanges.contract import AdapterTest, VenueControl
from tests.exchanges.stream_listener import listen_to


def list_countdowns(control: VenueControl) -> list[str]:
    state = control.simulator.control.get("state")
    return list(state["countdowns"]) if state["sockets"] == 0 else ["a socket is left"]


async def wait_for(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 (the venue is another process)
            await asyncio.sleep(0.02)


class Streams(AdapterTest):
    order_path = "/v5/order/*"
    account = {"futures": {"USDT": "100000"}}
    other_category = "linear"

    async def test_an_order_is_told_from_its_beginning_to_its_end(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        async with listen_to(venue) as listener:
            placed = await venue.place_order(self.request("fwtold"))
            control.fill("fwtold", "0.004")
            await venue.cancel_order(self.name("fwtold"))
            await listener.until(lambda: listener.statuses("fwtold")[-1:] == ["canceled"])
            assert listener.statuses("fwtold") == ["new", "partially_filled", "canceled"]
            assert listener.orders("fwtold")[-1] == await venue.fetch_order(self.name("fwtold"))
            fills = await venue.fetch_fills(self.name("fwtold", placed.exchange_order_id))
            assert listener.fills("fwtold") == list(fills)
            assert [fill.quantity for fill in fills] == [Decimal("0.004")]

    async def test_the_parts_that_are_told_are_those_that_are_listed(self, venue: Adapter) -> None:
        async with listen_to(venue) as listener:
            request = self.request("fwparts", type="market", price=None, quantity=Decimal("0.7"))
            placed = await venue.place_order(request)
            await listener.until(lambda: listener.statuses("fwparts")[-1:] == ["filled"])
            listed = await venue.fetch_fills(self.name("fwparts", placed.exchange_order_id))
            assert listener.fills("fwparts") == list(listed)
            assert len(listed) > 1

    async def test_balances_are_told_as_they_are_asked(self, venue: Adapter) -> None:
        async with listen_to(venue) as listener:
            await venue.place_order(self.request("fwmoney"))
            asked = {one.currency: one for one in await venue.fetch_balances()}["USDT"]
            assert asked.held
            await listener.until(lambda: any(asked in heard.balances for heard in listener.heard))

    async def test_the_accounts_other_category_is_not_told(self, venue: Any) -> None:
        async with listen_to(venue) as listener:
            other = {"category": self.other_category, "symbol": "BTCUSDT", "side": "Buy"}
            wish = {"orderType": "Market", "qty": "0.01", "marketUnit": "baseCoin"}
            await venue.client.private_post_v5_order_create(
                other | wish | {"orderLinkId": "fwother"}
            )
            await venue.place_order(self.request("fwours"))
            await listener.until(lambda: listener.statuses("fwours"))
            assert (listener.statuses("fwother"), listener.fills("fwother")) == ([], [])

    async def test_a_revoked_key_ends_the_stream_and_is_refused_from_then_on(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        def revoke() -> None:
            control.simulator.control.post("revoke", key=control.key)

        with pytest.raises(VenueDown):
            await asyncio.wait_for(venue.follow_stream(lambda _: None, connected=revoke), 10)
        with pytest.raises(KeyInvalid, match=r"API key is invalid"):
            await venue.follow_stream(lambda _: None, connected=lambda: None)

    @pytest.mark.parametrize("is_left_on", [True, False])
    async def test_the_loss_of_a_guarded_socket_starts_the_venues_countdown(
        self, venue: Any, control: VenueControl, is_left_on: bool
    ) -> None:
        topic, product = TOPICS[venue.category], PRODUCTS[venue.category]
        await venue.set_switch(60, None)
        async with listen_to(venue):
            for on in (True, True, False, False, is_left_on):
                await venue.guard_stream(on=on)
        expected = [f"bybit {control.key} {product}"] if is_left_on else []
        await wait_for(lambda: list_countdowns(control) == expected)
        endpoints = control.simulator.control.get("state")["endpoints"]
        assert endpoints[f"WS bybit {topic}"] == 1 + is_left_on

    async def test_a_wrong_secret_is_no_stream_and_does_not_hang(self, venue: Any) -> None:
        venue.client.secret = "wrong"
        with pytest.raises(KeyInvalid):
            await asyncio.wait_for(venue.follow_stream(lambda _: None, connected=lambda: None), 5)

    async def test_an_error_that_answers_nothing_ends_the_stream(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        def spoil() -> None:
            control.simulator.control.post("faults", kind="error_frame", times=1)

        with pytest.raises(VenueDown, match="not understood"):
            await asyncio.wait_for(venue.follow_stream(lambda _: None, connected=spoil), 10)

    @pytest.mark.parametrize("skew_ms", [-60_000, 60_000])
    async def test_a_wrong_clock_does_not_keep_us_out(
        self, venue: Adapter, control: VenueControl, skew_ms: int
    ) -> None:
        control.simulator.control.post("clock", skew_ms=skew_ms)
        async with listen_to(venue) as listener:
            await venue.place_order(self.request("fwclock"))
            await listener.until(lambda: listener.statuses("fwclock"))


class TestSpot(Streams):
    connect = staticmethod(bybit_adapter.make_spot_client)
    adapter = bybit_adapter.BybitSpot


class TestLinear(Streams):
    connect = staticmethod(bybit_adapter.make_linear_client)
    adapter = bybit_adapter.BybitLinear
    symbol = "BTC/USDT:USDT"
    at_the_desk = "BTCUSDT-PERP"
    other_category = "spot"

    async def test_positions_are_told_until_they_are_closed(self, venue: Adapter) -> None:
        async with listen_to(venue) as listener:
            market = {"type": "market", "price": None}
            await venue.place_order(self.request("fwopen", side="sell", **market))
            (held,) = await venue.fetch_positions()
            assert (held.symbol, held.quantity, held.side) == (self.symbol, Decimal("-0.01"), "net")
            await listener.until(lambda: any(held in heard.positions for heard in listener.heard))
            await venue.place_order(self.request("fwclose", reduce_only=True, **market))
            assert await venue.fetch_positions() == []
            closed = [Decimal(0)]
            await listener.until(
                lambda: [
                    heard
                    for heard in listener.heard
                    if [position.quantity for position in heard.positions] == closed
                ]
            )
