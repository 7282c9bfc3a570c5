"""Bybit's rows: numbers, fees and statuses, on frames made from its field descriptions."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import ccxt
import pytest

from exchanges.base import NotFound, OrderName, OrderRequest, RequestRefused, VenueDown
from exchanges.bybit import rows
from exchanges.bybit.stream import make_refusal
from orders.lifecycle import states

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ORDER = {
    "symbol": "PEPEUSDT",
    "orderId": "1852369012345678901",
    "orderLinkId": "fw-1",
    "side": "Buy",
    "orderType": "Limit",
    "orderStatus": "PartiallyFilled",
    "price": "0.000012345600",
    "qty": "123456789012345.000000000000000001",
    "cumExecQty": "0.000000000000000001",
    "cumExecValue": "0.00000000000000000000001",
    "rejectReason": "EC_NoError",
    "createdTime": "1795245500260",
    "updatedTime": "1795245500271",
    "triggerPrice": "",
    "stopOrderType": "",
    "marketUnit": "",
}
EXECUTION = {
    "symbol": "PEPEUSDT",
    "orderId": "1852369012345678901",
    "orderLinkId": "fw-1",
    "execId": "2290000000123456789",
    "side": "Buy",
    "execPrice": "0.000012345600",
    "execQty": "0.000000000000000001",
    "execFee": "0.000000000000000000001",
    "feeCurrency": "",
    "execType": "Trade",
    "execTime": "1795245500271",
    "isMaker": True,
    "orderType": "Limit",
    "orderPrice": "0.0000123456",
}
SPOT = {"base": "PEPE", "quote": "USDT", "settle": None}
LINEAR = {"base": "PEPE", "quote": "USDT", "settle": "USDT"}


def order(**changes: Any) -> Any:
    return rows.order_report(ORDER | changes, lambda name: str(name))


def fill(market: Any = SPOT, **changes: Any) -> Any:
    return rows.fill_report(EXECUTION | changes, "PEPE/USDT", market)


def test_every_digit_is_kept() -> None:
    report = order()
    assert report.quantity == Decimal("123456789012345.000000000000000001")
    assert (report.price, report.filled) == (Decimal("0.0000123456"), Decimal("1e-18"))
    assert fill().fee == Decimal("1e-21")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("Created", "new"),
        ("Untriggered", "new"),
        ("Triggered", "new"),
        ("New", "new"),
        ("PartiallyFilled", "partially_filled"),
        ("Filled", "filled"),
        ("PartiallyFilledCanceled", "canceled"),
        ("Cancelled", "canceled"),
        ("Deactivated", "canceled"),
        ("Rejected", "rejected"),
        ("InLimbo", "unknown"),
        (None, "unknown"),
    ],
)
def test_each_status_is_translated_and_a_strange_one_is_unknown(
    raw: str | None, status: str
) -> None:
    assert order(orderStatus=raw).status == status


def test_partly_filled_and_cancelled_is_not_closed_as_ccxt_has_it() -> None:
    report = order(orderStatus="PartiallyFilledCanceled", qty="10", cumExecQty="4")
    assert (report.status, report.filled) == ("canceled", Decimal(4))


def test_a_rejection_that_carries_fills_counts_them() -> None:
    report = order(orderStatus="Rejected", qty="10", cumExecQty="4", rejectReason="EC_Others")
    truth = states.OrderState(status=states.NEW, quantity=Decimal(10))
    decided = states.merge_report(truth, report, now=NOW).state
    assert (decided.status, decided.filled) == (states.EXPIRED, Decimal(4))


@pytest.mark.parametrize("reason", ["EC_NoImmediateQtyToFill", "EC_NoEnoughQtyToFill"])
def test_what_found_nobody_in_time_has_expired(reason: str) -> None:
    report = order(orderStatus="Cancelled", rejectReason=reason)
    assert (report.status, report.raw_status) == ("expired", f"Cancelled {reason}")


def test_a_market_order_counted_in_what_it_spends_has_no_quantity() -> None:
    assert order(marketUnit="quoteCoin", qty="500").quantity is None
    assert order(marketUnit="baseCoin", qty="0.5").quantity == Decimal("0.5")


def test_a_spot_market_buy_that_names_no_unit_is_counted_in_what_it_spends() -> None:
    market = {"orderType": "Market", "marketUnit": "", "qty": "6.97"}
    assert order(**market).quantity is None
    assert order(**market, side="Sell").quantity == Decimal("6.97")
    contract = rows.order_report(ORDER | market, lambda _: "PEPE/USDT:USDT")
    assert contract.quantity == Decimal("6.97")


def test_idle_fields_are_empty_texts_not_zeros() -> None:
    report = order(price="0", orderLinkId="", cumExecValue="", updatedTime="")
    assert (report.price, report.client_order_id, report.cost) == (None, None, None)
    assert report.reported_at is None


@pytest.mark.parametrize(
    ("market", "changes", "currency"),
    [
        (SPOT, {}, "PEPE"),
        (SPOT, {"side": "Sell"}, "USDT"),
        (SPOT, {"feeCurrency": "MNT"}, "MNT"),
        (LINEAR, {}, "USDT"),
        (LINEAR, {"side": "Sell"}, "USDT"),
        (SPOT, {"execFee": "-0.01"}, "USDT"),
        (SPOT, {"side": "Sell", "execFee": "-0.01"}, "PEPE"),
        (SPOT, {"feeCurrency": "MNT", "execFee": "-0.01"}, "MNT"),
        (LINEAR, {"execFee": "-0.01"}, "USDT"),
        ({}, {}, None),
    ],
)
def test_whose_fee_is_in_which_currency(market: Any, changes: Any, currency: str | None) -> None:
    assert fill(market, **changes).fee_currency == currency


def test_a_rebate_is_a_negative_fee_and_no_fee_is_none() -> None:
    assert fill(execFee="-0.01").fee == Decimal("-0.01")
    assert fill(execFee="").fee is None


def test_funding_and_settlement_are_no_parts_of_an_order() -> None:
    kinds = ("Trade", "Funding", "AdlTrade", "BustTrade", "Settle", "Delivery")
    assert [rows.is_fill({"execType": kind}) for kind in kinds] == [
        *(True, False, True, True, False, False)
    ]


def test_an_execution_says_nothing_of_the_orders_end() -> None:
    said = rows.fill_order_report(EXECUTION, fill())
    truth = states.OrderState(status=states.CANCELED, quantity=Decimal(10), filled=Decimal(0))
    decided = states.merge_report(truth, said, now=NOW).state
    assert (decided.status, decided.filled) == (states.CANCELED, Decimal("1e-18"))


def test_what_is_bound_as_margin_is_held() -> None:
    coin = {"coin": "USDT", "walletBalance": "100", "locked": "1.5"}
    report = rows.balance_report(coin | {"totalOrderIM": "2", "totalPositionIM": "3.25"})
    assert (report.free, report.held) == (Decimal("93.25"), Decimal("6.75"))


def test_what_is_free_is_never_below_zero() -> None:
    """Margin may be bound against other coins of the account."""
    coin = {"coin": "USDT", "walletBalance": "100", "totalPositionIM": "130"}
    report = rows.balance_report(coin)
    assert (report.free, report.held, report.cash) == (Decimal(0), Decimal(130), Decimal(100))
    owed = rows.balance_report({"coin": "USDT", "walletBalance": "-5"})
    assert (owed.free, owed.held, owed.cash) == (Decimal(0), Decimal(0), Decimal(-5))


def test_a_post_only_order_that_would_take_was_rejected() -> None:
    report = order(orderStatus="Cancelled", rejectReason="EC_PostOnlyWillTakeLiquidity")
    assert report.status == "rejected"


@pytest.mark.parametrize(
    ("changes", "quantity", "side"),
    [
        ({"side": "Buy"}, "2", "net"),
        ({"side": "Sell"}, "-2", "net"),
        ({"side": "", "size": "0"}, "0", "net"),
        ({"side": "Buy", "positionIdx": 1}, "2", "long"),
        ({"side": "Sell", "positionIdx": 2}, "-2", "short"),
    ],
)
def test_positions_have_a_sign(changes: Any, quantity: str, side: str) -> None:
    info = {"symbol": "BTCUSDT", "size": "2", "positionIdx": 0, "liqPrice": "", "avgPrice": "5"}
    report = rows.position_report(info | changes, lambda name: str(name), "cross")
    assert (report.quantity, report.side) == (Decimal(quantity), side)
    assert (report.liquidation_price, report.entry_price) == (None, Decimal(5))


@pytest.mark.parametrize(
    ("side", "direction", "kind"),
    [
        ("Sell", 2, "stop_loss"),
        ("Sell", 1, "take_profit"),
        ("Buy", 1, "stop_loss"),
        ("Buy", 2, "take_profit"),
        ("Buy", 0, "limit"),
    ],
)
def test_what_a_waiting_order_is_for(side: str, direction: int, kind: str) -> None:
    assert order(side=side, triggerPrice="70", triggerDirection=direction).type == kind


@pytest.mark.parametrize(
    ("kind", "side", "direction"),
    [
        ("stop_loss", "sell", 2),
        ("stop_loss", "buy", 1),
        ("take_profit", "sell", 1),
        ("take_profit", "buy", 2),
    ],
)
def test_which_way_a_waiting_order_is_asked_to_wait(kind: str, side: str, direction: int) -> None:
    request = OrderRequest(
        symbol="BTC/USDT:USDT",
        side=side,
        type=kind,
        time_in_force="GTC",
        quantity=Decimal("1E-7"),
        price=None,
        client_order_id="fw-1",
        trigger_price=Decimal("70000"),
    )
    wish = rows.build_order(request, category="linear", symbol="BTCUSDT")
    assert (wish["triggerDirection"], wish["orderType"]) == (direction, "Market")
    assert wish["qty"] == "0.0000001"
    spot = rows.build_order(request, category="spot", symbol="BTCUSDT")
    assert (spot["orderFilter"], "triggerDirection" in spot) == ("tpslOrder", False)


def test_a_waiting_order_is_asked_for_by_our_name() -> None:
    name = OrderName(
        symbol="BTC/USDT", client_order_id="fw-1", exchange_order_id="9", is_conditional=True
    )
    assert rows.id_params(name) == {"orderLinkId": "fw-1"}


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        ({"op": "auth", "ret_msg": "API key is invalid."}, ccxt.AuthenticationError),
        ({"op": "auth", "ret_msg": "Request expired"}, ccxt.InvalidNonce),
        ({"op": "subscribe", "ret_msg": "error:topic x does not exist"}, VenueDown),
        ({"ret_msg": ""}, VenueDown),
    ],
)
def test_a_frame_without_success_is_an_error(frame: Any, kind: type[Exception]) -> None:
    assert isinstance(make_refusal(frame), kind)
    assert not isinstance(make_refusal(frame), NotFound | RequestRefused)


@pytest.mark.parametrize(
    ("spent", "status"),
    [
        ("9.99486", "filled"),  # 0.00514 left, and a step of 0.000001 costs 0.0293
        ("9.9707", "filled"),
        ("9.9", "canceled"),  # nobody sold the rest
    ],
)
def test_a_sum_that_is_spent_but_for_less_than_a_step_is_filled(spent: str, status: str) -> None:
    market = {"precision": {"amount": "0.000001"}, "limits": {"amount": {"min": None}}}
    filled = Decimal(spent) / 29300
    info = ORDER | {
        **{"orderType": "Market", "price": "0", "marketUnit": "quoteCoin", "qty": "10"},
        **{"orderStatus": "PartiallyFilledCanceled", "cumExecValue": spent},
        "cumExecQty": f"{filled:f}",
    }
    report = rows.order_report(info, str)
    assert rows.settle_quote_order(report, info, market).status == status
    assert rows.settle_quote_order(report, info, None) == report
    in_coins = info | {"marketUnit": "baseCoin", "qty": f"{filled + 1:f}"}
    cut = rows.order_report(in_coins, str)
    assert rows.settle_quote_order(cut, in_coins, market).status == "canceled"
