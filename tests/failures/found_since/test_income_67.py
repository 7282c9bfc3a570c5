"""FAILURES 67: income told twice, late, out of order or during an outage is booked once."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

import pytest
from django.utils import timezone

from bots.income import fetch
from bots.income.record import record_income
from bots.models import IncomeCursor, IncomeEntry
from exchanges import pool
from exchanges.base import StatementRow
from exchanges.keys import actions
from exchanges.models import ExchangeKey
from orders import submission
from tests.failures.harness.scene import MARKETS, MarketEndpoints, attach_key
from tests.simulator import SimulatorProcess
from tests.trading import record_order
from users.models import User

STATEMENTS: Final = {
    "binance-spot": "/sapi/v1/capital/deposit/hisrec",
    "binance-futures": "/fapi/v1/income",
    **dict.fromkeys(("okx-spot", "okx-futures"), "/api/v5/account/bills"),
    **dict.fromkeys(("bybit-spot", "bybit-futures"), "/v5/account/transaction-log"),
}
MOVED: Final = ("deposit", "withdrawal", "transfer")


@dataclass
class Account:
    name: str
    market: MarketEndpoints
    simulator: SimulatorProcess
    key: ExchangeKey

    def pay(self, kind: str, amount: str, **more: object) -> None:
        wallet = self.market.market
        self.simulator.control.post(
            "income",
            **{"key": self.key.api_key, "kind": kind, "amount": amount},
            **{"asset": "USDT", "wallet": wallet, **more},
        )

    def read(self) -> int:
        """Read what is due once INCOME_SECONDS have passed."""
        return fetch.read_due(now=timezone.now() + timedelta(hours=1))

    def earned(self) -> list[str]:
        """Return the amounts without what its owner moved, the oldest first."""
        entries = IncomeEntry.objects.filter(key=self.key).exclude(kind__in=MOVED)
        return [f"{entry.amount.normalize():f}" for entry in entries.order_by("at", "id")]

    def break_statement(self, kind: str, **more: object) -> None:
        match = {"key": self.key.api_key, "path": STATEMENTS[self.name]}
        self.simulator.control.post("faults", kind=kind, match=match, **more)


@pytest.fixture
def account(
    request: pytest.FixtureRequest,
    quick: None,
    transactional_db: None,
    simulator: SimulatorProcess,
    user: User,
) -> Iterator[Account]:
    name = getattr(request, "param", "binance-futures")
    try:
        yield Account(name, MARKETS[name], simulator, attach_key(simulator, user, MARKETS[name]))
    finally:
        pool.close()


everywhere = pytest.mark.parametrize("account", sorted(MARKETS), indirect=True)


@everywhere
def test_67_income_is_booked_once(account: Account) -> None:
    account.pay("REBATE", "0.12345678")
    assert account.read() == 1
    assert fetch.read_due(now=timezone.now()) == 0  # it is not due yet
    assert account.read() == 1  # told again: the readings overlap
    assert account.earned() == ["0.12345678"]
    # Of the same second, and one that appears half an hour late.
    account.pay("INTEREST", "-0.5")
    account.pay("INTEREST", "-0.5")
    account.pay("FEE_REFUND", "2", late_ms=1_800_000)
    account.read()
    account.read()
    assert account.earned() == ["2", "0.12345678", "-0.5", "-0.5"]
    # An outage: what was paid meanwhile is read when it is over.
    account.break_statement("html")
    account.pay("BONUS", "7")
    assert account.read() == 0
    read_at = IncomeCursor.objects.get(key=account.key).read_at
    account.simulator.control.delete("faults")
    account.pay("WITHDRAWAL", "-3")
    account.read()
    assert account.earned() == ["2", "0.12345678", "-0.5", "-0.5", "7"]
    assert IncomeCursor.objects.get(key=account.key).read_at > read_at
    moved = IncomeEntry.objects.filter(key=account.key, kind__in=MOVED, amount__lt=0)
    assert [entry.amount for entry in moved] == [Decimal(-3)]


@pytest.mark.parametrize(
    "account", sorted(name for name in MARKETS if "futures" in name), indirect=True
)
def test_67_funding_of_a_position_is_booked_once(account: Account) -> None:
    order = record_order(
        account.key,
        **{"symbol": account.market.symbol, "type": "market", "price": None},
        quantity=Decimal("0.02"),
    )
    submission.submit_order(order.pk)
    for _ in range(2):
        account.simulator.control.post(
            "funding", symbol=account.market.name, rate="0.0005", pay=True
        )
        account.read()
        account.read()
    entries = IncomeEntry.objects.filter(key=account.key, kind="funding")
    price = Decimal(account.simulator.control.get("state")["prices"][account.market.name])
    expected = -(Decimal("0.02") * price * Decimal("0.0005"))
    assert [entry.amount for entry in entries] == [expected, expected]
    assert {(entry.symbol, entry.asset) for entry in entries} == {(account.market.symbol, "USDT")}


@pytest.mark.parametrize("account", ["okx-spot", "bybit-spot"], indirect=True)
def test_67_two_keys_of_one_wallet_book_it_once(account: Account) -> None:
    first = account.key
    other = actions.attach(
        user=first.user,
        label="the other market",
        venue=first.venue,
        market="futures",
        api_key=first.api_key,
        secret="unused",
        passphrase="unused" if first.venue == "okx" else "",
        is_paper=True,
    )
    ExchangeKey.objects.filter(pk=other.pk).update(
        sealed_secret=first.sealed_secret, sealed_passphrase=first.sealed_passphrase
    )
    other.refresh_from_db()
    account.pay("BONUS", "7")
    assert fetch.read_keys([first, other]) == 2
    assert IncomeEntry.objects.filter(kind="other").count() == 1


@pytest.mark.django_db
def test_67_the_order_of_rows_changes_nothing(user: User) -> None:
    key = ExchangeKey.objects.create(
        user=user, label="plain", venue="okx", market="futures", api_key="x", sealed_secret=b"x"
    )
    now = timezone.now()
    rows = [
        StatementRow(
            id=f"{number}",
            kind="funding",
            asset="USDT",
            amount=Decimal(number),
            at=now - timedelta(minutes=number),
        )
        for number in range(1, 9)
    ]
    shuffled = random.Random(7)  # noqa: S311 (not for secrets)
    for size in (3, 8, 5, 8):
        told = shuffled.sample(rows, size)
        record_income(key, [*told, told[0]], read_at=now)
    amounts = IncomeEntry.objects.order_by("amount").values_list("amount", flat=True)
    assert list(amounts) == [Decimal(number) for number in range(1, 9)]


@pytest.mark.django_db
def test_67_a_row_that_cannot_be_read_is_read_again(user: User) -> None:
    key = ExchangeKey.objects.create(
        user=user, label="plain", venue="okx", market="futures", api_key="x", sealed_secret=b"x"
    )
    now = timezone.now()
    record_income(key, [], read_at=now)
    record_income(key, [], read_at=None)
    assert IncomeCursor.objects.get(key=key).read_at == now
