"""OKX keeps the contract, spot and swap: unmodified ccxt against the simulated venue."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from exchanges.base import Adapter, NotFound, RateLimitError, RequestRefused
from exchanges.okx import adapter as okx_adapter
from exchanges.okx import endpoints
from tests.exchanges.contract import AdapterTest, VenueContract, VenueControl
from tests.exchanges.contract_amend import AmendContract
from tests.exchanges.contract_by_hand import ByHandContract
from tests.exchanges.contract_conditional import ConditionalContract
from tests.exchanges.contract_quote import QuoteContract
from tests.exchanges.contract_streams import StreamContract


class AtOkxSpot(AdapterTest):
    connect = staticmethod(endpoints.make_spot_client)
    adapter = okx_adapter.OkxSpot
    order_path = "/api/v5/trade/*"


class AtOkxSwap(AdapterTest):
    connect = staticmethod(endpoints.make_swap_client)
    adapter = okx_adapter.OkxSwap
    order_path = "/api/v5/trade/*"
    balances: dict[str, str] = {}
    account = {"futures": {"USDT": "100000"}}
    symbol = "BTC/USDT:USDT"
    at_the_desk = "BTCUSDT-PERP"


class OrdersAtOkx(VenueContract):
    """What is different at OKX, whatever is traded."""

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
        assert re.fullmatch(r"\w.* .*\(51\d{3}\)", str(refused.value))
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
        assert (
            ended.raw_status == "canceled The post-only order will take liquidity in taker orders"
        )

    async def test_a_ban_says_until_when(self, venue: Adapter, control: VenueControl) -> None:
        control.fault("ban", "GET")
        with pytest.raises(RateLimitError) as throttled:
            await venue.fetch_order(self.name("fwany"))
        assert not throttled.value.everyone
        assert throttled.value.until < timezone.now() + timedelta(seconds=4)


class TestSpot(AtOkxSpot, OrdersAtOkx):
    """Each of these: place, cancel, ask; every answer and every refusal."""


class TestSpotByHand(AtOkxSpot, ByHandContract):
    """Orders that someone else touched."""


class TestSpotAmend(AtOkxSpot, AmendContract):
    pass


class TestSpotConditional(AtOkxSpot, ConditionalContract):
    """Orders that wait for a price."""


class TestSpotQuote(AtOkxSpot, QuoteContract):
    """Market orders that are sized by what they spend."""


class TestSpotStream(AtOkxSpot, StreamContract):
    """Its own streams."""


class TestSwap(AtOkxSwap, OrdersAtOkx):
    """The same of contracts, which OKX counts by their number."""

    fee_currency = "USDT"
    promised = Decimal("25")  # the margin, at a leverage of 20


class TestSwapByHand(AtOkxSwap, ByHandContract):
    """Orders that someone else touched."""


class TestSwapAmend(AtOkxSwap, AmendContract):
    pass


class TestSwapConditional(AtOkxSwap, ConditionalContract):
    """Orders that wait for a price."""


class TestSwapStream(AtOkxSwap, StreamContract):
    """Its own streams."""
