"""Binance spot's rows and frames, digit for digit: written by hand from its field descriptions."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import ccxt.pro
import pytest
from django.utils import timezone

from exchanges.base import FillReport, OrderReport, OrderRequest, StreamUpdate
from exchanges.binance import spot_rows as rows
from exchanges.binance.spot import BinanceSpot

AT = 1_763_700_000_123
PRECISION = {"amount": "0.00000001", "price": "0.00000001"}
ORDER = {
    "symbol": "PEPEBTC",
    "orderId": 90071992547409931,
    "orderListId": -1,
    "clientOrderId": "fwdigits",
    "price": "0.00000123",
    "origQty": "12345678901.10000000",
    "executedQty": "2345678901.10000000",
    "origQuoteOrderQty": "0.00000000",
    "cummulativeQuoteQty": "2885.18504835",
    "status": "PARTIALLY_FILLED",
    "timeInForce": "GTC",
    "type": "LIMIT",
    "side": "BUY",
    "stopPrice": "0.00000000",
    "icebergQty": "0.00000000",
    "time": AT - 5000,
    "updateTime": AT,
    "isWorking": True,
    "workingTime": AT - 5000,
    "selfTradePreventionMode": "EXPIRE_MAKER",
}
FRAME = {
    "e": "executionReport",
    "E": AT + 1,
    "s": "PEPEBTC",
    "c": "fwdigits",
    "S": "SELL",
    "o": "LIMIT",
    "f": "GTC",
    "q": "12345678901.10000000",
    "p": "0.00000123",
    "P": "0.00000000",
    "F": "0.00000000",
    "g": -1,
    "C": "",
    "x": "TRADE",
    "X": "PARTIALLY_FILLED",
    "r": "NONE",
    "i": 90071992547409931,
    "l": "345678901.10000000",
    "z": "2345678901.10000000",
    "L": "0.00000124",
    "n": "0.00123456",
    "N": "BNB",
    "T": AT,
    "t": 9007199254740995,
    "I": 3,
    "w": True,
    "m": False,
    "M": False,
    "O": AT - 5000,
    "Z": "2885.18504835",
    "Y": "428.64183736",
    "Q": "0.00000000",
    "W": AT - 5000,
    "V": "EXPIRE_MAKER",
}
TRADE = {
    "symbol": "PEPEBTC",
    "id": 9007199254740995,
    "orderId": 90071992547409931,
    "orderListId": -1,
    "price": "0.00000124",
    "qty": "345678901.10000000",
    "quoteQty": "428.64183736",
    "commission": "0.00123456",
    "commissionAsset": "BNB",
    "time": AT,
    "isBuyer": False,
    "isMaker": False,
    "isBestMatch": True,
}


def request() -> OrderRequest:
    return OrderRequest(
        symbol="PEPE/BTC",
        side="buy",
        type="limit",
        time_in_force="GTC",
        quantity=Decimal(1),
        price=Decimal(1),
        client_order_id="fwdigits",
    )


@pytest.fixture(scope="module")
def client() -> Any:
    """ccxt as we use it, with one market and no network."""
    exchange = ccxt.pro.binance({"options": {"defaultType": "spot"}})
    exchange.number = str
    market = exchange.safe_market_structure(
        {
            "id": "PEPEBTC",
            "symbol": "PEPE/BTC",
            "base": "PEPE",
            "quote": "BTC",
            "type": "spot",
            "spot": True,
            "precision": PRECISION,
        }
    )
    exchange.set_markets([market])
    return exchange


@pytest.fixture
def answered() -> Any:
    """What we make of an order as it is answered, with some fields changed or left out."""

    def answer(*without: str, **changes: Any) -> OrderReport:
        raw = {name: value for name, value in (ORDER | changes).items() if name not in without}
        return rows.order_report(raw, symbol_of)

    return answer


@pytest.fixture
def heard(client: Any) -> Any:
    """What we make of an execution report that the stream hands on."""
    adapter = BinanceSpot(client, clock=timezone.now)

    def hear(*without: str, **changes: Any) -> OrderReport:
        told: list[StreamUpdate] = []
        frame = {name: value for name, value in (FRAME | changes).items() if name not in without}
        assert adapter._check_frame({"subscriptionId": 0, "event": frame}, told.append) is None
        (report,) = told[0].orders
        return report

    return hear


def traded(*without: str, **changes: Any) -> FillReport:
    raw = {name: value for name, value in (TRADE | changes).items() if name not in without}
    return rows.fill_report(raw, symbol_of)


def symbol_of(name: Any) -> str:
    return {"PEPEBTC": "PEPE/BTC"}[name]


def shown(number: Decimal | None) -> str:
    return "nothing" if number is None else f"{number:f}"


def test_every_digit_of_an_answer_is_kept(answered: Any) -> None:
    report = answered()
    assert report.exchange_order_id == "90071992547409931"
    numbers = (report.price, report.quantity, report.filled, report.cost)
    assert [shown(number) for number in numbers] == [
        "0.00000123",
        "12345678901.10000000",
        "2345678901.10000000",
        "2885.18504835",
    ]
    assert report.reported_at == datetime.fromtimestamp(AT / 1000, UTC)


def test_every_digit_of_a_frame_is_kept(heard: Any) -> None:
    report = heard()
    (fill,) = report.fills
    numbers = (report.price, report.quantity, report.filled, report.cost)
    assert [shown(number) for number in (*numbers, fill.price, fill.quantity, fill.fee)] == [
        "0.00000123",
        "12345678901.10000000",
        "2345678901.10000000",
        "2885.18504835",
        "0.00000124",
        "345678901.10000000",
        "0.00123456",
    ]
    assert (fill.trade_id, fill.fee_currency) == ("9007199254740995", "BNB")
    assert report.exchange_order_id == "90071992547409931"


def test_a_part_is_the_same_told_or_asked(client: Any, heard: Any) -> None:
    assert heard().fills == (traded(),)


STATUSES = [
    ("NEW", "new"),
    ("PENDING_NEW", "new"),
    ("PENDING_CANCEL", "new"),
    ("PARTIALLY_FILLED", "partially_filled"),
    ("FILLED", "filled"),
    ("CANCELED", "canceled"),
    ("REJECTED", "rejected"),
    ("EXPIRED", "expired"),
    ("EXPIRED_IN_MATCH", "expired"),
    ("NEW_ADL", "unknown"),
    ("NEVER_SEEN_BEFORE", "unknown"),
]


@pytest.mark.parametrize(("raw", "ours"), STATUSES)
def test_each_status_is_ours_or_unknown(answered: Any, heard: Any, raw: str, ours: str) -> None:
    for report in (answered(status=raw), heard(X=raw)):
        assert (report.status, report.raw_status) == (ours, raw)


def test_no_status_is_unknown(answered: Any) -> None:
    assert (answered("status").status, answered("status").raw_status) == ("unknown", None)


@pytest.mark.parametrize("status", ["REJECTED", "EXPIRED", "CANCELED", "EXPIRED_IN_MATCH"])
def test_what_was_filled_before_the_end_stays(answered: Any, heard: Any, status: str) -> None:
    for report in (answered(status=status), heard(X=status, x="EXPIRED")):
        assert report.filled == Decimal("2345678901.1")
        assert report.fills == ()


@pytest.mark.parametrize(
    ("cost", "ours"), [("-1.00000000", None), ("-1", None), ("0.00000000", Decimal(0))]
)
def test_a_cost_of_minus_one_is_no_cost(answered: Any, cost: str, ours: object) -> None:
    assert answered(cummulativeQuoteQty=cost).cost == ours


def test_what_an_answer_leaves_out_is_not_zero(answered: Any) -> None:
    report = answered("executedQty", "cummulativeQuoteQty", "origQty", "status", "updateTime")
    assert (report.filled, report.cost, report.quantity) == (None, None, None)


def test_placed_and_only_named_it_is_new_and_nothing_is_said_of_fills(client: Any) -> None:
    names = {name: ORDER[name] for name in ("symbol", "orderId", "clientOrderId")}
    report = rows.placed_report(names | {"transactTime": AT}, request())
    assert (report.status, report.filled, report.client_order_id) == ("new", None, "fwdigits")
    assert (report.symbol, report.side, report.type) == ("PEPE/BTC", "buy", "limit")
    strange = rows.placed_report(ORDER | {"status": "NEVER_SEEN"}, request())
    assert strange.status == "unknown"


def test_a_market_order_has_no_price(answered: Any, heard: Any) -> None:
    assert answered(type="MARKET", price="0.00000000").price is None
    assert heard(o="MARKET", p="0.00000000").price is None


def test_an_order_counted_in_what_it_spends_has_no_quantity(answered: Any, heard: Any) -> None:
    market = {"type": "MARKET", "price": "0.00000000"}
    assert answered(**market, origQty="29.5", origQuoteOrderQty="10.0").quantity is None
    assert heard(o="MARKET", p="0.00000000", q="29.5", Q="10.00000000").quantity is None


def test_rest_orders_carry_no_fees_and_no_parts(answered: Any) -> None:
    assert answered(status="FILLED").fills == ()


def test_the_answer_to_placing_names_each_part_and_its_fee(answered: Any) -> None:
    parts = [
        {"price": "1", "qty": "0.1", "commission": "0.00000001", "commissionAsset": "PEPE"},
        {"price": "1", "qty": "0.2", "commission": "0.00000002", "commissionAsset": "BNB"},
    ]
    fills = [part | {"tradeId": number} for number, part in enumerate(parts, 7)]
    report = answered("updateTime", transactTime=AT, fills=fills)
    assert [(fill.trade_id, fill.fee_currency) for fill in report.fills] == [
        ("7", "PEPE"),
        ("8", "BNB"),
    ]
    assert [shown(fill.fee) for fill in report.fills] == ["0.00000001", "0.00000002"]
    assert report.reported_at == datetime.fromtimestamp(AT / 1000, UTC)


def test_a_fee_that_is_missing_is_not_zero(client: Any, heard: Any, answered: Any) -> None:
    without = ("commission", "commissionAsset")
    asked = traded(*without)
    (told,) = heard("n", "N").fills
    part = {"tradeId": 7, "price": "1", "qty": "0.1"}
    (placed,) = answered(transactTime=AT, fills=[part]).fills
    for fill in (asked, told, placed):
        assert (fill.fee, fill.fee_currency) == (None, None)


def test_a_fee_of_nothing_is_nothing(client: Any) -> None:
    fill = traded(commission="0.00000000", commissionAsset="BNB")
    assert (fill.fee, fill.fee_currency) == (Decimal(0), "BNB")


def test_a_cancel_is_told_under_the_name_of_its_order(answered: Any, heard: Any) -> None:
    ended = answered(clientOrderId="the-cancel", origClientOrderId="fwdigits", status="CANCELED")
    assert ended.client_order_id == "fwdigits"
    told = heard(c="the-cancel", C="fwdigits", x="CANCELED", X="CANCELED")
    assert (told.client_order_id, told.fills) == ("fwdigits", ())


@pytest.mark.parametrize(
    "execution", ["NEW", "CANCELED", "REPLACED", "REJECTED", "EXPIRED", "TRADE_PREVENTION"]
)
def test_only_a_trade_is_a_part(heard: Any, execution: str) -> None:
    assert heard(x=execution).fills == ()


@pytest.mark.parametrize(
    ("raw", "ours"),
    [
        ("LIMIT", "limit"),
        ("LIMIT_MAKER", "limit"),
        ("MARKET", "market"),
        ("STOP_LOSS", "stop_loss"),
        ("STOP_LOSS_LIMIT", "stop_loss"),
        ("TAKE_PROFIT", "take_profit"),
        ("TAKE_PROFIT_LIMIT", "take_profit"),
    ],
)
def test_types_in_our_words(answered: Any, heard: Any, raw: str, ours: str) -> None:
    assert answered(type=raw).type == heard(o=raw).type == ours
    if ours == "stop_loss":
        trailing = answered(type=raw, trailingDelta=150), heard(o=raw, d=150)
        assert {report.type for report in trailing} == {"trailing_stop"}
