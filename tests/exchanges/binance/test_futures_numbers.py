"""Binance USD-M's rows and frames, digit for digit: written by hand from its field descriptions."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import ccxt.pro
import pytest
from django.utils import timezone

from exchanges.base import OrderReport, StreamUpdate, VenueDown
from exchanges.binance import futures_rows as rows
from exchanges.binance.futures import BinanceUsdm

AT = 1_763_700_000_123
THEN = datetime.fromtimestamp(AT / 1000, UTC)
ORDER = {
    "orderId": 90071992547409931,
    "symbol": "1000PEPEUSDT",
    "status": "PARTIALLY_FILLED",
    "clientOrderId": "fwdigits",
    "price": "0.0123456",
    "avgPrice": "0.0123450",
    "origQty": "12345678901.1",
    "executedQty": "2345678901.1",
    "cumQuote": "28957406.0340795",
    "timeInForce": "GTC",
    "type": "LIMIT",
    "reduceOnly": False,
    "closePosition": False,
    "side": "SELL",
    "positionSide": "BOTH",
    "stopPrice": "0",
    "workingType": "CONTRACT_PRICE",
    "priceProtect": False,
    "origType": "LIMIT",
    "priceMatch": "NONE",
    "selfTradePreventionMode": "EXPIRE_MAKER",
    "goodTillDate": 0,
    "time": AT - 5000,
    "updateTime": AT,
}
UPDATE = {
    "s": "1000PEPEUSDT",
    "c": "fwdigits",
    "S": "SELL",
    "o": "LIMIT",
    "f": "GTC",
    "q": "12345678901.1",
    "p": "0.0123456",
    "ap": "0.0123450",
    "sp": "0",
    "x": "TRADE",
    "X": "PARTIALLY_FILLED",
    "i": 90071992547409931,
    "l": "345678901.1",
    "z": "2345678901.1",
    "L": "0.0123457",
    "N": "BNB",
    "n": "0.00123456",
    "T": AT,
    "t": 9007199254740995,
    "b": "0",
    "a": "0",
    "m": True,
    "R": False,
    "wt": "CONTRACT_PRICE",
    "ot": "LIMIT",
    "ps": "BOTH",
    "cp": False,
    "rp": "-12.34567890",
    "pP": False,
    "V": "EXPIRE_MAKER",
    "pm": "NONE",
    "gtd": 0,
}
TRADE = {
    "symbol": "1000PEPEUSDT",
    "id": 9007199254740995,
    "orderId": 90071992547409931,
    "side": "SELL",
    "price": "0.0123457",
    "qty": "345678901.1",
    "realizedPnl": "-12.34567890",
    "quoteQty": "4267648.1693103",
    "commission": "0.00123456",
    "commissionAsset": "BNB",
    "time": AT,
    "positionSide": "BOTH",
    "maker": True,
    "buyer": False,
}
WAITING = {
    "caid": "fwstop",
    "aid": 2148719,
    "at": "CONDITIONAL",
    "o": "TAKE_PROFIT",
    "s": "1000PEPEUSDT",
    "S": "BUY",
    "ps": "BOTH",
    "f": "GTC",
    "q": "0.1",
    "X": "NEW",
    "ai": "",
    "ap": "0.0000000",
    "aq": "0.0",
    "act": "0",
    "tp": "0.0100000",
    "p": "0.0100001",
    "V": "EXPIRE_MAKER",
    "wt": "CONTRACT_PRICE",
    "pm": "NONE",
    "cp": False,
    "pP": False,
    "R": True,
    "tt": 0,
    "gtd": 0,
    "rm": "",
}


def without(row: dict[str, Any], *names: str, **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in (row | changes).items() if name not in names}


@pytest.fixture(scope="module")
def adapter() -> BinanceUsdm:
    """As we use it, with one contract and no network."""
    exchange = ccxt.pro.binanceusdm()
    exchange.number = str
    contract = {"type": "swap", "swap": True, "contract": True, "linear": True, "settle": "USDT"}
    names = {"id": "1000PEPEUSDT", "symbol": "1000PEPE/USDT:USDT", "base": "1000PEPE"}
    market = exchange.safe_market_structure({**names, "quote": "USDT", **contract})
    exchange.set_markets([market])
    return BinanceUsdm(exchange, clock=timezone.now)


def heard(adapter: BinanceUsdm, frame: dict[str, Any]) -> StreamUpdate:
    """What we make of a frame as it comes from the socket."""
    told: list[StreamUpdate] = []
    assert adapter._check_frame(told.append, json.loads(json.dumps(frame))) is None
    (one,) = told
    return one


def updated(adapter: BinanceUsdm, *names: str, **changes: Any) -> OrderReport:
    order = without(UPDATE, *names, **changes)
    frame = {"e": "ORDER_TRADE_UPDATE", "E": AT + 1, "T": AT, "o": order}
    (report,) = heard(adapter, frame).orders
    return report


def algo(adapter: BinanceUsdm, **changes: Any) -> OrderReport:
    frame = {"e": "ALGO_UPDATE", "E": AT + 1, "T": AT, "o": WAITING | changes}
    (report,) = heard(adapter, frame).orders
    return report


def answered(adapter: BinanceUsdm, *names: str, **changes: Any) -> OrderReport:
    return rows.order_report(without(ORDER, *names, **changes), adapter._to_symbol)


def shown(*numbers: Decimal | None) -> list[str]:
    return ["nothing" if number is None else f"{number:f}" for number in numbers]


def test_every_digit_of_an_answer_is_kept(adapter: BinanceUsdm) -> None:
    report = answered(adapter)
    assert report.exchange_order_id == "90071992547409931"
    assert shown(report.price, report.quantity, report.filled, report.cost) == [
        "0.0123456",
        "12345678901.1",
        "2345678901.1",
        "28957406.0340795",
    ]
    assert (report.symbol, report.reported_at) == ("1000PEPE/USDT:USDT", THEN)


def test_every_digit_of_a_frame_is_kept(adapter: BinanceUsdm) -> None:
    report = updated(adapter)
    (fill,) = report.fills
    assert shown(report.price, report.quantity, report.filled) == [
        "0.0123456",
        "12345678901.1",
        "2345678901.1",
    ]
    assert shown(fill.price, fill.quantity, fill.fee) == ["0.0123457", "345678901.1", "0.00123456"]
    assert (fill.trade_id, fill.fee_currency) == ("9007199254740995", "BNB")
    assert (report.symbol, report.reported_at) == ("1000PEPE/USDT:USDT", THEN)


def test_a_rounded_average_is_not_taken_for_a_cost(adapter: BinanceUsdm) -> None:
    assert updated(adapter).cost is None


def test_a_part_is_the_same_told_or_asked(adapter: BinanceUsdm) -> None:
    assert updated(adapter).fills == (rows.fill_report(TRADE, adapter._to_symbol),)


def test_without_a_commission_its_fields_are_left_out(adapter: BinanceUsdm) -> None:
    (fill,) = updated(adapter, "n", "N").fills
    assert (fill.fee, fill.fee_currency) == (Decimal(0), None)


def test_an_empty_commission_is_not_known_yet(adapter: BinanceUsdm) -> None:
    (fill,) = updated(adapter, n=None, N=None).fills
    assert (fill.fee, fill.fee_currency) == (None, None)
    listed = rows.fill_report(
        TRADE | {"commission": "", "commissionAsset": None}, adapter._to_symbol
    )
    assert (listed.fee, listed.fee_currency) == (None, None)


@pytest.mark.parametrize("kind", ["NEW", "CANCELED", "EXPIRED", "AMENDMENT"])
def test_only_an_execution_has_a_part(adapter: BinanceUsdm, kind: str) -> None:
    assert updated(adapter, "n", "N", x=kind, l="0", L="0", t=0).fills == ()


def test_a_liquidation_executes_too(adapter: BinanceUsdm) -> None:
    taken = updated(adapter, x="CALCULATED", X="FILLED", c="autoclose-1", o="LIQUIDATION")
    assert (taken.status, len(taken.fills), taken.type) == ("filled", 1, "liquidation")


STATUSES = [
    ("NEW", "new"),
    ("PENDING_NEW", "new"),
    ("NEW_INSURANCE", "new"),
    ("NEW_ADL", "new"),
    ("PARTIALLY_FILLED", "partially_filled"),
    ("FILLED", "filled"),
    ("CANCELED", "canceled"),
    ("EXPIRED", "expired"),
    ("EXPIRED_IN_MATCH", "expired"),
    ("REJECTED", "rejected"),
    ("IN_LIMBO", "unknown"),
]


@pytest.mark.parametrize(("raw", "ours"), STATUSES)
def test_each_status_in_our_words(adapter: BinanceUsdm, raw: str, ours: str) -> None:
    asked, told = answered(adapter, status=raw), updated(adapter, X=raw)
    assert (asked.status, asked.raw_status) == (ours, raw)
    assert (told.status, told.raw_status) == (ours, raw)


@pytest.mark.parametrize(
    ("raw", "ours"),
    [
        ("NEW", "new"),
        ("TRIGGERING", "new"),
        ("TRIGGERED", "new"),
        ("FINISHED", "new"),
        ("CANCELED", "canceled"),
        ("EXPIRED", "expired"),
        ("REJECTED", "rejected"),
        ("IN_LIMBO", "unknown"),
    ],
)
def test_what_has_fired_is_not_over(adapter: BinanceUsdm, raw: str, ours: str) -> None:
    told = algo(adapter, X=raw)
    assert (told.status, told.raw_status) == (ours, raw)
    assert told.exchange_order_id == "algo:2148719"


def test_what_waits_is_told_with_the_time_of_its_frame(adapter: BinanceUsdm) -> None:
    told = algo(adapter)
    assert (told.type, told.side, told.client_order_id) == ("take_profit", "buy", "fwstop")
    assert shown(told.price, told.quantity, told.filled) == ["0.0100001", "0.1", "0"]
    assert told.reported_at == THEN


def test_what_has_fired_leads_to_the_order_that_it_became(adapter: BinanceUsdm) -> None:
    """Whatever name that order has at the venue: ours is in this frame."""
    fired = algo(adapter, X="TRIGGERED", ai="90071992547409931")
    assert (fired.exchange_order_id, fired.client_order_id) == ("90071992547409931", "fwstop")
    for nothing in ("", "0", 0, None):
        assert algo(adapter, X="TRIGGERING", ai=nothing).exchange_order_id == "algo:2148719"


@pytest.mark.parametrize(
    ("executed", "status"), [("0", "new"), ("0.04", "partially_filled"), ("0.1", "filled")]
)
def test_what_has_fired_says_how_far_it_came(
    adapter: BinanceUsdm, executed: str, status: str
) -> None:
    for word in ("TRIGGERED", "FINISHED"):
        told = algo(adapter, X=word, ai="7", aq=executed)
        assert (told.status, told.filled) == (status, Decimal(executed))
    assert algo(adapter, X="TRIGGERING").filled is None


@pytest.mark.parametrize(
    ("told", "ours"),
    [
        ("LIMIT", "limit"),
        ("MARKET", "market"),
        ("STOP", "stop_loss"),
        ("STOP_MARKET", "stop_loss"),
        ("TAKE_PROFIT_MARKET", "take_profit"),
        ("TRAILING_STOP_MARKET", "trailing_stop"),
    ],
)
def test_each_type_in_our_words(adapter: BinanceUsdm, told: str, ours: str) -> None:
    assert updated(adapter, o=told).type == answered(adapter, type=told).type == ours


@pytest.mark.parametrize("price", ["0", "0.00", "", None])
def test_a_market_order_has_no_price(adapter: BinanceUsdm, price: str | None) -> None:
    assert answered(adapter, price=price).price is None
    assert updated(adapter, p=price).price is None


def test_what_an_answer_leaves_out_is_not_invented(adapter: BinanceUsdm) -> None:
    bare = answered(adapter, "executedQty", "cumQuote", "origQty", "updateTime", "time", "status")
    assert (bare.filled, bare.cost, bare.quantity, bare.reported_at) == (None, None, None, None)
    assert (bare.status, bare.raw_status) == ("unknown", None)


def test_an_order_of_a_contract_that_no_list_has_is_asked_for(adapter: BinanceUsdm) -> None:
    order = without(UPDATE, s="NOWHEREUSDT")
    update = heard(adapter, {"e": "ORDER_TRADE_UPDATE", "E": AT + 1, "T": AT, "o": order})
    assert (update.orders, update.needs_orders) == ((), True)


def test_positions_of_a_frame_say_what_they_know(adapter: BinanceUsdm) -> None:
    held = {"s": "1000PEPEUSDT", "pa": "-10.5", "ep": "0.01234567", "up": "-0.00000001"}
    rest = {"bep": "0", "cr": "200", "mt": "isolated", "iw": "0.5", "ps": "SHORT"}
    money = [{"a": "USDT", "wb": "122624.12345678", "cw": "100.12345678", "bc": "50"}]
    frame = {"e": "ACCOUNT_UPDATE", "E": AT + 1, "T": AT}
    told = heard(adapter, frame | {"a": {"m": "ORDER", "B": money, "P": [held | rest]}})
    (position,) = told.positions
    assert shown(position.quantity, position.entry_price, position.unrealised) == [
        "-10.5",
        "0.01234567",
        "-0.00000001",
    ]
    assert (position.side, position.margin_mode) == ("short", "isolated")
    assert (position.leverage, position.liquidation_price) == (None, None)
    assert position.reported_at == THEN
    assert told.needs_holdings
    assert told.balances == ()  # what is free of a wallet is nowhere in it


@pytest.mark.parametrize(
    "frame",
    [
        {"e": "listenKeyExpired", "E": AT, "listenKey": "x" * 64},
        {"error": {"code": 2, "msg": "Invalid request"}, "id": None},
    ],
)
def test_what_ends_a_stream_is_not_passed_over(adapter: BinanceUsdm, frame: dict[str, Any]) -> None:
    told: list[StreamUpdate] = []
    assert isinstance(adapter._check_frame(told.append, frame), VenueDown)
    assert told == []


@pytest.mark.parametrize("kind", ["MARGIN_CALL", "TRADE_LITE", "STRATEGY_UPDATE", "UNHEARD_OF"])
def test_other_events_are_nothing_to_us(adapter: BinanceUsdm, kind: str) -> None:
    told: list[StreamUpdate] = []
    assert adapter._check_frame(told.append, {"e": kind, "E": AT, "T": AT}) is None
    assert told == []


def test_a_post_only_order_that_would_take_was_rejected(adapter: BinanceUsdm) -> None:
    unfilled = {"timeInForce": "GTX", "status": "EXPIRED", "executedQty": "0"}
    assert answered(adapter, **unfilled).status == "rejected"
    assert answered(adapter, **unfilled | {"executedQty": "1"}).status == "expired"
    assert answered(adapter, **unfilled | {"timeInForce": "IOC"}).status == "expired"
    assert updated(adapter, f="GTX", X="EXPIRED", x="EXPIRED", z="0").status == "rejected"
