"""Payments without a trade: they move the money of an account and are entered in its ledger."""

from decimal import Decimal
from operator import attrgetter
from typing import Literal

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.ledger import FUNDING_INTERVAL, Income, IncomeKind
from exchanges.simulator.accounts.positions import Position, PositionEvent
from exchanges.simulator.decimals import ZERO, floor_to_8
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.symbols import SETTLEMENT_ASSET
from exchanges.simulator.orders.orders import BalanceEvent

WalletName = Literal["spot", "futures"]


def pay_account(
    engine: Engine,
    account: Account,
    kind: IncomeKind,
    wallet: WalletName,
    asset: str,
    amount: Decimal,
    now: int,
) -> Income:
    """Add an amount to a wallet, or take it out if it is below zero."""
    income = Income(
        id=engine.ledger.next_id,
        account=account.key,
        kind=kind,
        wallet=wallet,
        asset=asset,
        amount=amount,
        time=now,
    )
    _record_payment(engine, account, income)
    return income


def pay_funding(engine: Engine, contract: str, rate: Decimal, now: int) -> list[Income]:
    """Have all positions of a contract pay or receive funding; longs pay a rate above zero."""
    incomes, mark = [], engine.markets[contract].price
    engine.ledger.payments.append((contract, now, rate))
    for account in engine.accounts.values():
        positions = [p for p in account.positions.values() if p.contract == contract]
        for position in filter(attrgetter("quantity"), positions):
            incomes.append(_build_funding(engine, account, position, mark, rate, now))
            _record_payment(engine, account, incomes[-1])
    return incomes


def pay_due_funding(engine: Engine, now: int) -> None:
    """Pay funding if a time for it has passed since the last payment; once, however long ago."""
    due = now - now % FUNDING_INTERVAL
    if engine.ledger.funded_at and due > engine.ledger.funded_at:
        for contract in engine.contracts:
            pay_funding(engine, contract, engine.ledger.rates[contract], due)
    engine.ledger.funded_at = max(engine.ledger.funded_at, due)


def _build_funding(
    engine: Engine, account: Account, position: Position, mark: Decimal, rate: Decimal, now: int
) -> Income:
    return Income(
        id=engine.ledger.next_id,
        account=account.key,
        kind="FUNDING",
        wallet="futures",
        asset=SETTLEMENT_ASSET,
        amount=-floor_to_8(position.quantity * mark * rate),
        time=now,
        contract=position.contract,
        quantity=position.quantity,
        price=mark,
        rate=rate,
    )


def _record_payment(engine: Engine, account: Account, income: Income) -> None:
    """Move the money, and record it together with the event that tells of it."""
    event: BalanceEvent | PositionEvent
    if income.wallet == "futures":
        account.wallet += income.amount
        event = PositionEvent(
            account.key, income.kind, None, account.wallet, income.amount, income.time
        )
        engine.changes.positions.append(event)
    else:
        if income.amount < ZERO:
            account.debit(income.asset, -income.amount)
        else:
            account.credit(income.asset, income.amount)
        event = BalanceEvent(account.key, income.asset, income.amount, income.time)
        engine.changes.events.append(event)
    account.updated = income.time
    engine.ledger.add_income(income)
    engine.changes.accounts[account.key] = account
    engine.changes.income.append(income)
