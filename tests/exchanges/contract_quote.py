"""What every spot adapter does with a market order that is sized by what it spends or brings."""

from decimal import Decimal

import pytest

from exchanges.base import Adapter
from tests.exchanges.contract import AdapterTest

LOT = Decimal("5")  # what the smallest step of a coin costs, and more


class QuoteContract(AdapterTest):
    @pytest.mark.parametrize("side", ["buy", "sell"])
    async def test_an_order_for_a_sum_of_money_trades_for_that_sum(
        self, venue: Adapter, side: str
    ) -> None:
        sum_of_money = Decimal("640.25")
        request = self.request(
            "fwsum",
            type="market",
            side=side,
            price=None,
            quantity=Decimal(0),
            quote_amount=sum_of_money,
        )
        placed = await venue.place_order(request)
        assert placed.quantity is None
        report = await venue.fetch_order(self.name("fwsum", placed.exchange_order_id))
        fills = await venue.fetch_fills(self.name("fwsum", placed.exchange_order_id))
        assert (report.status, report.side, report.quantity) == ("filled", side, None)
        assert report.filled == sum(fill.quantity for fill in fills)
        assert report.cost == sum(fill.quantity * fill.price for fill in fills)
        assert sum_of_money - LOT < report.cost <= sum_of_money
