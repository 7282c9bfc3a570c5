"""OKX's swaps: leverage, the kind of margin, orders that only reduce; keys with fewer rights."""

from decimal import Decimal
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from exchanges.base import (
    Adapter,
    KeyInvalid,
    NotFound,
    RateLimitError,
    RequestNotSent,
    RequestRefused,
)
from tests.exchanges.contract import VenueControl
from tests.exchanges.okx.test_adapter import AtOkxSpot, AtOkxSwap

CLOSE: dict[str, Any] = {"type": "market", "price": None, "side": "sell", "reduce_only": True}
OPEN: dict[str, Any] = {"type": "market", "price": None}


class TestSwap(AtOkxSwap):
    async def test_a_position_says_how_it_stands(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        await venue.set_leverage(self.symbol, leverage=5, margin_mode="isolated")
        placed = await venue.place_order(self.request("fwopen", **OPEN))
        (fill,) = await venue.fetch_fills(self.name("fwopen", placed.exchange_order_id))
        (held,) = await venue.fetch_positions()
        assert (held.symbol, held.quantity, held.side) == (self.symbol, Decimal("0.01"), "net")
        assert (held.leverage, held.margin_mode) == (Decimal(5), "isolated")
        assert held.entry_price == fill.price
        assert held.liquidation_price
        assert 0 < held.liquidation_price < held.entry_price
        control.price("65000")
        (held,) = await venue.fetch_positions()
        assert held.mark_price == Decimal("65000")
        assert held.unrealised == (Decimal("65000") - fill.price) * Decimal("0.01")

    async def test_a_short_position_is_negative(self, venue: Adapter) -> None:
        await venue.place_order(self.request("fwshort", **OPEN | {"side": "sell"}))
        (held,) = await venue.fetch_positions()
        assert held.quantity == Decimal("-0.01")

    async def test_an_order_that_only_reduces_opens_nothing(self, venue: Adapter) -> None:
        with pytest.raises(RequestRefused, match="51169"):
            await venue.place_order(self.request("fwreduce", **CLOSE))
        await venue.place_order(self.request("fwopen", **OPEN))
        await venue.place_order(self.request("fwclose", **CLOSE))
        assert list(await venue.fetch_positions()) == []

    async def test_another_worker_keeps_to_the_margin_that_a_position_stands_on(
        self, venue: Adapter, control: VenueControl, settings: Settings
    ) -> None:
        await venue.set_leverage(self.symbol, leverage=5, margin_mode="isolated")
        await venue.place_order(self.request("fwopen", **OPEN))
        async with self.another(control, settings) as other:
            await other.place_order(self.request("fwmore", **OPEN))
        (held,) = await venue.fetch_positions()
        assert (held.quantity, held.margin_mode) == (Decimal("0.02"), "isolated")

    async def test_the_same_leverage_again_is_no_trouble(self, venue: Adapter) -> None:
        for _ in range(2):
            await venue.set_leverage(self.symbol, leverage=5, margin_mode="cross")

    async def test_more_leverage_than_there_is(self, venue: Adapter) -> None:
        with pytest.raises(RequestRefused, match=r"Leverage exceeds.*\(59102\)"):
            await venue.set_leverage(self.symbol, leverage=500, margin_mode="cross")

    async def test_margin_that_is_not_there(self, venue: Adapter) -> None:
        with pytest.raises(RequestRefused, match=r"margin.*\(51008\)"):
            await venue.place_order(self.request("fwlarge", quantity=Decimal("100")))

    async def test_a_stop_that_only_reduces(self, venue: Adapter, control: VenueControl) -> None:
        await venue.place_order(self.request("fwopen", **OPEN))
        stop = CLOSE | {"type": "stop_loss", "trigger_price": Decimal("60000")}
        placed = await venue.place_order(self.request("fwstop", **stop))
        assert placed.quantity == Decimal("0.01")
        control.price("60000")
        assert list(await venue.fetch_positions()) == []


class TestSpot(AtOkxSpot):
    async def test_spot_has_no_leverage_and_no_positions(self, venue: Adapter) -> None:
        with pytest.raises(RequestRefused, match="leverage"):
            await venue.set_leverage(self.symbol, leverage=5, margin_mode="cross")
        assert list(await venue.fetch_positions()) == []

    @pytest.mark.parametrize("level", [1, 2, 3, 4])
    async def test_coins_are_bought_as_the_mode_of_the_account_wants_it(
        self, venue: Adapter, control: VenueControl, level: int
    ) -> None:
        control.simulator.control.patch("accounts", key=control.key, level=level)
        placed = await venue.place_order(self.request("fwmode", **OPEN))
        found = await venue.fetch_order(self.name("fwmode", placed.exchange_order_id))
        assert (found.status, found.filled) == ("filled", Decimal("0.01"))
        assert found.raw["tdMode"] == ("cash" if level < 3 else "cross")

    async def test_while_the_mode_is_not_known_nothing_is_sent(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        match = {"path": "/api/v5/account/config"}
        for kind, error in (("hang", RequestNotSent), ("ban", RateLimitError)):
            control.simulator.control.post("faults", kind=kind, match=match, times=1)
            with pytest.raises(error):
                await venue.place_order(self.request("fwmode", **OPEN))
        with pytest.raises(NotFound):
            await venue.fetch_order(self.name("fwmode"))

    async def test_a_symbol_that_is_not_traded_there(self, venue: Adapter) -> None:
        with pytest.raises(RequestRefused, match="does not trade"):
            await venue.place_order(self.request("fwno", symbol="NO/USDT"))

    async def test_a_key_that_may_only_read(self, venue: Adapter, control: VenueControl) -> None:
        rights = {"trading": False, "withdrawals": True, "ip_restricted": True}
        control.simulator.control.patch("accounts", key=control.key, permissions=rights)
        may = await venue.fetch_permissions()
        assert (may.can_read, may.can_trade, may.can_withdraw) == (True, False, True)
        assert may.ip_restricted is True
        assert await venue.fetch_balances()
        with pytest.raises(KeyInvalid, match="permission"):
            await venue.place_order(self.request("fwno"))

    async def test_a_wrong_passphrase(self, control: VenueControl, settings: Settings) -> None:
        async with self.another(control, settings, passphrase="guessed") as stranger:
            with pytest.raises(KeyInvalid, match="PASSPHRASE"):
                await stranger.fetch_balances()

    async def test_each_key_has_a_pace_of_its_own(self, venue: Any) -> None:
        assert venue.client.throttler.config["algorithm"] == "rollingWindow"
        assert venue.client.throttler.config["windowSize"] == 2000
