"""How much of a portfolio moves with prices: now, stored, and in the API."""

from decimal import Decimal
from typing import Any

import pytest

from bots.models import PortfolioValue
from bots.portfolio import snapshots, wallets
from tests.bots.portfolio.holdings import create_key, create_position, store_prices
from tests.orders.reports import NOON
from users.models import User

pytestmark = pytest.mark.django_db


def read_exposure(user: User, currency: str = "USDT") -> Decimal | None:
    portfolio = wallets.value_portfolio(user.pk, simulated=False, currency=currency, now=NOON)
    return portfolio.exposure


def test_coins_count_and_money_does_not(user: User) -> None:
    store_prices()
    create_key(user, USDT="1000", EUR="50", BTC="0.5", ETH="2")
    assert read_exposure(user) == 30_000
    assert read_exposure(user, "BTC") == Decimal("0.6")


@pytest.mark.parametrize(
    ("position", "size"),
    [
        ({"quantity": 2, "mark_price": 50_000}, 100_000),
        ({"quantity": -2, "mark_price": 50_000}, 100_000),
        ({"quantity": 2, "entry_price": 40_000}, 80_000),
        ({"quantity": 2}, None),
        ({"symbol": "BTC/USDC:USDC", "quantity": 1, "mark_price": 50_000}, None),
    ],
)
def test_a_contract_counts_with_its_size(
    user: User, position: dict[str, Any], size: int | None
) -> None:
    """A short can lose as much as a long. Without a price of it, nothing is claimed."""
    store_prices()
    key = create_key(user, market="futures", USDT="500")
    create_position(key, "0", **position)
    assert read_exposure(user) == size


def test_an_inverse_contract_is_as_large_as_its_quantity(user: User) -> None:
    store_prices(USD_USDT="1")
    create_position(create_key(user, BTC="1"), "0", symbol="BTC/USD:BTC", quantity=-300)
    assert read_exposure(user) == 50_300


def test_it_is_stored_with_the_value(user: User) -> None:
    store_prices()
    create_key(user, USDT="1000", BTC="0.5")
    snapshots.record_values(now=NOON)
    assert PortfolioValue.objects.get().exposure == 25_000
    (point,) = wallets.read_history(user.pk, simulated=False, currency="EUR", now=NOON)
    assert (point.value, point.exposure) == (Decimal(20_800), Decimal(20_000))


def test_values_of_before_have_none(user: User) -> None:
    PortfolioValue.objects.create(user=user, is_paper=False, at=NOON, value=5)
    (point,) = wallets.read_history(user.pk, simulated=False, currency="USDT", now=NOON)
    assert point.exposure is None
