"""Which of our symbols a name means: always the same one, and only of the user's own markets."""

from itertools import count

import pytest
from django.utils import timezone

from bots.signals import symbol_lookup
from exchanges.models import ExchangeKey, Symbol
from users.models import User

NUMBER = count()


def trades(venue: str, market: str, *names: str) -> None:
    """What a venue has; names as BTC/USDT, BTC/USDT:USDT."""
    for name in names:
        base, _, quote = name.partition(":")[0].partition("/")
        Symbol.objects.create(
            venue=venue, market=market, is_paper=True, name=name, base=base, quote=quote,
            price_step="0.01", quantity_step="0.001", min_quantity=0, min_cost=0,
            read_at=timezone.now(),
        )  # fmt: skip


def attach(user: User, venue: str, market: str, *, is_active: bool = True) -> None:
    number = str(next(NUMBER))
    ExchangeKey.objects.create(
        user=user, label=number, venue=venue, market=market, api_key=number, is_paper=True,
        is_active=is_active, sealed_secret=b"-",
    )  # fmt: skip


@pytest.fixture
def both(user: User) -> User:
    """Somebody with a spot and a futures market, attached in the order that would mislead."""
    trades("binance", "futures", "BTC/USDT:USDT-261225", "BTC/USDT:USDT", "SOL/USDT:USDT")
    trades("okx", "spot", "BTC/USDT", "ETH/USDT", "1000SATS/USDT")
    trades("bybit", "spot", "BTC/USDT", "DOGE/USDT")
    attach(user, "binance", "futures")
    attach(user, "okx", "spot")
    return user


@pytest.mark.parametrize(
    ("said", "name"),
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
def test_one_name_one_symbol(both: User, said: str, name: str | None) -> None:
    assert symbol_lookup.find_symbol(both.pk, said) == name


def test_keys_that_are_switched_off_reach_nothing(user: User) -> None:
    trades("bybit", "spot", "BTC/USDT")
    attach(user, "bybit", "spot", is_active=False)
    assert symbol_lookup.find_symbol(user.pk, "BTCUSDT") is None
