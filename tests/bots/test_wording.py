"""What somebody's words wish for; what is not understood is refused, never guessed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bots.wording import SIDES, Nonsense, plain_symbol, read


@pytest.mark.parametrize(
    ("body", "side", "symbol", "price"),
    [
        ('{"action":"BUY","ticker":"BTCUSDT","price":42150.5}', "buy", "BTCUSDT", "42150.5"),
        ('{"side":"Sell","symbol":"BTC/USDT","price":"1"}', "sell", "BTC/USDT", "1"),
        ('{"direction":"LONG","pair":"BINANCE:ETHUSDT.P"}', "long", "BINANCE:ETHUSDT.P", None),
        ('{"signal":"exit","SYMBOL":"ETHUSDT"}', "close", "ETHUSDT", None),
        ("BTCUSDT buy secret=abc price=42150.5", "buy", "BTCUSDT", "42150.5"),
        ("Close ETHUSDT", "close", "ETHUSDT", None),
        ("side: short, symbol: BTCUSDT", "short", "BTCUSDT", None),
    ],
)
def test_as_others_write_it(body: str, side: str, symbol: str, price: str | None) -> None:
    wish = read(body)
    assert (wish.side, wish.symbol) == (side, symbol)
    assert wish.price == (None if price is None else Decimal(price))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "[1]",
        '{"side":"up","symbol":"BTCUSDT"}',
        '{"side":true,"symbol":"BTCUSDT"}',
        '{"side":"buy"}',
        '{"side":"buy","symbol":"BTCUSDT","price":"NaN"}',
        '{"side":"buy","symbol":"BTCUSDT","price":-1}',
        '{"side":"buy","symbol":"BTCUSDT","price":"1e99"}',
        '{"side":"buy","symbol":"BTCUSDT","price":"1e-99"}',
        '{"side":"buy","symbol":"BTCUSDT"',
        "{" * 100_000,
        "the weather is fine",
    ],
)
def test_nonsense(body: str) -> None:
    with pytest.raises(Nonsense):
        read(body)


@given(some.text(max_size=300))
def test_whatever_comes_is_understood_or_refused(body: str) -> None:
    try:
        wish = read(body)
    except Nonsense as words:
        said = str(words)
    else:
        said = wish.side
        assert said in SIDES.values()
    assert said


@pytest.mark.parametrize(
    "name", ["BTCUSDT", "BTC/USDT", "btc-usdt", "BINANCE:BTCUSDT", "BTCUSDT.P", "BTC/USDT:USDT"]
)
def test_names_of_one_symbol(name: str) -> None:
    assert plain_symbol(name) == "BTCUSDT"
