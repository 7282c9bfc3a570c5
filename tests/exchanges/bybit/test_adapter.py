"""Bybit keeps the contract, spot and linear: unmodified ccxt against the simulated venue."""

import asyncio
import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from exchanges.base import (
    Adapter,
    KeyInvalid,
    NotFound,
    RateLimitError,
    RequestNotSent,
    RequestRefused,
    UnknownOutcome,
)
from exchanges.bybit import adapter as bybit_adapter
from tests.exchanges.contract import AdapterTest, VenueContract, VenueControl
from tests.exchanges.contract_amend import AmendContract
from tests.exchanges.contract_by_hand import ByHandContract
from tests.exchanges.contract_conditional import ConditionalContract
from tests.exchanges.contract_quote import QuoteContract
from tests.exchanges.contract_streams import StreamContract


class AtBybitSpot(AdapterTest):
    connect = staticmethod(bybit_adapter.make_spot_client)
    adapter = bybit_adapter.BybitSpot
    order_path = "/v5/order/*"


class AtBybitLinear(AdapterTest):
    connect = staticmethod(bybit_adapter.make_linear_client)
    adapter = bybit_adapter.BybitLinear
    order_path = "/v5/order/*"
    symbol = "BTC/USDT:USDT"
    balances: dict[str, str] = {}
    account = {"futures": {"USDT": "100000"}}
    at_the_desk = "BTCUSDT-PERP"


class BybitContract(VenueContract):
    """What is different at Bybit, whatever the category."""

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
        assert re.fullmatch(r"\w.* .*\(\d{5,6}\)", str(refused.value))
        with pytest.raises(NotFound):
            await venue.fetch_order(self.name("fwrefused"))

    async def test_post_only_that_would_take_is_accepted_and_then_rejected(
        self, venue: Adapter
    ) -> None:
        request = self.request("fwpost", time_in_force="PO", price=self.high)
        placed = await venue.place_order(request)
        assert (placed.status, placed.filled) == ("new", None)
        ended = await venue.fetch_order(self.name("fwpost"))
        assert (ended.status, ended.filled) == ("rejected", Decimal(0))
        assert ended.raw_status == "Cancelled EC_PostOnlyWillTakeLiquidity"

    async def test_a_ban_says_until_when(self, venue: Adapter, control: VenueControl) -> None:
        control.fault("ban", "GET")
        with pytest.raises(RateLimitError) as throttled:
            await venue.fetch_order(self.name("fwany"))
        assert throttled.value.until > timezone.now() + timedelta(minutes=9)

    async def test_who_asks_too_often_is_told_when_to_come_back(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        control.simulator.control.post("limits", windows_slowness=60)
        asked = [venue.fetch_order(self.name("fwany")) for _ in range(60)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        told = [answer for answer in answers if isinstance(answer, RateLimitError)]
        assert len(told) == 10  # 50 are let through in what is a second there
        assert all(one.until < timezone.now() + timedelta(seconds=60) for one in told)

    @pytest.mark.parametrize(
        ("permissions", "said"),
        [
            ({"trading": False}, (True, False, False, False)),
            ({"withdrawals": True}, (True, True, True, False)),
            ({"ip_restricted": True}, (True, True, False, True)),
        ],
    )
    async def test_what_a_key_may_is_read_from_its_lists(
        self, venue: Adapter, control: VenueControl, permissions: Any, said: tuple[bool, ...]
    ) -> None:
        control.simulator.control.patch("accounts", key=control.key, permissions=permissions)
        may = await venue.fetch_permissions()
        assert (may.can_read, may.can_trade, may.can_withdraw, may.ip_restricted) == said

    async def test_a_classic_account_is_refused(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        old = {"readOnly": 0, "uta": 0, "ips": ["*"], "permissions": {"Spot": ["SpotTrade"]}}
        body = json.dumps({"retCode": 0, "retMsg": "OK", "result": old, "retExtInfo": {}})
        match = {"path": "/v5/user/query-api", "key": control.key}
        control.simulator.control.post("faults", kind="status", status=200, body=body, match=match)
        with pytest.raises(KeyInvalid, match="unified"):
            await venue.fetch_permissions()

    async def test_every_page_of_open_orders_is_read(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        for first in range(0, 120, 20):
            await self.place_many(venue, [f"fwpage{number}" for number in range(first, first + 20)])
        control.simulator.control.delete("counters")
        for symbol in (self.symbol, None):
            listed = await venue.fetch_open_orders(symbol)
            names = {order.client_order_id for order in listed}
            assert (len(listed), names) == (120, {f"fwpage{number}" for number in range(120)})
        endpoints = control.simulator.control.get("state")["endpoints"]
        assert endpoints["GET /v5/order/realtime"] == 6

    async def place_many(self, venue: Any, names: list[str]) -> None:
        usual = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "price": "50000"}
        wishes = [usual | {"qty": "0.001", "orderLinkId": name} for name in names]
        await venue.client.private_post_v5_order_create_batch(
            {"category": venue.category, "request": wishes}
        )


class TestSpot(AtBybitSpot, BybitContract):
    """Place, cancel, ask; every answer and every refusal."""


class TestLinear(AtBybitLinear, BybitContract):
    fee_currency = "USDT"
    promised = Decimal("25")  # the margin, at a leverage of 20

    @pytest.mark.parametrize("margin_mode", ["isolated", "cross"])
    async def test_leverage_and_margin_mode_are_set_and_asking_again_is_no_error(
        self, venue: Adapter, margin_mode: str
    ) -> None:
        for _ in range(2):
            await venue.set_leverage(self.symbol, leverage=7, margin_mode=margin_mode)
        await venue.place_order(self.request("fwlever", type="market", price=None))
        (position,) = await venue.fetch_positions()
        assert (position.leverage, position.margin_mode) == (Decimal(7), margin_mode)
        assert (position.symbol, position.quantity) == (self.symbol, Decimal("0.01"))
        assert position.entry_price
        assert position.mark_price == Decimal("64000")

    async def test_too_much_leverage_is_refused_in_words(self, venue: Adapter) -> None:
        with pytest.raises(RequestRefused, match="maxLeverage"):
            await venue.set_leverage(self.symbol, leverage=500, margin_mode="cross")

    async def test_the_account_does_not_change_its_margin_mode_while_it_is_in_use(
        self, venue: Adapter
    ) -> None:
        await venue.place_order(self.request("fwbusy"))
        with pytest.raises(RequestRefused, match="margin mode"):
            await venue.set_leverage(self.symbol, leverage=7, margin_mode="isolated")

    async def test_reducing_nothing_is_refused(self, venue: Adapter) -> None:
        with pytest.raises(RequestRefused, match="reduce-only"):
            await venue.place_order(self.request("fwreduce", reduce_only=True))


class TestSpotAmend(AtBybitSpot, AmendContract):
    pass


class TestSpotByHand(AtBybitSpot, ByHandContract):
    """Orders that someone else touched."""


class TestLinearAmend(AtBybitLinear, AmendContract):
    pass


class TestLinearByHand(AtBybitLinear, ByHandContract):
    """The same of contracts."""


class Waiting(ConditionalContract):
    has_trailing = False

    async def test_accepted_but_not_to_be_found_is_an_unknown_outcome(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        control.fault("order_missing", "GET")
        with pytest.raises(UnknownOutcome):
            await venue.place_order(self.stop())
        assert (await venue.fetch_order(self.waiting())).status == "new"


class TestSpotConditional(AtBybitSpot, Waiting):
    """Orders that wait for a price, in the list of all others."""

    async def test_while_the_price_is_not_known_nothing_is_sent(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        match = {"path": "/v5/market/tickers"}
        control.simulator.control.post("faults", kind="hang", match=match, times=1)
        with pytest.raises(RequestNotSent, match="the price is not known"):
            await venue.place_order(self.stop())
        with pytest.raises(NotFound):
            await venue.fetch_order(self.waiting())


class TestLinearConditional(AtBybitLinear, Waiting):
    """The same of contracts."""


class TestSpotQuote(AtBybitSpot, QuoteContract):
    """Market orders that are sized by what they spend."""


class TestSpotStream(AtBybitSpot, StreamContract):
    """Its own stream."""


class TestLinearStream(AtBybitLinear, StreamContract):
    """The same of contracts."""
