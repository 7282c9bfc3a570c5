"""The terms of orders placed outside: how they wait, what they may do, their group."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from exchanges.base import OrderReport
from exchanges.binance import futures_rows, spot_rows
from exchanges.bybit import rows as bybit_rows
from exchanges.okx import rows as okx_rows
from tests.exchanges.binance.test_futures_numbers import ORDER as USDM_ORDER
from tests.exchanges.binance.test_futures_numbers import UPDATE as USDM_UPDATE
from tests.exchanges.binance.test_futures_numbers import WAITING as USDM_WAITING
from tests.exchanges.binance.test_spot_numbers import FRAME as SPOT_FRAME
from tests.exchanges.binance.test_spot_numbers import ORDER as SPOT_ORDER
from tests.exchanges.bybit.test_rows import ORDER as BYBIT_ORDER
from tests.exchanges.okx.test_numbers import SWAP, TAKEN, WAITS

TILL = 1_795_245_500_000
TILL_TIME = datetime.fromtimestamp(TILL / 1000, UTC)


def name(symbol: Any) -> str:
    return str(symbol)


def told(report: OrderReport, *names: str) -> tuple[Any, ...]:
    return tuple(getattr(report, name) for name in names)


@pytest.mark.parametrize(
    ("listed", "streamed", "terms"),
    [
        ({"type": "LIMIT_MAKER"}, {"o": "LIMIT_MAKER"}, ("limit", "PO", None, None, None)),
        ({"timeInForce": "IOC"}, {"f": "IOC"}, ("limit", "IOC", None, None, None)),
        ({"type": "MARKET"}, {"o": "MARKET"}, ("market", None, None, None, None)),
        (
            {"type": "STOP_LOSS_LIMIT", "stopPrice": "0.5", "orderListId": 77},
            {"o": "STOP_LOSS_LIMIT", "P": "0.5", "g": 77},
            ("stop_loss", "GTC", Decimal("0.5"), None, "77"),
        ),
        (
            {"type": "STOP_LOSS", "trailingDelta": 150},
            {"o": "STOP_LOSS", "d": 150},
            ("trailing_stop", None, None, Decimal("1.5"), None),
        ),
    ],
)
def test_binance_spot(listed: Any, streamed: Any, terms: Any) -> None:
    names = ("type", "time_in_force", "trigger_price", "trailing_percent", "group")
    assert told(spot_rows.order_report(SPOT_ORDER | listed, name), *names) == terms
    assert told(spot_rows.streamed_report(SPOT_FRAME | streamed, name), *names) == terms


@pytest.mark.parametrize(
    ("listed", "streamed", "terms"),
    [
        ({"timeInForce": "GTX"}, {"f": "GTX"}, ("PO", None, False, "net", None)),
        (
            {"timeInForce": "GTD", "goodTillDate": TILL},
            {"f": "GTD", "gtd": TILL},
            ("GTD", TILL_TIME, False, "net", None),
        ),
        (
            {"reduceOnly": True, "positionSide": "SHORT"},
            {"R": True, "ps": "SHORT"},
            ("GTC", None, True, "short", None),
        ),
        (
            {"type": "STOP", "stopPrice": "0.01"},
            {"o": "STOP", "sp": "0.01"},
            ("GTC", None, False, "net", Decimal("0.01")),
        ),
    ],
)
def test_binance_futures(listed: Any, streamed: Any, terms: Any) -> None:
    names = ("time_in_force", "good_till", "reduce_only", "position_side", "trigger_price")
    assert told(futures_rows.order_report(USDM_ORDER | listed, name), *names) == terms
    frame = {"T": TILL, "o": USDM_UPDATE | streamed}
    assert told(futures_rows.streamed_order(frame, name), *names) == terms


def test_a_stop_of_binance_futures_that_closes_the_position_has_no_quantity() -> None:
    stop = {
        **{"algoId": 5, "clientAlgoId": "web", "symbol": "BTCUSDT", "side": "SELL"},
        **{"orderType": "STOP_MARKET", "algoStatus": "NEW", "quantity": "0.00"},
        **{"triggerPrice": "60000", "closePosition": True, "positionSide": "LONG"},
        **{"reduceOnly": True, "timeInForce": "GTC", "createTime": TILL},
    }
    names = ("type", "quantity", "trigger_price", "closes_position", "position_side", "reduce_only")
    expected = ("stop_loss", None, Decimal(60000), True, "long", True)
    assert told(futures_rows.conditional_report(stop, name), *names) == expected
    update = USDM_WAITING | {"q": "0", "tp": "60000", "cp": True, "ps": "LONG", "R": True}
    update |= {"o": "STOP_MARKET", "X": "NEW"}
    report = futures_rows.streamed_conditional({"T": TILL, "o": update}, name)
    assert told(report, *names) == expected


@pytest.mark.parametrize(
    ("changes", "terms"),
    [
        ({"ordType": "post_only"}, ("PO", None, "net")),
        ({"ordType": "ioc", "reduceOnly": "true"}, ("IOC", True, "net")),
        ({"ordType": "fok", "reduceOnly": "false"}, ("FOK", False, "net")),
        ({"ordType": "market", "posSide": "short"}, (None, None, "short")),
    ],
)
def test_okx(changes: Any, terms: Any) -> None:
    report = okx_rows.order_report(TAKEN | {"posSide": "net"} | changes, SWAP)
    assert told(report, "time_in_force", "reduce_only", "position_side") == terms


@pytest.mark.parametrize(
    ("changes", "terms"),
    [
        ({}, ("stop_loss", Decimal(60000), None, None)),
        (
            {"ordType": "oco", "tpTriggerPx": "70000", "tpOrdPx": "-1"},
            ("oco", Decimal(60000), Decimal(70000), None),
        ),
        (
            {"slTriggerPx": "", "slOrdPx": "", "tpTriggerPx": "70000"},
            ("take_profit", Decimal(70000), None, None),
        ),
        (
            {"ordType": "move_order_stop", "slTriggerPx": "", "callbackRatio": "0.015"},
            ("trailing_stop", None, None, Decimal("1.5")),
        ),
    ],
)
def test_okx_waiting(changes: Any, terms: Any) -> None:
    report = okx_rows.algo_report(WAITS | changes, SWAP)
    names = ("type", "trigger_price", "take_profit_price", "trailing_percent")
    assert told(report, *names) == terms


def test_a_stop_of_okx_that_closes_the_position_has_no_quantity() -> None:
    closing = WAITS | {"closeFraction": "1", "sz": "", "reduceOnly": "true", "posSide": "long"}
    report = okx_rows.algo_report(closing, SWAP)
    names = ("quantity", "closes_position", "reduce_only", "position_side")
    assert told(report, *names) == (None, True, True, "long")


@pytest.mark.parametrize(
    ("symbol", "changes", "terms"),
    [
        ("PEPE/USDT", {"timeInForce": "PostOnly"}, ("limit", "PO", None, None, None)),
        (
            "PEPE/USDT:USDT",
            {"timeInForce": "GTC", "reduceOnly": True, "positionIdx": 2},
            ("limit", "GTC", True, "short", None),
        ),
        (
            "PEPE/USDT:USDT",
            {"orderType": "Market", "timeInForce": "IOC", "positionIdx": 0},
            ("market", None, None, "net", None),
        ),
        (
            "PEPE/USDT:USDT",
            {"stopOrderType": "PartialTakeProfit", "parentOrderLinkId": "entry"},
            ("take_profit", None, None, None, "entry"),
        ),
    ],
)
def test_bybit(symbol: str, changes: Any, terms: Any) -> None:
    report = bybit_rows.order_report(BYBIT_ORDER | changes, lambda _: symbol)
    names = ("type", "time_in_force", "reduce_only", "position_side", "group")
    assert told(report, *names) == terms


def test_a_stop_of_bybit_that_closes_the_position_has_no_quantity() -> None:
    closing = BYBIT_ORDER | {"qty": "0", "closeOnTrigger": True, "reduceOnly": True}
    closing |= {"stopOrderType": "StopLoss", "triggerPrice": "60000", "orderType": "Market"}
    report = bybit_rows.order_report(closing, lambda _: "BTC/USDT:USDT")
    names = ("type", "quantity", "closes_position", "trigger_price")
    assert told(report, *names) == ("stop_loss", None, True, Decimal(60000))
