"""The ledger of what moves an account's money without a trade: funding, interest, transfers."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from exchanges.simulator.decimals import ZERO

IncomeKind = Literal[
    "FUNDING", "INTEREST", "REBATE", "FEE_REFUND", "BONUS", "TRANSFER", "DEPOSIT", "WITHDRAWAL"
]
INCOME_KINDS: tuple[IncomeKind, ...] = (
    *("FUNDING", "INTEREST", "REBATE", "FEE_REFUND", "BONUS"),
    *("TRANSFER", "DEPOSIT", "WITHDRAWAL"),
)
DEFAULT_FUNDING_RATE = Decimal("0.0001")
FUNDING_INTERVAL = 8 * 3_600_000


@dataclass(frozen=True, kw_only=True)
class Income:
    """One payment; below zero the account paid it."""

    id: int
    account: str
    kind: IncomeKind
    wallet: Literal["spot", "futures"]
    asset: str
    amount: Decimal
    time: int
    # Of funding: the contract, its position and mark price then, and the rate.
    contract: str = ""
    quantity: Decimal = ZERO
    price: Decimal = ZERO
    rate: Decimal = ZERO


class Ledger:
    """All payments, and the funding rate of each contract."""

    def __init__(self) -> None:
        self.next_id = 1
        self.funded_at = 0
        self.rates: dict[str, Decimal] = defaultdict(lambda: DEFAULT_FUNDING_RATE)
        self.payments: list[tuple[str, int, Decimal]] = []  # contract, time, rate
        self._by_account: dict[str, list[Income]] = defaultdict(list)

    def add_income(self, income: Income) -> None:
        self._by_account[income.account].append(income)
        self.next_id = max(self.next_id, income.id + 1)

    def list_income(self, account: str) -> list[Income]:
        return self._by_account[account]


def next_funding_time(now: int) -> int:
    return now - now % FUNDING_INTERVAL + FUNDING_INTERVAL
