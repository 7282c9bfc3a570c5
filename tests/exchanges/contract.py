"""What every adapter does, whatever the venue: subclass, give it a `venue` and a `control`.

contract_conditional.py, contract_streams.py and contract_by_hand.py go on. AtTheDesk says what a
subclass names; each test has a simulator as new, by the fixtures of tests/exchanges.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from exchanges.base import (
    Adapter,
    DuplicateClientOrderId,
    KeyInvalid,
    NotFound,
    OrderName,
    OrderRequest,
    RateLimitError,
    RequestNotSent,
    RequestRefused,
    UnknownOutcome,
    VenueDown,
    VenueError,
)
from exchanges.through_ccxt import sessions
from tests.simulator import SimulatorProcess


@dataclass(frozen=True)
class VenueControl:
    """Controls the simulated venue as its operator does."""

    simulator: SimulatorProcess
    key: str
    venue_symbol: str
    order_path: str

    def price(self, price: str, **more: object) -> None:
        self.simulator.control.post("price", symbol=self.venue_symbol, price=price, **more)

    def fill(self, client_order_id: str, quantity: str) -> None:
        self.simulator.control.post("fill", clientOrderId=client_order_id, quantity=quantity)

    def cancel(self, client_order_id: str) -> None:
        self.simulator.control.post("cancel", clientOrderId=client_order_id)

    def amend(self, client_order_id: str, **changes: str) -> None:
        """As its owner does on the venue's web page: price, quantity, trigger_price."""
        self.simulator.control.post("amend", clientOrderId=client_order_id, **changes)

    def late_fill(self, client_order_id: str, quantity: str) -> None:
        """A trade from before the order's end that nobody has heard of until now."""
        named = {"clientOrderId": client_order_id, "quantity": quantity}
        self.simulator.control.post("fill", **named, late=True)

    def drop_sockets(self) -> None:
        match = {"key": self.key}
        self.simulator.control.post("faults", kind="drop_sockets", match=match, times=1)

    def restart(self) -> None:
        """The venue dies and comes back, as it was but on other ports."""
        self.simulator.kill()
        self.simulator.start()

    def fault(self, kind: str, method: str = "POST", **more: Any) -> None:
        match = {"path": self.order_path, "method": method, "key": self.key}
        self.simulator.control.post("faults", kind=kind, match=match, **({"times": 1} | more))


async def end_transports() -> None:
    """End connections that the venue closed first: aiohttp forgets them before they have ended.

    Collected as garbage later, they would fail another test with a warning.
    """
    loop: Any = asyncio.get_running_loop()
    for transport in list(loop._transports.values()):
        transport.abort()
    await asyncio.sleep(0)  # in this round of the loop they close their sockets
    await asyncio.sleep(0)


class AdapterTest:
    """A venue's adapter on one side, its operator on the other. A subclass names what differs."""

    connect: Any  # of the adapter's module; wrap in staticmethod
    adapter: Any
    order_path: str  # of the requests that place orders, for faults
    balances: dict[str, str] = {"USDT": "100000", "BTC": "2"}
    account: dict[str, Any] = {}  # what else the simulated account is opened with
    symbol = "BTC/USDT"
    at_the_desk = "BTCUSDT"  # the same in the simulator's core
    low, high = Decimal("50000"), Decimal("80000")  # far below and above the price

    @pytest.fixture
    def control(self, new_venue: SimulatorProcess) -> VenueControl:
        account = new_venue.open_account(self.balances, **self.account)
        self.credentials = {
            "api_key": account["key"],
            "secret": account["secret"],
            "passphrase": account.get("passphrase", ""),
        }
        return VenueControl(new_venue, account["key"], self.at_the_desk, self.order_path)

    @pytest.fixture
    async def venue(self, control: VenueControl, settings: Settings) -> AsyncIterator[Adapter]:
        async with self.another(control, settings) as venue:
            yield venue

    @asynccontextmanager
    async def another(
        self, control: VenueControl, settings: Settings, **credentials: str
    ) -> AsyncIterator[Adapter]:
        """An adapter of the same key, or of other credentials."""
        settings.SIMULATOR_ENDPOINT = str(control.simulator.home / "endpoint.json")
        way = sessions.open_simulator_session()
        client = self.connect(way, **self.credentials | credentials, timeout_ms=1000)
        venue: Adapter = self.adapter(client, clock=timezone.now)
        yield venue
        with suppress(VenueError):  # one more round of the loop, which sees the sockets end
            await venue.fetch_balances()
        await way.close()
        await end_transports()

    async def answers_again(self, venue: Adapter) -> None:
        """After a restart: who asks may first notice that the open connections have died."""
        for _ in range(3):
            with suppress(VenueDown):
                await venue.fetch_balances()
                return
        raise AssertionError("the venue does not answer")

    def request(self, name: str, **changes: Any) -> OrderRequest:
        wanted: dict[str, Any] = {
            "symbol": self.symbol,
            "side": "buy",
            "type": "limit",
            "time_in_force": "GTC",
            "quantity": Decimal("0.01"),
            "price": self.low,
            "client_order_id": name,
        }
        return OrderRequest(**(wanted | changes))

    def name(self, client_order_id: str, exchange_order_id: str | None = None) -> OrderName:
        return OrderName(
            symbol=self.symbol,
            client_order_id=client_order_id,
            exchange_order_id=exchange_order_id,
        )


class VenueContract(AdapterTest):
    fee_currency = "BTC"  # of what is bought
    promised = Decimal("500")  # what an order of 0.01 at 50,000 holds

    async def test_a_resting_order_is_new_and_found_in_every_way(self, venue: Adapter) -> None:
        placed = await venue.place_order(self.request("fwrest"))
        assert (placed.status, placed.filled) in [("new", Decimal(0)), ("new", None)]
        by_ours = await venue.fetch_order(self.name("fwrest"))
        by_theirs = await venue.fetch_order(self.name("fwrest", placed.exchange_order_id))
        assert by_ours == by_theirs
        assert (by_ours.status, by_ours.quantity, by_ours.price) == (
            "new",
            Decimal("0.01"),
            self.low,
        )
        assert (by_ours.symbol, by_ours.side, by_ours.client_order_id) == (
            self.symbol,
            "buy",
            "fwrest",
        )
        for listed in (
            await venue.fetch_open_orders(self.symbol),
            await venue.fetch_open_orders(None),
        ):
            assert [order.client_order_id for order in listed] == ["fwrest"]

    async def test_the_fills_of_a_market_order_add_up_exactly(self, venue: Adapter) -> None:
        request = self.request("fwmarket", type="market", price=None, quantity=Decimal("0.7"))
        placed = await venue.place_order(request)
        order = await venue.fetch_order(self.name("fwmarket", placed.exchange_order_id))
        fills = await venue.fetch_fills(self.name("fwmarket", placed.exchange_order_id))
        assert order.status == "filled"
        assert len(fills) > 1
        assert len({fill.trade_id for fill in fills}) == len(fills)
        assert sum(fill.quantity for fill in fills) == order.filled == Decimal("0.7")
        assert sum(fill.quantity * fill.price for fill in fills) == order.cost
        assert all(fill.fee and fill.fee_currency == self.fee_currency for fill in fills)
        assert {fill.exchange_order_id for fill in fills} == {placed.exchange_order_id}

    async def test_the_reply_to_placing_tells_the_same_parts_as_the_list(
        self, venue: Adapter
    ) -> None:
        request = self.request("fwsame", type="market", price=None, quantity=Decimal("0.7"))
        placed = await venue.place_order(request)
        listed = await venue.fetch_fills(self.name("fwsame", placed.exchange_order_id))
        if placed.fills:
            assert sorted(placed.fills, key=lambda fill: fill.trade_id) == list(listed)

    async def test_partly_filled_then_cancelled_keeps_what_was_filled(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        placed = await venue.place_order(self.request("fwpart"))
        control.fill("fwpart", "0.004")
        partly = await venue.fetch_order(self.name("fwpart", placed.exchange_order_id))
        assert (partly.status, partly.filled) == ("partially_filled", Decimal("0.004"))
        await venue.cancel_order(self.name("fwpart", placed.exchange_order_id))
        ended = await venue.fetch_order(self.name("fwpart", placed.exchange_order_id))
        assert (ended.status, ended.filled) == ("canceled", Decimal("0.004"))
        fills = await venue.fetch_fills(self.name("fwpart", placed.exchange_order_id))
        assert [fill.quantity for fill in fills] == [Decimal("0.004")]
        assert fills[0].is_maker is True

    async def test_a_fill_is_found_by_asking(self, venue: Adapter, control: VenueControl) -> None:
        placed = await venue.place_order(self.request("fwasked"))
        name = self.name("fwasked", placed.exchange_order_id)
        assert list(await venue.fetch_fills(name)) == []
        control.fill("fwasked", "0.01")
        (fill,) = await venue.fetch_fills(name)
        assert (fill.symbol, fill.side, fill.is_maker) == (self.symbol, "buy", True)
        assert (fill.quantity, fill.price) == (Decimal("0.01"), self.low)
        order = await venue.fetch_order(name)
        assert (order.status, order.filled) == ("filled", Decimal("0.01"))
        assert list(await venue.fetch_open_orders(self.symbol)) == []

    async def test_cancelling_by_our_own_name(self, venue: Adapter) -> None:
        await venue.place_order(self.request("fwours"))
        await venue.cancel_order(self.name("fwours"))
        assert (await venue.fetch_order(self.name("fwours"))).status == "canceled"

    async def test_what_does_not_exist_is_confirmed_absent(self, venue: Adapter) -> None:
        with pytest.raises(NotFound):
            await venue.fetch_order(self.name("fwnever"))
        with pytest.raises((NotFound, RequestRefused)):
            await venue.cancel_order(self.name("fwnever"))

    async def test_cancelling_what_was_filled_changes_nothing(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        placed = await venue.place_order(self.request("fwlate"))
        control.fill("fwlate", "0.01")
        with pytest.raises((NotFound, RequestRefused)):
            await venue.cancel_order(self.name("fwlate", placed.exchange_order_id))
        order = await venue.fetch_order(self.name("fwlate", placed.exchange_order_id))
        assert (order.status, order.filled) == ("filled", Decimal("0.01"))

    async def test_the_same_name_twice_is_told_apart_from_a_refusal(self, venue: Adapter) -> None:
        await venue.place_order(self.request("fwtwice"))
        with pytest.raises(DuplicateClientOrderId):
            await venue.place_order(self.request("fwtwice"))

    @pytest.mark.parametrize(
        "changes",
        [
            {"quantity": Decimal("1000")},
            {"quantity": Decimal("0.00001"), "price": Decimal("50000")},
            {"time_in_force": "PO", "price": Decimal("80000")},
        ],
        ids=["no balance", "too small", "post-only that would take"],
    )
    async def test_refusals_carry_the_venues_words(
        self, venue: Adapter, changes: dict[str, Any]
    ) -> None:
        with pytest.raises(RequestRefused) as refused:
            await venue.place_order(self.request("fwrefused", **changes))
        assert len(str(refused.value)) > 10
        with pytest.raises(NotFound):
            await venue.fetch_order(self.name("fwrefused"))

    async def test_immediate_or_cancel_without_a_taker_ends_unfilled(self, venue: Adapter) -> None:
        await venue.place_order(self.request("fwioc", time_in_force="IOC"))
        order = await venue.fetch_order(self.name("fwioc"))
        assert (order.status in ("expired", "canceled"), order.filled) == (True, Decimal(0))

    async def test_fill_or_kill_is_all_or_nothing(self, venue: Adapter) -> None:
        huge = {"quantity": Decimal("0.9"), "price": Decimal("64100"), "time_in_force": "FOK"}
        order = await venue.place_order(self.request("fwfok", **huge))
        order = await venue.fetch_order(self.name("fwfok", order.exchange_order_id))
        assert order.filled in (Decimal(0), Decimal("0.9"))

    async def test_balances_hold_what_is_promised(self, venue: Adapter) -> None:
        before = {balance.currency: balance for balance in await venue.fetch_balances()}
        await venue.place_order(self.request("fwhold"))
        after = {balance.currency: balance for balance in await venue.fetch_balances()}
        assert after["USDT"].held - before["USDT"].held == self.promised
        assert before["USDT"].free - after["USDT"].free == self.promised

    async def test_rules_name_the_steps(self, venue: Adapter) -> None:
        rules = {rule.symbol: rule for rule in await venue.fetch_rules()}[self.symbol]
        assert (rules.base, rules.quote) == ("BTC", "USDT")
        assert rules.price_step > 0 < rules.quantity_step

    async def test_a_key_says_what_it_may(self, venue: Adapter) -> None:
        may = await venue.fetch_permissions()
        assert (may.can_read, may.can_trade, may.can_withdraw) == (True, True, False)

    async def test_accepted_but_no_answer_is_an_unknown_outcome(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        control.fault("hang_after_accept")
        with pytest.raises(UnknownOutcome):
            await venue.place_order(self.request("fwhang"))
        assert (await venue.fetch_order(self.name("fwhang"))).status == "new"

    @pytest.mark.parametrize("kind", ["truncate", "html"])
    async def test_an_answer_without_sense_is_an_unknown_outcome(
        self, venue: Adapter, control: VenueControl, kind: str
    ) -> None:
        control.fault(kind)
        with pytest.raises(UnknownOutcome):
            await venue.place_order(self.request("fwsense"))

    async def test_a_server_error_is_an_unknown_outcome(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        control.fault("status", status=503, code=-1000, message="Unknown error, please check.")
        with pytest.raises(UnknownOutcome):
            await venue.place_order(self.request("fwerror"))

    async def test_could_not_ask_is_neither_found_nor_absent(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        control.fault("status", "GET", status=500, code=-1000, message="An unknown error occurred.")
        with pytest.raises(VenueDown) as down:
            await venue.fetch_order(self.name("fwany"))
        assert not isinstance(down.value, RequestNotSent)

    async def test_a_ban_says_until_when(self, venue: Adapter, control: VenueControl) -> None:
        control.fault("status", "GET", status=429, code=-1003, message="Too much.", retry_after=30)
        with pytest.raises(RateLimitError) as throttled:
            await venue.fetch_order(self.name("fwany"))
        assert throttled.value.until is not None

    async def test_a_refused_connection_was_never_sent(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        await venue.fetch_rules()
        control.simulator.kill()
        with pytest.raises(VenueDown):  # notices that the open connections have died
            await venue.fetch_balances()
        with pytest.raises(RequestNotSent):
            await venue.place_order(self.request("fwgone"))

    async def test_a_revoked_key_is_invalid(self, venue: Adapter, control: VenueControl) -> None:
        control.simulator.control.post("revoke", key=control.key)
        with pytest.raises(KeyInvalid):
            await venue.fetch_balances()

    async def test_a_wrong_clock_is_mended(self, venue: Adapter, control: VenueControl) -> None:
        control.simulator.control.post("clock", skew_ms=-60_000)
        assert await venue.fetch_balances()

    async def test_no_error_shows_a_secret(self, venue: Adapter, control: VenueControl) -> None:
        for kind in ("truncate", "html", "hang_after_accept"):
            control.fault(kind)
            with pytest.raises(VenueError) as error:
                await venue.place_order(self.request(f"fw{kind[:4]}"))
            text = f"{error.value!r} {error.value.__cause__!r}"
            assert "signature" not in text
            assert control.key not in text
