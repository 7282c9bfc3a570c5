"""What venues say of prices, read without a venue; and what of it is news."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.binance import prices as binance_prices
from exchanges.bybit import prices as bybit_prices
from exchanges.okx import prices as okx_prices
from exchanges.prices.board import PriceBoard, format_price
from exchanges.through_ccxt.price_dialect import NO_LEVEL, BookTop, Dialect, LastPrice, PriceReport

CLOCK = datetime(2026, 1, 1, tzinfo=UTC)
BTC = "BTC/USDT"
BID, ASK = ("60000.10", "0.5"), ("60000.20", "0.25")
TICKER_OKX = {
    "arg": {"channel": "tickers", "instId": "BTC-USDT"},
    "data": [{"last": "60000.1", "bidPx": "1", "ts": "1767225600123"}],
}
BBO = {
    "arg": {"channel": "bbo-tbt", "instId": "BTC-USDT"},
    "data": [{"bids": [[*BID, "0", "2"]], "asks": [], "ts": "1767225600123"}],
}
BOOK_BYBIT = {
    "topic": "orderbook.1.BTCUSDT",
    "type": "snapshot",
    "ts": 1767225600123,
    "data": {"s": "BTCUSDT", "b": [list(BID)], "a": [list(ASK)], "u": 1},
}
GONE: Any = BOOK_BYBIT | {
    "type": "delta",
    "data": {"s": "BTCUSDT", "b": [["60000.10", "0"], ["60000.00", "2"]], "a": []},
}
TICKER_BINANCE = {"e": "24hrTicker", "E": 5, "s": "BTCUSDT", "c": "60000.10000000", "u": 1}
BOOK_BINANCE = {"u": 9, "s": "BTCUSDT", "b": BID[0], "B": BID[1], "a": ASK[0], "A": ASK[1]}


@pytest.mark.parametrize(
    ("dialect", "frame", "said"),
    [
        (binance_prices.SPOT, TICKER_BINANCE, LastPrice("BTCUSDT", "60000.10000000", 5)),
        (binance_prices.SPOT, BOOK_BINANCE, BookTop("BTCUSDT", BID, ASK, None)),
        (binance_prices.USDM, BOOK_BINANCE | {"E": 7}, BookTop("BTCUSDT", BID, ASK, 7)),
        (okx_prices.PUBLIC, TICKER_OKX, LastPrice("BTC-USDT", "60000.1", 1767225600123)),
        (okx_prices.PUBLIC, BBO, BookTop("BTC-USDT", BID, NO_LEVEL, 1767225600123)),
        (bybit_prices.SPOT, BOOK_BYBIT, BookTop("BTCUSDT", BID, ASK, 1767225600123)),
        (bybit_prices.SPOT, GONE, BookTop("BTCUSDT", ("60000.00", "2"), None, 1767225600123)),
        (
            bybit_prices.LINEAR,
            {"topic": "tickers.BTCUSDT", "ts": 1, "data": {"lastPrice": "1.50"}},
            LastPrice("BTCUSDT", "1.50", 1),
        ),
        (bybit_prices.LINEAR, {"topic": "tickers.BTCUSDT", "data": {"markPrice": "1"}}, None),
        (binance_prices.SPOT, {"result": None, "id": 1}, None),
        (okx_prices.PUBLIC, {"event": "subscribe", "arg": {"channel": "tickers"}}, None),
        (bybit_prices.SPOT, {"success": True, "op": "subscribe", "ret_msg": ""}, None),
    ],
)
def test_each_venue_in_its_words(
    dialect: Dialect, frame: dict[str, Any], said: PriceReport | None
) -> None:
    assert dialect.read(frame) == said
    assert dialect.refusal(frame) == ""


@pytest.mark.parametrize(
    ("dialect", "frame", "words"),
    [
        (binance_prices.SPOT, {"error": {"code": 2, "msg": "Invalid request"}}, "Invalid request"),
        (okx_prices.PUBLIC, {"event": "error", "code": "60018", "msg": "Wrong URL"}, "Wrong URL"),
        (okx_prices.PUBLIC, {"event": "notice", "code": "64008", "msg": "upgrade"}, "upgrade"),
        (bybit_prices.SPOT, {"success": False, "ret_msg": "handler not found"}, "handler"),
    ],
)
def test_refusals(dialect: Dialect, frame: dict[str, Any], words: str) -> None:
    assert words in dialect.refusal(frame)


@pytest.mark.parametrize("dialect", [binance_prices.SPOT, okx_prices.PUBLIC, bybit_prices.SPOT])
def test_what_is_begun_is_ended_in_the_same_words(dialect: Dialect) -> None:
    for channel in dialect.channels:
        begin = dialect.request(True, channel, ["BTCUSDT", "ETHUSDT"], 1)
        end = dialect.request(False, channel, ["BTCUSDT", "ETHUSDT"], 1)
        asked = {key: value for key, value in begin.items() if key in ("params", "args")}
        assert asked == {key: value for key, value in end.items() if key in ("params", "args")}
        assert begin != end


def board(*symbols: str, size: str = "") -> PriceBoard:
    made = PriceBoard("binance.spot", simulated=False)
    made.set_symbols(frozenset(symbols or (BTC,)), now=0)
    if size:
        made.sizes[BTC] = Decimal(size)
    return made


def hear(on: PriceBoard, *said: PriceReport, now: float = 1) -> None:
    for one in said:
        on.record_report(BTC, one, now=now, clock=CLOCK)


def told(on: PriceBoard) -> dict[str, Any]:
    return {kind: dict(data) for kind, data in on.take_frames()}


def test_digits_as_they_are_and_the_venues_time() -> None:
    one = board()
    hear(
        one, BookTop(BTC, BID, ASK, None), LastPrice(BTC, "60000.123456789012345678", 1767225600123)
    )
    assert told(one) == {
        "price_update": {
            "instrument": "binance.spot:BTC/USDT",
            "simulated": False,
            "last": "60000.123456789012345678",
            "bid": "60000.1",
            "ask": "60000.2",
            "at": "2026-01-01T00:00:00.123000Z",
            "stale": False,
        },
        "book_update": {
            "instrument": "binance.spot:BTC/USDT",
            "simulated": False,
            "bid": "60000.1",
            "bid_quantity": "0.5",
            "ask": "60000.2",
            "ask_quantity": "0.25",
            "at": "2026-01-01T00:00:00.123000Z",
            "stale": False,
        },
    }


def test_our_time_where_the_venue_says_none() -> None:
    one = board()
    hear(one, BookTop(BTC, BID, ASK, None))
    assert told(one)["book_update"]["at"] == "2026-01-01T00:00:00.000000Z"


def test_nothing_is_told_of_a_price_before_there_is_one() -> None:
    one = board()
    hear(one, BookTop(BTC, BID, ASK, 1))
    assert told(one).keys() == {"book_update"}
    hear(one, LastPrice(BTC, "", 1))
    assert "price_update" not in told(one)


def test_contracts_in_coins() -> None:
    one = board(size="0.01")
    hear(one, BookTop(BTC, ("60000", "31"), NO_LEVEL, 1))
    assert told(one)["book_update"]["bid_quantity"] == "0.31"
    assert told(one) == {}


def test_an_empty_side_and_one_that_stays() -> None:
    one = board()
    hear(one, BookTop(BTC, BID, ASK, 1))
    hear(one, BookTop(BTC, None, NO_LEVEL, 2))
    shown = told(one)["book_update"]
    assert (shown["bid"], shown["ask"], shown["ask_quantity"]) == ("60000.1", None, None)


def test_only_what_changed_is_news() -> None:
    one = board()
    hear(one, LastPrice(BTC, "1", 1), BookTop(BTC, BID, ASK, 1))
    assert told(one).keys() == {"price_update", "book_update"}
    hear(one, LastPrice(BTC, "1", 2), BookTop(BTC, BID, ASK, 2))
    assert told(one) == {}
    hear(one, LastPrice(BTC, "2", 3))
    assert told(one).keys() == {"price_update"}


@given(st.lists(st.integers(1, 9), min_size=1))
def test_however_often_it_changes_the_newest_goes_out_once(prices: list[int]) -> None:
    one = board()
    hear(one, *(LastPrice(BTC, str(price), None) for price in prices))
    assert [data["last"] for _, data in one.take_frames()] == [str(prices[-1])]  # type: ignore[typeddict-item]


def test_stale_once_and_fresh_again_though_nothing_changed() -> None:
    one = board()
    hear(one, LastPrice(BTC, "1", 1))
    told(one)
    one.mark_old_stale(now=30, after=30)
    assert told(one) == {}
    one.mark_old_stale(now=31.1, after=30)
    assert told(one)["price_update"]["stale"] is True
    one.mark_stale()
    assert told(one) == {}
    hear(one, LastPrice(BTC, "1", 2), now=32)
    assert told(one)["price_update"]["stale"] is False


def test_what_was_never_heard_of_is_not_stale() -> None:
    one = board()
    one.mark_stale()
    assert told(one) == {}


def test_another_process_remembers() -> None:
    """And so it can say that what it never heard itself is old."""
    first, second = board(), board()
    hear(first, LastPrice(BTC, "1", 1), BookTop(BTC, BID, ASK, 1))
    third = board()
    for kind, data in first.take_frames():
        second.restore_frame(kind, data)
        third.restore_frame(kind, data)
    assert told(second) == {}
    second.mark_stale()
    shown = told(second)
    assert (shown["price_update"]["last"], shown["price_update"]["stale"]) == ("1", True)
    assert (shown["book_update"]["ask_quantity"], shown["book_update"]["stale"]) == ("0.25", True)
    hear(second, LastPrice(BTC, "1", 2))
    assert told(second)["book_update"]["stale"] is False
    # Meanwhile its watchers may have been told that nobody follows it.
    hear(third, LastPrice(BTC, "1", 2))
    assert told(third).keys() == {"price_update", "book_update"}
    hear(third, LastPrice(BTC, "1", 3))
    assert told(third) == {}


def test_its_last_words_are_nobodys() -> None:
    one = board(BTC, "ETH/USDT")
    assert one.set_symbols(frozenset({"ETH/USDT", "SOL/USDT"}), now=0) == ["SOL/USDT"]
    hear(one, LastPrice(BTC, "1", 1))
    assert told(one) == {}


@pytest.mark.parametrize("text", ["", "0", "0.00000000", "-1", "NaN", "Infinity", "none"])
def test_what_is_no_price_is_none(text: str) -> None:
    assert format_price(text) is None
