"""Each lie a venue can tell of orders and fills, in each venue's own names."""

import copy
from decimal import Decimal
from typing import Any

import pytest

from exchanges.simulator.faults.falsify import UNLISTED_SYMBOLS, falsify_rows
from exchanges.simulator.faults.faults import Fault, Match

ORDERS: dict[str, dict[str, Any]] = {
    "binance": {
        "symbol": "BTCUSDT",
        "orderId": 7,
        "clientOrderId": "mine",
        "origQty": "2",
        "executedQty": "2.00000000",
        "cummulativeQuoteQty": "9",
        "status": "FILLED",
    },
    "okx": {
        "instId": "BTC-USDT",
        "ordId": "7",
        "clOrdId": "mine",
        "accFillSz": "2",
        "avgPx": "4.5",
        "fillPx": "4.5",
        "fillSz": "2",
        "tradeId": "",
        "state": "filled",
    },
    "bybit": {
        "symbol": "BTCUSDT",
        "orderId": "7",
        "orderLinkId": "mine",
        "cumExecQty": "2",
        "cumExecValue": "9",
        "avgPrice": "4.5",
        "orderStatus": "Filled",
    },
}
FILLS: dict[str, dict[str, Any]] = {
    "binance": {
        "symbol": "BTCUSDT",
        "id": 70,
        "orderId": 7,
        "qty": "2",
        "commission": "0.002",
        "commissionAsset": "BTC",
    },
    "okx": {
        "instId": "BTC-USDT",
        "ordId": "7",
        "tradeId": "70",
        "fillSz": "2",
        "fee": "-0.002",
        "feeCcy": "BTC",
    },
    "bybit": {
        "symbol": "BTCUSDT",
        "orderId": "7",
        "execId": "70",
        "execQty": "2",
        "execFee": "0.002",
        "feeCurrency": "BTC",
    },
}
STATUS = {"binance": "status", "okx": "state", "bybit": "orderStatus"}
FILLED = {"binance": "executedQty", "okx": "accFillSz", "bybit": "cumExecQty"}
TRADE = {"binance": "id", "okx": "tradeId", "bybit": "execId"}
FEE = {
    "binance": ("commission", "commissionAsset"),
    "okx": ("fee", "feeCcy"),
    "bybit": ("execFee", "feeCurrency"),
}
everywhere = pytest.mark.parametrize("venue", ["binance", "okx", "bybit"])


def falsify_answer(
    venue: str, rows: dict[str, dict[str, Any]], kind: str, **fields: Any
) -> list[Any]:
    answer = {"result": {"list": [copy.deepcopy(rows[venue])]}}
    falsify_rows(Fault(kind, **fields), venue, answer)
    return answer["result"]["list"]


@everywhere
def test_an_unknown_status(venue: str) -> None:
    assert falsify_answer(venue, ORDERS, "unknown_status")[0][STATUS[venue]] == "IN_LIMBO"
    assert falsify_answer(venue, ORDERS, "unknown_status", value="MOON")[0][STATUS[venue]] == "MOON"


@everywhere
def test_filled_amounts_that_are_too_high_or_too_low(venue: str) -> None:
    for by, filled in (("0.5", "2.5"), ("-0.5", "1.5"), ("-3", "0")):
        row = falsify_answer(venue, ORDERS, "filled_by", amount=Decimal(by))[0]
        assert Decimal(row[FILLED[venue]]) == Decimal(filled)


@everywhere
def test_a_filled_order_without_amounts(venue: str) -> None:
    (row,) = falsify_answer(venue, ORDERS, "bare_end")
    assert FILLED[venue] not in row
    assert "4.5" not in row.values()
    assert row[STATUS[venue]] == ORDERS[venue][STATUS[venue]]


@everywhere
def test_trade_ids_repeated_or_missing(venue: str) -> None:
    assert str(falsify_answer(venue, FILLS, "trade_id", value="5")[0][TRADE[venue]]) == "5"
    assert TRADE[venue] not in falsify_answer(venue, FILLS, "trade_id")[0]


@everywhere
def test_fees_in_another_asset_or_missing(venue: str) -> None:
    fee, asset = FEE[venue]
    row = falsify_answer(venue, FILLS, "foreign_fee", asset="MX", amount=Decimal("0.3"))[0]
    assert (abs(Decimal(row[fee])), row[asset]) == (Decimal("0.3"), "MX")
    assert Decimal(row[fee]) * Decimal(FILLS[venue][fee]) > 0
    row = falsify_answer(venue, FILLS, "fee_missing")[0]
    assert (row[fee], row[asset]) == (None, None)


@everywhere
def test_lists_that_leave_out_fills_or_orders(venue: str) -> None:
    assert falsify_answer(venue, FILLS, "fills_missing") == []
    assert falsify_answer(venue, FILLS, "order_missing") == [FILLS[venue]]
    assert falsify_answer(venue, ORDERS, "order_missing") == []
    assert falsify_answer(venue, ORDERS, "fills_missing") == [ORDERS[venue]]
    assert falsify_answer(venue, ORDERS, "order_missing", match=Match(order="another")) == [
        ORDERS[venue]
    ]


@everywhere
def test_a_malformed_row_comes_before_each_row(venue: str) -> None:
    malformed, order = falsify_answer(venue, ORDERS, "malformed")
    assert (order, malformed[FILLED[venue]]) == (ORDERS[venue], "--")
    malformed, fill = falsify_answer(venue, FILLS, "malformed", value="?")
    assert (fill, malformed[FEE[venue][0]]) == (FILLS[venue], "?")
    assert malformed[TRADE[venue]] != fill[TRADE[venue]]


@everywhere
def test_an_unlisted_order_comes_before_each_order(venue: str) -> None:
    unlisted, order = falsify_answer(venue, ORDERS, "unlisted")
    assert order == ORDERS[venue]
    assert UNLISTED_SYMBOLS[venue] in unlisted.values()
    assert not {"7", 7, "mine"} & set(unlisted.values())


@everywhere
@pytest.mark.parametrize(
    ("match", "hit"),
    [
        (Match(symbol="BTC/USDT"), True),
        (Match(symbol="BTC-USDT"), True),
        (Match(symbol="ETHUSDT"), False),
        (Match(order="7"), True),
        (Match(order="mine"), True),
        (Match(order="8"), False),
    ],
)
def test_only_matching_rows_are_false(venue: str, match: Match, hit: bool) -> None:
    changed = falsify_answer(venue, ORDERS, "unknown_status", match=match) != [ORDERS[venue]]
    assert changed is hit


def test_an_event_without_a_fill_has_no_trade_id_to_falsify() -> None:
    frame = {"e": "executionReport", "i": 7, "c": "m", "x": "NEW", "X": "NEW", "z": "0", "t": -1}
    assert not falsify_rows(Fault("trade_id", value="5"), "binance", frame)
    frame["t"] = 9
    assert falsify_rows(Fault("trade_id"), "binance", frame)
    assert frame["t"] == -1


def test_futures_events_of_binance_have_their_own_field_names() -> None:
    order = {"s": "BTCUSDT", "c": "mine", "i": 7, "x": "TRADE", "X": "FILLED", "z": "2", "ap": "4"}
    row: dict[str, Any] = order | {"t": 70, "n": "0.1", "N": "USDT"}
    frame = {"e": "ORDER_TRADE_UPDATE", "o": row}
    assert falsify_rows(Fault("trade_id", value="5"), "binance", frame)
    assert falsify_rows(Fault("filled_by", amount=Decimal(1)), "binance", frame)
    assert falsify_rows(Fault("foreign_fee", asset="BNB", amount=Decimal(3)), "binance", frame)
    assert {"t": 5, "z": "3", "n": "3", "N": "BNB"}.items() <= row.items()


@pytest.mark.parametrize(
    ("venue", "row", "status"),
    [
        ("binance", {"algoId": 3, "clientAlgoId": "m", "algoStatus": "NEW"}, "algoStatus"),
        ("binance", {"aid": 3, "caid": "m", "X": "NEW"}, "X"),
        ("okx", {"algoId": "3", "algoClOrdId": "m", "state": "live"}, "state"),
    ],
)
def test_waiting_orders_are_order_rows(venue: str, row: dict[str, Any], status: str) -> None:
    assert falsify_rows(Fault("unknown_status", Match(order="m")), venue, {"data": [row]})
    assert row[status] == "IN_LIMBO"
    assert falsify_rows(Fault("order_missing", Match(order="3")), venue, listed := {"data": [row]})
    assert listed == {"data": []}
