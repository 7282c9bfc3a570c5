"""Payments in the engine: funding, once for each of its times, and the account's statement."""

from decimal import Decimal
from pathlib import Path

from exchanges.simulator.accounts.ledger import FUNDING_INTERVAL
from exchanges.simulator.engine import payments
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.matching import place_order
from exchanges.simulator.engine.statement import list_statement
from exchanges.simulator.engine.storage import Store
from tests.exchanges.simulator.traders import NOW, build_order, open_engine

BTC = "BTCUSDT-PERP"
BOUNDARY = NOW - NOW % FUNDING_INTERVAL


def hold_positions() -> Engine:
    """Let anna be long and ben short by one BTC."""
    engine = open_engine("anna", "ben")
    for account in engine.accounts.values():
        payments.pay_account(engine, account, "DEPOSIT", "futures", "USDT", Decimal(100_000), NOW)
    for name, side in (("anna", "BUY"), ("ben", "SELL")):
        place_order(engine, build_order(name, side, "1", "64000", symbol=BTC), NOW)  # type: ignore[arg-type]
    return engine


def test_what_longs_pay_shorts_receive() -> None:
    engine = hold_positions()
    incomes = payments.pay_funding(engine, BTC, Decimal("0.0001"), NOW)
    assert {income.account: income.amount for income in incomes} == {
        "anna": Decimal("-6.4"),
        "ben": Decimal("6.4"),
    }
    incomes = payments.pay_funding(engine, BTC, Decimal("-0.0001"), NOW)
    assert {income.account: income.amount for income in incomes} == {
        "anna": Decimal("6.4"),
        "ben": Decimal("-6.4"),
    }


def test_funding_is_paid_once_at_each_of_its_times() -> None:
    engine = hold_positions()
    paid = []
    for now in (NOW, BOUNDARY + FUNDING_INTERVAL + 5, BOUNDARY + FUNDING_INTERVAL + 9):
        payments.pay_due_funding(engine, now)
        paid.append([row.time for row in engine.ledger.list_income("anna") if row.contract])
    once = [BOUNDARY + FUNDING_INTERVAL]
    assert paid == [[], once, once]


def test_the_statement_adds_up_to_the_balances_and_its_ids_stay(tmp_path: Path) -> None:
    engine = hold_positions()
    payments.pay_funding(engine, BTC, Decimal("0.0003"), NOW)
    anna = engine.accounts["anna"]
    place_order(engine, build_order("ben", "SELL", "0.5", "64001"), NOW)
    place_order(engine, build_order("anna", "BUY", "0.5", "64001"), NOW)
    before = list_statement(engine, anna)
    payments.pay_account(engine, anna, "REBATE", "spot", "BNB", Decimal("0.5"), NOW)
    lines = list_statement(engine, anna)
    assert {line.id for line in before} < {line.id for line in lines}
    assert len({line.id for line in lines}) == len(lines)
    changes = sum((line.change for line in lines if line.asset == "USDT"), Decimal(0))
    held = anna.balances["USDT"].free + anna.balances["USDT"].locked + anna.wallet
    assert changes == held - 1_000_000  # which she had from the start
    store = Store(tmp_path / "venue.sqlite3")
    store.save(engine, engine.take_changes())
    again = Engine()
    store.load(again)
    assert list_statement(again, again.accounts["anna"]) == lines
