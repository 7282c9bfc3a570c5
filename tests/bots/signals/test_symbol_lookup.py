"""Symbol lookup: one answer for each name, and only from the user's own markets."""

from itertools import count

import pytest
from django.utils import timezone

from bots.signals import symbol_lookup
from exchanges.models import ExchangeKey, Symbol
from users.models import User

NUMBER = count()


def store_symbols(venue: str, market: str, *names: str) -> None:
    """Store a venue's symbols, such as BTC/USDT and BTC/USDT:USDT."""
    for name in names:
        base, _, quote = name.partition(":")[0].partition("/")
        Symbol.objects.create(
            venue=venue, market=market, is_paper=True, name=name, base=base, quote=quote,
            price_step="0.01", quantity_step="0.001", min_quantity=0, min_cost=0,
            read_at=timezone.now(),
        )  # fmt: skip


def attach_key(user: User, venue: str, market: str, *, is_active: bool = True) -> None:
    number = str(next(NUMBER))
    ExchangeKey.objects.create(
        user=user, label=number, venue=venue, market=market, api_key=number, is_paper=True,
        is_active=is_active, sealed_secret=b"-",
    )  # fmt: skip


@pytest.fixture
def user_with_two_keys(user: User) -> User:
    """Somebody with a spot and a futures market, attached in the order that would mislead."""
    store_symbols("binance", "futures", "BTC/USDT:USDT-261225", "BTC/USDT:USDT", "SOL/USDT:USDT")
    store_symbols("okx", "spot", "BTC/USDT", "ETH/USDT", "1000SATS/USDT")
    store_symbols("bybit", "spot", "BTC/USDT", "DOGE/USDT")
    attach_key(user, "binance", "futures")
    attach_key(user, "okx", "spot")
    return user


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("BTCUSDT", "BTC/USDT"),
        ("btc-usdt", "BTC/USDT"),
        ("BTC/USDT", "BTC/USDT"),
        ("BINANCE:BTCUSDT", "BTC/USDT"),
        ("BTCUSDT.P", "BTC/USDT:USDT"),
        ("BYBIT:BTCUSDT.P", "BTC/USDT:USDT"),
        ("BTCUSDTPERP", "BTC/USDT:USDT"),
        ("BTC-USDT-SWAP", "BTC/USDT:USDT"),
        ("BTC/USDT:USDT", "BTC/USDT:USDT"),
        ("BTC/USDT:USDT-261225", "BTC/USDT:USDT-261225"),
        ("SOLUSDT", "SOL/USDT:USDT"),
        ("1000SATSUSDT", "1000SATS/USDT"),
        ("ETHUSDT.P", None),
        ("DOGEUSDT", None),
        ("BTC", None),
        ("...", None),
    ],
)
def test_one_name_one_symbol(user_with_two_keys: User, text: str, name: str | None) -> None:
    assert symbol_lookup.find_symbol(user_with_two_keys.pk, text) == name


def test_inactive_keys_are_ignored(user: User) -> None:
    store_symbols("bybit", "spot", "BTC/USDT")
    attach_key(user, "bybit", "spot", is_active=False)
    assert symbol_lookup.find_symbol(user.pk, "BTCUSDT") is None
