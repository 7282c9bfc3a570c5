"""The statement of an account: every change of every balance, by trades and by payments."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from operator import attrgetter

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.ledger import Income
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.symbols import SETTLEMENT_ASSET, is_contract
from exchanges.simulator.orders.orders import Fill

IDS_PER_MS = 100_000
FIRST_PAYMENT = 50_000  # within the ids of a millisecond: fills come before payments
LINES_OF_FILL = 4


@dataclass(frozen=True, kw_only=True)
class StatementLine:
    """A change of one balance. Ids grow with time and never change; the fee is in the change."""

    id: int
    time: int
    asset: str
    change: Decimal
    fee: Decimal = ZERO
    fill: Fill | None = None
    income: Income | None = None
    balance: Decimal = ZERO  # right after it, of all wallets

    @property
    def symbol(self) -> str:
        if self.fill:
            return self.fill.symbol
        return self.income.contract if self.income else ""


def list_statement(engine: Engine, account: Account) -> list[StatementLine]:
    """Return all lines of an account, the oldest first."""
    lines = [
        *_number_fills(engine, engine.records.list_fills(account.key)),
        *_number_payments(engine.ledger.list_income(account.key)),
    ]
    lines.sort(key=attrgetter("id"))
    return _add_balances(account, lines)


def _number_fills(engine: Engine, fills: Iterable[Fill]) -> Iterator[StatementLine]:
    counts: Counter[int] = Counter()  # a late fill has the time of earlier ones
    for fill in fills:
        first = fill.time * IDS_PER_MS + counts[fill.time] * LINES_OF_FILL
        counts[fill.time] += 1
        for part, line in enumerate(_split_fill(engine, fill)):
            yield replace(line, id=first + part)


def _split_fill(engine: Engine, fill: Fill) -> Iterator[StatementLine]:
    """Yield a line for each balance that the fill moved; its fee is in the line of that coin."""
    changes = {SETTLEMENT_ASSET: fill.realised}
    if not is_contract(fill.symbol):
        symbol, sign = engine.markets[fill.symbol].symbol, 1 if fill.side == "BUY" else -1
        changes = {symbol.base: sign * fill.quantity, symbol.quote: -sign * fill.quote}
    for asset in {**changes, fill.commission_asset: ZERO}:
        fee = fill.commission if asset == fill.commission_asset else ZERO
        change = changes.get(asset, ZERO) - fee
        yield StatementLine(id=0, time=fill.time, asset=asset, change=change, fee=fee, fill=fill)


def _number_payments(payments: Iterable[Income]) -> Iterator[StatementLine]:
    counts: Counter[int] = Counter()
    for income in payments:
        number, time = counts[income.time], income.time
        counts[time] += 1
        yield StatementLine(
            id=time * IDS_PER_MS + FIRST_PAYMENT + number,
            time=time,
            asset=income.asset,
            change=income.amount,
            income=income,
        )


def _add_balances(account: Account, lines: list[StatementLine]) -> list[StatementLine]:
    """Compute the balance after each line, from the present one backwards."""
    after = {asset: row.free + row.locked for asset, row in account.balances.items()}
    after[SETTLEMENT_ASSET] = after.get(SETTLEMENT_ASSET, ZERO) + account.wallet
    complete = []
    for line in reversed(lines):
        complete.append(replace(line, balance=after.get(line.asset, ZERO)))
        after[line.asset] = after.get(line.asset, ZERO) - line.change
    return complete[::-1]
