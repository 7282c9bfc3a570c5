"""Control of payments: funding, and what else moves an account's money without a trade."""

from dataclasses import asdict

from exchanges.simulator.accounts.ledger import INCOME_KINDS, Income
from exchanges.simulator.control.accounts import find_account, read_account_key
from exchanges.simulator.control.body import BadRequest, Body, Json, NotFound
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.engine.statement import list_statement
from exchanges.simulator.markets.symbols import SETTLEMENT_ASSET
from exchanges.simulator.simulation import Simulation


def set_funding(simulation: Simulation, body: Body) -> Json:
    """Set a contract's funding rate, of all contracts without a symbol; `pay` pays it at once."""
    engine = simulation.venue.engine
    name, rate = body.get_text("symbol", ""), body.get_signed_decimal("rate")
    if name and name not in engine.contracts:
        raise NotFound(f"no contract {name!r} here; there are {', '.join(engine.contracts)}")
    incomes: list[Income] = []
    for contract in [name] if name else list(engine.contracts):
        if rate is not None:
            engine.ledger.rates[contract] = rate
        if body.get_flag("pay", False):
            incomes += simulation.venue.pay_funding(contract)
    rates = {contract: str(engine.ledger.rates[contract]) for contract in engine.contracts}
    return {"rates": rates, "paid": [income_row(income) for income in incomes]}


def add_income(simulation: Simulation, body: Body) -> Json:
    """Pay an amount into a wallet, or out of it if it is below zero; `late_ms` dates it back."""
    account, kind = find_account(simulation, body.get_text("key")), body.get_text("kind")
    wallet, asset = body.get_text("wallet", "spot"), body.get_text("asset")
    amount = body.get_signed_decimal("amount")
    if kind not in INCOME_KINDS or not amount:
        raise BadRequest(f"amount must not be zero, kind one of {', '.join(INCOME_KINDS)}")
    if wallet == "futures":
        if asset != SETTLEMENT_ASSET:
            raise BadRequest(f"contracts are paid in {SETTLEMENT_ASSET}, nothing else")
    elif account.get_free(asset) + amount < ZERO:
        raise BadRequest(f"the account has not enough {asset}")
    income = simulation.venue.pay_account(
        account,
        kind,
        "futures" if wallet == "futures" else "spot",
        asset,
        amount,
        late_ms=body.get_int("late_ms") or 0,
    )
    return {"income": income_row(income)}


def list_income(simulation: Simulation, query: Body) -> Json:
    """List the payments of an account."""
    account = read_account_key(simulation, query)
    incomes = simulation.venue.engine.ledger.list_income(account or "")
    return {"income": [income_row(income) for income in incomes]}


def show_statement(simulation: Simulation, query: Body) -> Json:
    """List every change of an account's balances, by trades and by payments."""
    account = find_account(simulation, query.get_text("account"))
    lines = list_statement(simulation.venue.engine, account)
    names = ("id", "time", "asset", "change", "fee", "symbol", "balance")
    return {"lines": [{name: str(getattr(line, name)) for name in names} for line in lines]}


def income_row(income: Income) -> Json:
    row = asdict(income)
    amounts = ("amount", "quantity", "price", "rate")
    return row | {name: str(row[name]) for name in amounts}
