"""What every adapter does with orders that wait for a price: subclass it beside VenueContract.

`has_trailing` and `fires_by_itself` are for venues that differ; the rest is named by AtTheDesk.
"""

from decimal import Decimal
from typing import Any

import pytest

from exchanges.base import (
    Adapter,
    DuplicateClientOrderId,
    NotFound,
    OrderName,
    OrderReport,
    OrderRequest,
    RequestRefused,
)
from tests.exchanges.contract import AdapterTest, VenueControl

DOWN, UP = Decimal("60000"), Decimal("70000")  # where they fire; the price stands between
KINDS = {
    "stop_loss": {"trigger_price": DOWN},
    "stop_loss with a limit": {"trigger_price": DOWN, "price": Decimal("59000")},
    "take_profit": {"trigger_price": UP},
    "take_profit with a limit": {"trigger_price": UP, "price": Decimal("69000")},
}


class ConditionalContract(AdapterTest):
    has_trailing = True

    def stop(self, **changes: Any) -> OrderRequest:
        wanted: dict[str, Any] = {
            "side": "sell",
            "type": "stop_loss",
            "price": None,
            "trigger_price": DOWN,
        }
        return self.request("fwstop", **wanted | changes)

    def of(self, kind: str) -> OrderRequest:
        return self.stop(type=kind.split()[0], **KINDS[kind])

    def waiting(self, report: OrderReport | None = None) -> OrderName:
        """As our own records name it: by the venue's id where it has one of any kind."""
        number = report.exchange_order_id if report else None
        return OrderName(
            symbol=self.symbol,
            client_order_id="fwstop",
            exchange_order_id=number,
            is_conditional=number is None or number.startswith("algo:"),
        )

    @pytest.mark.parametrize("kind", KINDS)
    async def test_it_exists_after_placing(self, venue: Adapter, kind: str) -> None:
        placed = await venue.place_order(self.of(kind))
        assert (placed.status, placed.client_order_id) == ("new", "fwstop")
        assert placed.filled in (None, Decimal(0))
        for name in (self.waiting(), self.waiting(placed)):
            found = await venue.fetch_order(name)
            assert found.exchange_order_id == placed.exchange_order_id
            assert (found.status, found.type) == ("new", kind.split()[0])
            assert (found.side, found.quantity) == ("sell", Decimal("0.01"))
            assert found.price == KINDS[kind].get("price")

    @pytest.mark.parametrize("kind", ["stop_loss", "take_profit"])
    async def test_it_is_among_the_open_orders_while_it_waits(
        self, venue: Adapter, kind: str
    ) -> None:
        placed = await venue.place_order(self.of(kind))
        for symbol in (self.symbol, None):
            listed = await venue.fetch_open_orders(symbol, conditional=True)
            assert [order.exchange_order_id for order in listed] == [placed.exchange_order_id]
        await venue.cancel_order(self.waiting(placed))
        assert list(await venue.fetch_open_orders(self.symbol, conditional=True)) == []

    @pytest.mark.parametrize("kind", KINDS)
    async def test_it_is_filled_once_the_price_is_there(
        self, venue: Adapter, control: VenueControl, kind: str
    ) -> None:
        request = self.of(kind)
        placed = await venue.place_order(request)
        falls = request.type == "stop_loss"
        control.price("60001" if falls else "69999")
        assert (await venue.fetch_order(self.waiting(placed))).status == "new"
        control.price("60000" if falls else "70000")
        done = await venue.fetch_order(self.waiting(placed))
        assert (done.status, done.filled) == ("filled", Decimal("0.01"))
        assert (done.client_order_id, done.side) == ("fwstop", "sell")
        fills = await venue.fetch_fills(self.waiting(done))
        assert sum(fill.quantity for fill in fills) == Decimal("0.01")
        assert {fill.exchange_order_id for fill in fills} == {done.exchange_order_id}
        assert await venue.fetch_order(self.waiting()) == done

    async def test_with_a_limit_that_nobody_takes_it_stands_afterwards(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        placed = await venue.place_order(self.stop(price=self.high))
        control.price("60000")
        stands = await venue.fetch_order(self.waiting(placed))
        assert (stands.status, stands.filled) == ("new", Decimal(0))
        control.fill("fwstop", "0.004")
        partly = await venue.fetch_order(self.waiting(stands))
        assert (partly.status, partly.filled) == ("partially_filled", Decimal("0.004"))
        await venue.cancel_order(self.waiting(stands))
        ended = await venue.fetch_order(self.waiting(stands))
        assert (ended.status, ended.filled) == ("canceled", Decimal("0.004"))

    @pytest.mark.parametrize("by_theirs", [True, False], ids=["by their id", "by our name"])
    async def test_cancelled_it_never_fires(
        self, venue: Adapter, control: VenueControl, by_theirs: bool
    ) -> None:
        placed = await venue.place_order(self.stop())
        name = self.waiting(placed if by_theirs else None)
        await venue.cancel_order(name)
        control.price("55000")
        ended = await venue.fetch_order(name)
        assert (ended.status, ended.filled or 0) == ("canceled", 0)
        with pytest.raises((NotFound, RequestRefused)):
            await venue.cancel_order(name)

    async def test_cancelled_by_hand(self, venue: Adapter, control: VenueControl) -> None:
        placed = await venue.place_order(self.stop())
        control.cancel("fwstop")
        assert (await venue.fetch_order(self.waiting(placed))).status == "canceled"

    async def test_changed_by_hand_it_waits_for_another_price(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        placed = await venue.place_order(self.stop())
        control.amend("fwstop", trigger_price="55000", quantity="0.02")
        control.price("60000")
        changed = await venue.fetch_order(self.waiting(placed))
        assert (changed.status, changed.quantity) == ("new", Decimal("0.02"))
        control.price("55000")
        assert (await venue.fetch_order(self.waiting(placed))).filled == Decimal("0.02")

    async def test_the_same_name_twice(self, venue: Adapter) -> None:
        await venue.place_order(self.stop())
        with pytest.raises(DuplicateClientOrderId):
            await venue.place_order(self.stop())

    @pytest.mark.parametrize(
        "changes",
        [
            {"trigger_price": Decimal("66000")},
            {"type": "take_profit", "trigger_price": Decimal("60000")},
            {"quantity": Decimal("100000")},
        ],
        ids=["already below", "already above", "too large"],
    )
    async def test_what_cannot_wait_is_refused_in_words(
        self, venue: Adapter, changes: dict[str, Any]
    ) -> None:
        with pytest.raises(RequestRefused) as refused:
            await venue.place_order(self.stop(**changes))
        assert len(str(refused.value)) > 10
        with pytest.raises(NotFound):
            await venue.fetch_order(self.waiting())

    async def test_a_trailing_stop_follows_and_fires(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        changes = {"trigger_price": None, "trailing_percent": Decimal("1.5")}
        request = self.stop(type="trailing_stop", **changes)
        if not self.has_trailing:
            with pytest.raises(RequestRefused, match="trailing"):
                await venue.place_order(request)
            return
        placed = await venue.place_order(request)
        assert (placed.status, placed.type) == ("new", "trailing_stop")
        for price in ("66000", "65100"):
            control.price(price)
        assert (await venue.fetch_order(self.waiting(placed))).status == "new"
        control.price("65010")
        assert (await venue.fetch_order(self.waiting(placed))).filled == Decimal("0.01")

    async def test_it_outlives_a_restart_of_the_venue(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        placed = await venue.place_order(self.stop())
        control.restart()
        await self.answers_again(venue)
        assert (await venue.fetch_order(self.waiting(placed))).status == "new"
        control.price("60000")
        assert (await venue.fetch_order(self.waiting(placed))).status == "filled"
