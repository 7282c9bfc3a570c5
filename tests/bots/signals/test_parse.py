"""Parsing of signals; what is not understood is refused, never guessed."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bots.signals.parse import SIDES, UnreadableSignal, is_perpetual, normalize_symbol, parse_signal


@pytest.mark.parametrize(
    ("body", "side", "symbol", "price"),
    [
        ('{"action":"BUY","ticker":"BTCUSDT","price":42150.5}', "buy", "BTCUSDT", "42150.5"),
        ('{"side":"Sell","symbol":"BTC/USDT","price":"1"}', "sell", "BTC/USDT", "1"),
        ('{"direction":"LONG","pair":"BINANCE:ETHUSDT.P"}', "long", "BINANCE:ETHUSDT.P", None),
        ('{"signal":" Exit ","SYMBOL":" ETHUSDT "}', "close", "ETHUSDT", None),
        ('{"side":"buy","symbol":"BTCUSDT","price":1e3}', "buy", "BTCUSDT", "1000"),
        ('{"side":"buy","symbol":"BTCUSDT","price":null}', "buy", "BTCUSDT", None),
        ("BTCUSDT buy secret=abc price=42150.5", "buy", "BTCUSDT", "42150.5"),
        ("Close ETHUSDT", "close", "ETHUSDT", None),
        ('{"side":"buy","pair":"a/b","action":"LONG","signal":"up"}', "buy", "a/b", None),
        ('{"action":"buy","symbol":"a/b","ticker":"X:AB.P"}', "buy", "a/b", None),
        ("side: short, symbol: BTCUSDT", "short", "BTCUSDT", None),
        ("BUY BINANCE:BTCUSDT", "buy", "BINANCE:BTCUSDT", None),
        ("buy BTC/USDT:USDT now", "buy", "BTC/USDT:USDT", None),
        ("sell btc-usdt.", "sell", "btc-usdt", None),
        # as TradingView fills in its own words
        ("order buy @ 1 filled on BTCUSDT. New strategy position is 1", "buy", "BTCUSDT", None),
    ],
)
def test_messages_of_common_senders(body: str, side: str, symbol: str, price: str | None) -> None:
    wish = parse_signal(body)
    assert (wish.side, wish.symbol) == (side, symbol)
    assert wish.price == (None if price is None else Decimal(price))


@pytest.mark.parametrize(
    ("action", "position", "side"),
    [
        ("buy", "long", "buy"),
        ("sell", "short", "short"),
        ("sell", "flat", "close"),
        ("buy", "FLAT", "close"),
        ("sell", "long", "sell"),
        ("buy", "short", "buy"),
        ("", "long", "long"),
        ("", "short", "short"),
        ("", "flat", "close"),
    ],
)
def test_the_position_afterwards_decides_the_side(action: str, position: str, side: str) -> None:
    body = f'{{"action":"{action}","market_position":"{position}","ticker":"BTCUSDT"}}'
    assert parse_signal(body).side == side


SAID = '{"side":"buy","symbol":"BTCUSDT"'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "The side is one of"),
        ("{}", "The side is one of"),
        ("[1]", "The side is one of"),
        ('{"side":"up","symbol":"BTCUSDT"}', "The side is one of"),
        ('{"side":true,"symbol":"BTCUSDT"}', "The side is one of"),
        ('{"side":"\u2100","symbol":"BTCUSDT"}', "The side is one of"),
        ('{"side":"none","market_position":"flat","symbol":"BTCUSDT"}', "The side is one of"),
        ('{"action":"buy","market_position":"up","symbol":"BTCUSDT"}', "The side is one of"),
        ('{"side":"buy"}', "It names no symbol"),
        ('{"side":"buy","symbol":"{{ticker}}"}', "Nobody filled in the symbol's placeholder"),
        ('{"side":"buy","symbol":"BTC USDT"}', "Its symbol is not valid"),
        ('{"side":"buy","symbol":"' + "B" * 41 + '"}', "Its symbol is not valid"),
        ('{"side":"buy","symbol":"BTC\\u202eUSDT"}', "Its symbol is not valid"),
        (SAID + ',"price":"NaN"}', "Its price is not valid."),
        (SAID + ',"price":NaN}', "It begins like JSON"),
        (SAID + ',"price":-1}', "Its price is not valid."),
        (SAID + ',"price":0}', "Its price is not valid."),
        (SAID + ',"price":"1e99"}', "Its price is not valid."),
        (SAID + ',"price":1e999999}', "Its price is not a number."),
        (SAID + ',"price":1e99999999999999999999}', "Its price is not a number."),
        (SAID + ',"price":' + "9" * 5000 + "}", "Its price is not a number."),
        (SAID + ',"price":"1e-99"}', "Its price has too many digits."),
        (SAID + ',"price":"1_000"}', "Its price is not a number."),
        (SAID + ',"price":"0.0000000000000000001"}', "Its price has too many digits."),
        (SAID + ',"side":"sell"}', "It has the same name twice."),
        (SAID + ',"Side":"sell"}', "It has the same name twice."),
        (SAID + ',"x":{"y":1,"y":2}}', "It has the same name twice."),
        (SAID + ',"message":"\\u0000"}', "It has characters that are not text."),
        (SAID + ',"message":"\\udfff"}', "It has characters that are not text."),
        (SAID + ',"action":"sell"}', "It names more than one side: buy, sell."),
        (SAID + ',"direction":"flat"}', "It names more than one side: buy, flat."),
        (SAID + ',"ticker":"ETHUSDT"}', "It names more than one symbol: BTCUSDT, ETHUSDT."),
        ("side=buy action=sell BTCUSDT", "It names more than one side: buy, sell."),
        (SAID, "It begins like JSON"),
        ("{" * 100_000, "It begins like JSON"),
        ('{"a":' * 100_000, "It begins like JSON"),
        ("the weather is fine", "The side is one of"),
        ("buy or sell BTCUSDT", "It names more than one side: buy, sell."),
        ("buy BTCUSDT ETHUSDT", "It names more than one symbol: BTCUSDT, ETHUSDT."),
        ("side=buy side=sell BTCUSDT", "It has the same name twice."),
    ],
)
def test_an_unreadable_signal_is_refused(body: str, message: str) -> None:
    with pytest.raises(UnreadableSignal) as refused:
        parse_signal(body)
    assert message in str(refused.value)


def test_a_price_keeps_its_digits() -> None:
    price = "12345678901234567.123456789012345678"
    assert str(parse_signal(SAID + f',"price":{price}}}').price) == price


NAMES = some.sampled_from(["side", "symbol", "price", "market_position", "message"])
VALUES = some.none() | some.integers() | some.floats() | some.text(max_size=9)


@given(some.text(max_size=300) | some.dictionaries(NAMES, VALUES, max_size=4).map(json.dumps))
def test_any_text_is_parsed_or_refused(body: str) -> None:
    try:
        wish = parse_signal(body)
    except UnreadableSignal as message:
        said = str(message)
    else:
        said = wish.side
        assert said in SIDES.values()
    assert said


@pytest.mark.parametrize(
    "name",
    [
        *("BTCUSDT", "BTC/USDT", "btc-usdt", "BINANCE:BTCUSDT", "BTCUSDT.P", "BTC/USDT:USDT"),
        *("BTCUSDTPERP", "BTCUSDT_PERP", "BTC-USDT-SWAP", "okx:btcusdt.p"),
    ],
)
def test_names_of_one_symbol(name: str) -> None:
    assert normalize_symbol(name) == "BTCUSDT"


@pytest.mark.parametrize("name", ["btcusdt.p", "BTCUSDT_PERP", "BTC-USDT-SWAP", "BTC/USDT:USDT"])
def test_names_of_a_perpetual(name: str) -> None:
    assert is_perpetual(name)
    assert not is_perpetual("BINANCE:BTCUSDT")
