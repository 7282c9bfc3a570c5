"""The proof of a key: fills, fees and income against the venue's own statement, at six markets."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from bots.models import IncomeEntry, StatementProof
from bots.proof import daily
from bots.proof.prove import prove_key
from exchanges import pool
from exchanges.models import ExchangeKey
from orders import submission
from orders.checks import sweep
from orders.models import Fill
from tests.failures.harness.scene import MARKETS, MarketEndpoints, attach_key
from tests.simulator import SimulatorProcess
from tests.trading import record_order
from users.models import User


@dataclass
class ProvenKey:
    market: MarketEndpoints
    simulator: SimulatorProcess
    key: ExchangeKey

    def prove(self, **more: Any) -> StatementProof:
        return prove_key(self.key, now=timezone.now(), **more)

    def trade(self, side: str, quantity: str, **more: str) -> None:
        terms = {
            "symbol": self.market.symbol,
            "type": "market",
            "price": None,
            "side": side,
            **more,
        }
        order = record_order(
            self.key,
            **terms,
            quantity=Decimal(quantity),
            client_order_id=f"fw{Fill.objects.count()}{side}",
        )
        submission.submit_order(order.pk)
        sweep.run_sweep(force=True)

    def pay(self, kind: str, amount: str) -> None:
        terms = {"kind": kind, "amount": amount, "asset": "USDT", "wallet": self.market.market}
        self.simulator.control.post("income", key=self.key.api_key, **terms)

    def pay_funding(self) -> None:
        self.simulator.control.post("funding", symbol="BTCUSDT-PERP", rate="0.00012345", pay=True)


@pytest.fixture
def proven(
    request: pytest.FixtureRequest,
    transactional_db: None,
    simulator: SimulatorProcess,
    user: User,
) -> Iterator[ProvenKey]:
    market = MARKETS[getattr(request, "param", "okx-futures")]
    try:
        yield ProvenKey(market, simulator, attach_key(simulator, user, market))
    finally:
        pool.close()


@pytest.mark.parametrize("proven", sorted(MARKETS), indirect=True)
def test_what_the_books_say_the_venue_says_too(proven: ProvenKey) -> None:
    first = proven.prove()
    assert (first.is_good, first.since, first.assets) == (True, None, {})
    proven.trade("buy", "0.05")
    proven.pay_funding()
    proven.pay("REBATE", "0.12345678")
    proven.trade("sell", "0.03")
    proven.pay("WITHDRAWAL", "-7")
    second = proven.prove()
    assert (second.is_good, second.since) == (True, first.at), second.assets
    assert Decimal(second.assets["USDT"]["books"]) != 0
    proven.trade("sell", "0.04")  # a contract turns short, spot sells what it had before
    proven.pay_funding()
    third = proven.prove()
    assert (third.is_good, third.since) == (True, second.at), third.assets
    # One that our books have wrong by a digit.
    proven.pay("BONUS", "5")
    proven.trade("buy", "0.01")
    newest = Fill.objects.latest("pk")
    Fill.objects.filter(pk=newest.pk).update(fee=newest.fee + Decimal("0.0000001"))
    wrong = proven.prove()
    assert (wrong.is_good, wrong.failures) == (False, 1)
    assert wrong.differences == {newest.fee_currency: "0.0000001"}
    again = proven.prove()
    assert (again.since, again.failures) == (wrong.since, 2)
    Fill.objects.filter(pk=newest.pk).update(fee=newest.fee)
    assert proven.prove().is_good


@pytest.mark.parametrize(
    "proven", [name for name in sorted(MARKETS) if "futures" in name], indirect=True
)
def test_a_long_and_a_short_position_are_proven_apart(proven: ProvenKey) -> None:
    pool.call(proven.key, lambda venue: venue.set_position_mode(hedged=True))
    proven.prove()
    proven.trade("buy", "0.05", position_side="long")
    proven.trade("sell", "0.03", position_side="short")
    proven.pay_funding()
    assert proven.prove().is_good
    proven.simulator.control.post("price", symbol=proven.market.name, price="64100")
    proven.trade("sell", "0.02", position_side="long")
    proven.trade("buy", "0.03", position_side="short")
    proof = proven.prove()
    assert proof.is_good, proof.assets
    assert set(proof.state["positions"]) == {f"{proven.market.symbol} long"}
    assert IncomeEntry.objects.filter(key=proven.key, kind="funding").count() == 2


def test_an_order_that_nobody_told_us_of(proven: ProvenKey, capsys: Any) -> None:
    proven.prove()
    proven.trade("buy", "0.02")
    order = Fill.objects.get().order
    Fill.objects.all().delete()
    with pytest.raises(SystemExit) as ended:
        call_command("prove", key=proven.key.pk, json=True)
    assert ended.value.code == 1
    answer = json.loads(capsys.readouterr().out)
    differing = {row["asset"] for row in answer["assets"] if row["differs"]}
    assert (answer["good"], differing) == (False, {"USDT", order.symbol})
    with pytest.raises(SystemExit) as ended:
        call_command("prove", key=proven.key.pk, anew=True)
    assert ended.value.code == 0
    assert "Nothing differs." in capsys.readouterr().out


def test_a_venue_that_cannot_be_asked_proves_nothing(proven: ProvenKey, capsys: Any) -> None:
    match = {"key": proven.key.api_key, "path": "/api/v5/account/bills"}
    proven.simulator.control.post("faults", kind="html", match=match)
    with pytest.raises(SystemExit) as ended:
        call_command("prove", key=proven.key.pk)
    assert ended.value.code == 2
    assert not StatementProof.objects.exists()


def test_each_key_is_proven_once_a_day(proven: ProvenKey) -> None:
    now = timezone.now()
    assert daily.prove_due(now=now) == 1
    assert daily.prove_due(now=now) == 0
    assert daily.prove_due(now=now + timedelta(days=1, minutes=1)) == 1
    StatementProof.objects.update(is_good=False)
    assert daily.prove_due(now=now + timedelta(minutes=5)) == 0
    assert daily.prove_due(now=now + timedelta(minutes=11)) == 1


def test_differences_in_a_row_are_one_row(proven: ProvenKey) -> None:
    proven.prove()
    proven.trade("buy", "0.02")
    Fill.objects.all().delete()
    assert [proven.prove().failures for _ in range(3)] == [1, 2, 3]
    assert StatementProof.objects.filter(is_good=False).count() == 1
