"""The statement of every adapter: what moved the money, and funding as a line of its own."""

import asyncio
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from exchanges.base import Adapter, StatementRow
from tests.exchanges.binance.test_futures import AtBinanceUsdm
from tests.exchanges.binance.test_spot import AtBinanceSpot
from tests.exchanges.bybit.test_adapter import AtBybitLinear, AtBybitSpot
from tests.exchanges.contract import AdapterTest, VenueControl
from tests.exchanges.okx.test_adapter import AtOkxSpot, AtOkxSwap


async def read_rows(venue: Adapter) -> list[StatementRow]:
    since = timezone.now().replace(hour=0, minute=0) - timedelta(days=8)
    return sorted(await venue.fetch_statement(since), key=lambda row: row.at)


class StatementContract(AdapterTest):
    wallet = "spot"

    def pay(self, control: VenueControl, kind: str, amount: str) -> None:
        terms = {"kind": kind, "amount": amount, "asset": "USDT", "wallet": self.wallet}
        control.simulator.control.post("income", key=control.key, **terms)

    async def test_each_payment_is_a_line(self, venue: Adapter, control: VenueControl) -> None:
        self.pay(control, "REBATE", "0.12345678")
        self.pay(control, "TRANSFER", "50")
        self.pay(control, "TRANSFER", "-20.5")
        rows = await read_rows(venue)
        assert len({row.id for row in rows}) == len(rows)
        moved = [row.amount for row in rows if row.kind == "transfer"][-2:]
        assert moved == [Decimal(50), Decimal("-20.5")]
        earned = [row for row in rows if row.amount == Decimal("0.12345678")]
        assert [row.kind not in ("deposit", "transfer", "trade") for row in earned] == [True]
        assert {row.asset for row in earned} == {"USDT"}
        assert await read_rows(venue) == rows


class WholeStatement(StatementContract):
    """A statement that has trades and fees too."""

    async def test_the_statement_explains_the_balance(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        await venue.place_order(
            self.request("fwstatement", type="market", price=None, quantity=Decimal("0.02"))
        )
        self.pay(control, "INTEREST", "-0.00000001")
        rows, held = await asyncio.gather(read_rows(venue), venue.fetch_balances())
        sums = {report.currency: Decimal(0) for report in held}
        for row in rows:
            sums[row.asset] = sums.get(row.asset, Decimal(0)) + row.amount
        totals = {
            report.currency: report.free + report.held if report.cash is None else report.cash
            for report in held
        }
        assert sums == totals


class FundingContract(WholeStatement):
    wallet = "futures"

    async def test_funding_is_a_line_of_its_own(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        for side, rate in (("sell", "0.0005"), ("buy", "-0.0001")):
            order = self.request(
                f"fw{side}", side=side, type="market", price=None, quantity=Decimal("0.02")
            )
            await venue.place_order(order)
            control.simulator.control.post("funding", symbol=self.at_the_desk, rate=rate, pay=True)
        rows = [row for row in await read_rows(venue) if row.kind == "funding"]
        assert [(row.symbol, row.asset, row.is_own) for row in rows] == [
            (self.symbol, "USDT", True)
        ]
        assert rows[0].amount > 0  # who is short receives; afterwards nothing was held


class TestBinanceSpot(AtBinanceSpot, StatementContract):
    """Deposits, withdrawals, transfers and dividends: there is no statement of trades."""


class TestBinanceUsdm(AtBinanceUsdm, FundingContract):
    """Binance USD-M's income history."""


class TestOkxSpot(AtOkxSpot, WholeStatement):
    """OKX's bills, of which the lines of coins are a spot key's."""


class TestOkxSwap(AtOkxSwap, FundingContract):
    """OKX's bills, of which the lines of swaps are a futures key's."""


class TestBybitSpot(AtBybitSpot, WholeStatement):
    """Bybit's transaction log, of which the spot lines are a spot key's."""


class TestBybitLinear(AtBybitLinear, FundingContract):
    """Bybit's transaction log, of which the linear lines are a futures key's."""
