"""Bybit's trailing stop, which is set on a position and covers all of it."""

from decimal import Decimal
from typing import Any

import pytest

from exchanges.base import Adapter, OrderName, OrderReport, RequestRefused, UnknownOutcome
from tests.exchanges.bybit.test_adapter import AtBybitLinear
from tests.exchanges.contract import VenueControl

SIZE = Decimal("0.03")
PATH = "/v5/position/trading-stop"


class TestTrailingStop(AtBybitLinear):
    """Placed, found, cancelled, fired, and gone with its position."""

    async def _open_position(self, venue: Adapter, side: str = "buy", **more: Any) -> None:
        market: dict[str, Any] = {"type": "market", "price": None, "quantity": SIZE}
        await venue.place_order(self.request(f"fwopen{side}", side=side, **(market | more)))

    async def _place_stop(self, venue: Adapter, **changes: Any) -> OrderReport:
        wanted: dict[str, Any] = {"type": "trailing_stop", "price": None, "side": "sell"}
        wanted |= {"trailing_percent": Decimal("1.5"), "reduce_only": True, "quantity": SIZE}
        return await venue.place_order(self.request("fwtrail", **(wanted | changes)))

    def _name(self, placed: OrderReport) -> OrderName:
        return OrderName(
            symbol=self.symbol,
            client_order_id="fwtrail",
            exchange_order_id=placed.exchange_order_id,
            is_conditional=True,
        )

    @pytest.mark.parametrize("side", ["long", "short"])
    @pytest.mark.parametrize("hedged", [True, False])
    async def test_it_follows_the_price_and_closes_the_whole_position(
        self, venue: Adapter, control: VenueControl, side: str, hedged: bool
    ) -> None:
        control.price("65000")
        opening, closing = ("buy", "sell") if side == "long" else ("sell", "buy")
        named = {"position_side": side} if hedged else {}
        await venue.set_position_mode(hedged=hedged)
        await self._open_position(venue, opening, **named)
        placed = await self._place_stop(venue, side=closing, **named)
        assert (placed.status, placed.type, placed.side) == ("new", "trailing_stop", closing)
        assert (placed.closes_position, placed.client_order_id) == (True, "fwtrail")
        assert placed.position_side == (side if hedged else "net")
        sign = 1 if side == "long" else -1
        for change in (1000, 3000, 2030):  # 975 behind the best price
            control.price(str(65000 + sign * change))
            assert (await venue.fetch_order(self._name(placed))).status == "new"
        control.price(str(65000 + sign * 2020))
        fired = await venue.fetch_order(self._name(placed))
        assert (fired.status, fired.filled) == ("filled", SIZE)
        assert sum(fill.quantity for fill in await venue.fetch_fills(self._name(placed))) == SIZE
        assert not [row for row in await venue.fetch_positions() if row.quantity]

    async def test_cancelled_it_never_fires(self, venue: Adapter, control: VenueControl) -> None:
        await self._open_position(venue)
        placed = await self._place_stop(venue)
        cancelled = await venue.cancel_order(self._name(placed))
        assert cancelled.status == "canceled"
        control.price("40000")
        assert (await venue.fetch_order(self._name(placed))).filled == 0

    async def test_it_goes_with_its_position(self, venue: Adapter) -> None:
        await self._open_position(venue)
        placed = await self._place_stop(venue)
        await self._open_position(venue, "sell")
        assert (await venue.fetch_order(self._name(placed))).status == "canceled"
        assert await venue.fetch_open_orders(None, conditional=True) == []

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"reduce_only": False}, "reduce-only"),
            ({"quantity": Decimal("0.02")}, "whole position, which is 0.03"),
            ({"side": "buy"}, "there is none to close"),
        ],
    )
    async def test_what_it_cannot_do_is_refused_before_it_is_sent(
        self, venue: Adapter, control: VenueControl, changes: dict[str, Any], words: str
    ) -> None:
        await self._open_position(venue)
        with pytest.raises(RequestRefused, match=words):
            await self._place_stop(venue, **changes)
        assert f"POST {PATH}" not in control.simulator.control.get("state")["endpoints"]

    async def test_a_second_one_does_not_take_the_place_of_the_first(self, venue: Adapter) -> None:
        await self._open_position(venue)
        placed = await self._place_stop(venue)
        with pytest.raises(RequestRefused, match="already"):
            await self._place_stop(venue, trailing_percent=Decimal(3))
        (listed,) = await venue.fetch_open_orders(None, conditional=True)
        assert listed.exchange_order_id == placed.exchange_order_id

    async def test_after_a_lost_answer_it_is_there_without_our_name(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        await self._open_position(venue)
        match = {"path": PATH, "key": control.key}
        control.simulator.control.post("faults", kind="hang_after_accept", match=match, times=1)
        with pytest.raises(UnknownOutcome):
            await self._place_stop(venue)
        (listed,) = await venue.fetch_open_orders(None, conditional=True)
        assert (listed.type, listed.client_order_id) == ("trailing_stop", None)

    async def test_it_begins_to_follow_at_a_price(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        control.price("65000")
        await self._open_position(venue)
        placed = await self._place_stop(venue, trigger_price=Decimal(68000))
        for price, status in (
            ("64000", "new"),
            ("68000", "new"),
            ("66990", "new"),
            ("66980", "filled"),
        ):
            control.price(price)
            assert (await venue.fetch_order(self._name(placed))).status == status
