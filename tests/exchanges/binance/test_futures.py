"""Binance USD-M keeps the contract: unmodified ccxt against the simulated venue."""

import asyncio
from decimal import Decimal

import pytest
from pytest_django.fixtures import Settings

from exchanges.base import Adapter, KeyInvalid, NotFound, RequestRefused, UnknownOutcome
from exchanges.binance import futures
from tests.exchanges.contract import AdapterTest, VenueContract, VenueControl
from tests.exchanges.contract_amend import AmendContract
from tests.exchanges.contract_by_hand import ByHandContract
from tests.exchanges.contract_conditional import ConditionalContract
from tests.exchanges.contract_streams import StreamContract
from tests.exchanges.stream_listener import listen_to


class AtBinanceUsdm(AdapterTest):
    connect = staticmethod(futures.make_client)
    adapter = futures.BinanceUsdm
    order_path = "/fapi/v1/order"
    symbol = "BTC/USDT:USDT"
    at_the_desk = "BTCUSDT-PERP"
    balances: dict[str, str] = {}
    account = {"futures": {"USDT": "100000"}, "permissions": {"futures": True}}


class TestOrders(AtBinanceUsdm, VenueContract):
    """Each of these: place, cancel, ask; every answer and every refusal."""

    fee_currency = "USDT"
    promised = Decimal("25")  # the margin, at a leverage of 20

    async def test_a_key_without_the_right_to_futures_cannot_trade(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        control.simulator.control.patch("accounts", key=control.key, permissions={"futures": False})
        assert (await venue.fetch_permissions()).can_trade is False
        with pytest.raises(KeyInvalid):
            await venue.place_order(self.request("fwright"))

    async def test_the_steps_are_those_of_the_contract(self, venue: Adapter) -> None:
        (rules,) = [one for one in await venue.fetch_rules() if one.symbol == self.symbol]
        assert (rules.price_step, rules.quantity_step) == (Decimal("0.1"), Decimal("0.001"))
        assert (rules.min_quantity, rules.min_cost) == (Decimal("0.001"), Decimal(5))

    async def test_what_is_not_traded_here_is_refused(self, venue: Adapter) -> None:
        with pytest.raises(RequestRefused, match="does not trade DOGE/USDT"):
            await venue.place_order(self.request("fwdoge", symbol="DOGE/USDT:USDT"))

    async def test_spot_orders_of_the_key_are_not_seen(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        """The real venue counts order ids per symbol; so does ours, whatever the market."""
        placed = await venue.place_order(self.request("fwmine"))
        assert placed.exchange_order_id == "1000001"
        assert [one.symbol for one in await venue.fetch_open_orders(None)] == [self.symbol]

    async def test_the_parts_of_an_order_of_long_ago_are_found(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        api, day = control.simulator.control, 86_400_000
        placed = await venue.place_order(self.request("fwlong"))
        name = self.name("fwlong", placed.exchange_order_id)
        for days in (1, 9, 17):
            api.post("clock", skew_ms=days * day)
            control.fill("fwlong", "0.002")
        assert len(await venue.fetch_fills(name)) == 1  # the last week is all it tells by itself
        api.post("clock", skew_ms=30 * day)
        fills = await venue.fetch_fills(name)
        assert [fill.quantity for fill in fills] == [Decimal("0.002")] * 3
        assert len({fill.trade_id for fill in fills}) == 3

    async def test_an_order_without_parts_has_none(self, venue: Adapter) -> None:
        placed = await venue.place_order(self.request("fwnone"))
        assert list(await venue.fetch_fills(self.name("fwnone", placed.exchange_order_id))) == []


class TestByHand(AtBinanceUsdm, ByHandContract):
    """Orders that someone else touched."""


class TestAmend(AtBinanceUsdm, AmendContract):
    pass


class TestConditional(AtBinanceUsdm, ConditionalContract):
    """Orders that wait for a price, in a book of their own until it comes."""

    async def test_it_waits_under_a_mark_of_its_own(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        placed = await venue.place_order(self.stop())
        assert placed.exchange_order_id == "algo:9000001"
        assert list(await venue.fetch_open_orders(self.symbol)) == []
        assert list(await venue.fetch_fills(self.waiting(placed))) == []
        control.price("60000")
        done = await venue.fetch_order(self.waiting(placed))
        assert done.exchange_order_id == "1000001"

    async def test_what_has_fired_and_stands_is_cancelled_under_either_name(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        placed = await venue.place_order(self.stop(price=self.high))
        control.price("60000")
        ended = await venue.cancel_order(self.waiting(placed))
        assert (ended.status, ended.exchange_order_id) == ("canceled", "1000001")

    async def test_accepted_without_an_answer_it_is_found_by_our_name(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        match = {"path": "/fapi/v1/algoOrder", "method": "POST"}
        control.simulator.control.post("faults", kind="hang_after_accept", match=match, times=1)
        with pytest.raises(UnknownOutcome):
            await venue.place_order(self.stop())
        assert (await venue.fetch_order(self.waiting())).exchange_order_id == "algo:9000001"

    async def test_accepted_but_not_to_be_found_is_not_known(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        """A stop that is not there protects nobody, so it is looked for at once."""
        for path in ("/fapi/v1/algoOrder", "/fapi/v1/allAlgoOrders"):
            self.forgets(control, path)
        with pytest.raises(UnknownOutcome, match="does not find it"):
            await venue.place_order(self.stop())
        control.simulator.control.delete("faults")
        assert (await venue.fetch_order(self.waiting())).status == "new"

    @pytest.mark.parametrize("fires", [True, False], ids=["fired", "cancelled"])
    async def test_what_its_own_book_forgets_is_found_in_the_history(
        self, venue: Adapter, control: VenueControl, fires: bool
    ) -> None:
        placed = await venue.place_order(self.stop())
        if fires:
            control.price("60000")
        else:
            control.cancel("fwstop")
        self.forgets(control, "/fapi/v1/algoOrder")
        ended = await venue.fetch_order(self.waiting(placed))
        assert (ended.status, ended.filled) == (
            ("filled", Decimal("0.01")) if fires else ("canceled", Decimal(0))
        )

    async def test_what_the_history_forgets_too_is_found_by_our_name(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        placed = await venue.place_order(self.stop())
        for path in ("/fapi/v1/algoOrder", "/fapi/v1/allAlgoOrders"):
            self.forgets(control, path)
        with pytest.raises(NotFound):
            await venue.fetch_order(self.waiting(placed))
        control.price("60000")
        ended = await venue.fetch_order(self.waiting(placed))
        assert (ended.status, ended.exchange_order_id) == ("filled", "1000001")

    def forgets(self, control: VenueControl, path: str) -> None:
        refusal = {"code": -2013, "msg": "Order does not exist."}
        match = {"path": path, "method": "GET"}
        fault = {"kind": "status", "status": 400, "body": refusal, "match": match}
        control.simulator.control.post("faults", **fault)

    async def test_without_a_position_to_reduce_it_fires_and_is_rejected(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        placed = await venue.place_order(self.stop(reduce_only=True))
        control.price("60000")
        ended = await venue.fetch_order(self.waiting(placed))
        assert (ended.status, ended.filled) == ("rejected", Decimal(0))
        assert ended.exchange_order_id == placed.exchange_order_id


class TestStream(AtBinanceUsdm, StreamContract):
    """Its own stream."""

    async def test_a_wrong_secret_ends_it(
        self, venue: Adapter, control: VenueControl, settings: Settings
    ) -> None:
        """Here nothing is signed to be let in: only the API key itself is looked at."""
        async with self.another(control, settings, api_key="guessed" * 5) as stranger:
            with pytest.raises(KeyInvalid):
                async with asyncio.timeout(20):
                    await stranger.follow_stream(lambda heard: None, connected=lambda: None)

    async def test_the_accounts_spot_orders_are_not_told(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        api = control.simulator.control
        async with listen_to(venue) as listener:
            api.post("deposit", key=control.key, asset="USDT", amount="1000")
            api.post("deposit", key=control.key, asset="USDT", amount="1", wallet="futures")
            await listener.until(lambda: listener.heard)
        assert len(listener.heard) == 1
        assert listener.heard[0].needs_holdings


class TestPositions(AtBinanceUsdm):
    """What is held, how far it is levered, and what may only make it smaller."""

    market = {"type": "market", "price": None}

    async def test_a_position_is_reported_until_it_is_closed(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        assert await venue.fetch_positions() == []
        placed = await venue.place_order(self.request("fwopen", side="sell", **self.market))
        control.price("63000")
        (held,) = await venue.fetch_positions()
        assert (held.symbol, held.quantity, held.side) == (self.symbol, Decimal("-0.01"), "net")
        assert (held.leverage, held.margin_mode) == (Decimal(20), "cross")
        assert placed.cost
        assert held.entry_price == placed.cost * 100
        assert held.mark_price == Decimal(63000)
        assert held.unrealised == placed.cost - Decimal(630)
        assert held.liquidation_price
        assert held.liquidation_price > Decimal(1_000_000)
        await venue.place_order(self.request("fwclose", **self.market))
        assert await venue.fetch_positions() == []

    async def test_leverage_and_margin_mode_can_be_set_again(self, venue: Adapter) -> None:
        for _ in range(2):
            await venue.set_leverage(self.symbol, leverage=7, margin_mode="isolated")
        await venue.place_order(self.request("fwlever", **self.market))
        (held,) = await venue.fetch_positions()
        assert (held.leverage, held.margin_mode) == (Decimal(7), "isolated")
        assert held.liquidation_price
        assert Decimal(54000) < held.liquidation_price < Decimal(56000)
        await venue.set_leverage(self.symbol, leverage=9, margin_mode="isolated")
        with pytest.raises(RequestRefused, match="if there exists position"):
            await venue.set_leverage(self.symbol, leverage=9, margin_mode="cross")

    async def test_a_leverage_that_the_contract_does_not_have_is_refused(
        self, venue: Adapter
    ) -> None:
        with pytest.raises(RequestRefused, match="Leverage 126 is not valid"):
            await venue.set_leverage(self.symbol, leverage=126, margin_mode="cross")

    async def test_reduce_only_reduces_and_never_opens(self, venue: Adapter) -> None:
        with pytest.raises(RequestRefused, match="ReduceOnly"):
            await venue.place_order(self.request("fwnothing", reduce_only=True))
        await venue.place_order(self.request("fwopen", **self.market))
        only = {"side": "sell", "reduce_only": True, "quantity": Decimal("0.03")}
        order = await venue.place_order(self.request("fwonly", **self.market | only))
        assert (order.status, order.filled) == ("expired", Decimal("0.01"))
        assert await venue.fetch_positions() == []

    async def test_an_order_that_nothing_is_left_to_reduce_for_expires(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        await venue.place_order(self.request("fwopen", **self.market))
        only = {"side": "sell", "reduce_only": True, "price": self.high}
        await venue.place_order(self.request("fwonly", **only))
        await venue.place_order(self.request("fwclose", side="sell", **self.market))
        ended = await venue.fetch_order(self.name("fwonly"))
        assert (ended.status, ended.filled) == ("expired", Decimal(0))

    async def test_margin_is_free_or_held(self, venue: Adapter, control: VenueControl) -> None:
        (before,) = await venue.fetch_balances()
        assert (before.free, before.held) == (Decimal(100_000), Decimal(0))
        placed = await venue.place_order(self.request("fwopen", **self.market))
        (fill,) = await venue.fetch_fills(self.name("fwopen", placed.exchange_order_id))
        control.price("66000")
        (after,) = await venue.fetch_balances()
        assert fill.fee
        assert placed.cost
        assert after.held == Decimal(660) / 20
        assert after.free == 100_000 - fill.fee - placed.cost + 660 - after.held

    async def test_positions_and_settings_outlive_a_restart_of_the_venue(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        await venue.set_leverage(self.symbol, leverage=7, margin_mode="isolated")
        await venue.place_order(self.request("fwopen", **self.market))
        before, balances = await venue.fetch_positions(), await venue.fetch_balances()
        assert [held.leverage for held in before] == [Decimal(7)]
        control.restart()
        await self.answers_again(venue)
        assert (await venue.fetch_positions(), await venue.fetch_balances()) == (before, balances)

    async def test_a_position_is_told_as_it_changes(self, venue: Adapter) -> None:
        async with listen_to(venue) as listener:
            await venue.place_order(self.request("fwopen", **self.market))
            await venue.place_order(self.request("fwclose", side="sell", **self.market))
            told = await listener.until(
                lambda: (
                    [heard for heard in listener.heard if heard.positions][1:] and listener.heard
                )
            )
            quantities = [one.quantity for heard in told for one in heard.positions]
            assert quantities == [Decimal("0.01"), Decimal(0)]
            first = next(heard for heard in told if heard.positions)
            assert first.needs_holdings
            assert first.positions[0].entry_price == Decimal("64000.1")
            assert (first.positions[0].leverage, first.positions[0].mark_price) == (None, None)

    async def test_another_leverage_is_told(self, venue: Adapter) -> None:
        async with listen_to(venue) as listener:
            await venue.set_leverage(self.symbol, leverage=7, margin_mode="cross")
            await listener.until(lambda: listener.heard)
            assert listener.heard[0].needs_holdings
