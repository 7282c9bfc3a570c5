"""What every futures adapter does with an account that holds a long and a short position."""

from decimal import Decimal
from typing import Any

import pytest

from exchanges.base import Adapter, OrderReport, PositionModeMismatch, RequestRefused
from tests.exchanges.contract import AdapterTest
from tests.exchanges.stream_listener import StreamListener, listen_to

LOT = Decimal("0.02")


class HedgeContract(AdapterTest):
    async def _trade(
        self, venue: Adapter, name: str, side: str, position_side: str, **more: Any
    ) -> OrderReport:
        wanted = {"type": "market", "price": None, "quantity": LOT, "position_side": position_side}
        placed = await venue.place_order(self.request(name, side=side, **(wanted | more)))
        return await venue.fetch_order(self.name(name, placed.exchange_order_id))

    async def test_the_mode_is_read_and_set_and_set_again(self, venue: Adapter) -> None:
        assert await venue.fetch_position_mode() is False
        for hedged in (True, True, False, False):
            await venue.set_position_mode(hedged=hedged)
            assert await venue.fetch_position_mode() is hedged

    async def test_both_sides_are_held_and_closed_apart(self, venue: Adapter) -> None:
        await venue.set_position_mode(hedged=True)
        bought = await self._trade(venue, "fwlong", "buy", "long")
        sold = await self._trade(venue, "fwshort", "sell", "short", quantity=LOT * 2)
        assert [bought.position_side, sold.position_side] == ["long", "short"]
        held = {row.side: row.quantity for row in await venue.fetch_positions() if row.quantity}
        assert held == {"long": LOT, "short": -2 * LOT}
        closed = await self._trade(venue, "fwclose", "buy", "short", reduce_only=True)
        assert (closed.status, closed.position_side) == ("filled", "short")
        held = {row.side: row.quantity for row in await venue.fetch_positions() if row.quantity}
        assert held == {"long": LOT, "short": -LOT}

    async def test_a_resting_and_a_waiting_order_keep_their_side(self, venue: Adapter) -> None:
        await venue.set_position_mode(hedged=True)
        await self._trade(venue, "fwopen", "buy", "long")
        await venue.place_order(self.request("fwrest", position_side="long"))
        stop = {"type": "stop_loss", "price": None, "trigger_price": self.low, "side": "sell"}
        await venue.place_order(
            self.request("fwstop", position_side="long", reduce_only=True, **stop)
        )
        (resting,) = [
            row for row in await venue.fetch_open_orders(None) if row.client_order_id == "fwrest"
        ]
        (waiting,) = await venue.fetch_open_orders(None, conditional=True)
        assert [resting.position_side, waiting.position_side] == ["long", "long"]

    async def test_what_does_not_fit_the_mode_is_named_so(self, venue: Adapter) -> None:
        with pytest.raises(PositionModeMismatch):
            await self._trade(venue, "fwsided", "buy", "long")
        await venue.set_position_mode(hedged=True)
        for changes in ({}, {"type": "stop_loss", "price": None, "trigger_price": self.high}):
            with pytest.raises(PositionModeMismatch):
                await venue.place_order(self.request("fwnone", **changes))
        with pytest.raises(RequestRefused):
            await self._trade(venue, "fwnothing", "sell", "long", reduce_only=True)

    @pytest.mark.parametrize("is_filled", [True, False])
    async def test_the_mode_stays_while_anything_is_open(
        self, venue: Adapter, is_filled: bool
    ) -> None:
        kind: dict[str, Any] = {"type": "market", "price": None} if is_filled else {}
        await venue.place_order(self.request("fwopen", **kind))
        with pytest.raises(RequestRefused):
            await venue.set_position_mode(hedged=True)
        assert await venue.fetch_position_mode() is False

    async def test_the_stream_tells_the_sides_apart(self, venue: Adapter) -> None:
        await venue.set_position_mode(hedged=True)
        async with listen_to(venue) as listener:
            await self._trade(venue, "fwlong", "buy", "long")
            await self._trade(venue, "fwshort", "sell", "short")
            await listener.until(lambda: _told_of_sides(listener) == {"long": LOT, "short": -LOT})
            for side in ("long", "short"):
                reports = listener.reports_of(f"fw{side}")
                assert {report.position_side for report in reports} - {None} == {side}


def _told_of_sides(listener: StreamListener) -> dict[str, Decimal]:
    """Return the quantities last told of each side."""
    rows = [position for heard in listener.heard for position in heard.positions]
    return {str(position.side): position.quantity for position in rows}
