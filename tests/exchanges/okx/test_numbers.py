"""OKX's traps: signs of fees, sizes in contracts, averages, states, on rows as documented."""

from decimal import Decimal
from typing import Any

import pytest

from exchanges.base import OrderReport, OrderRequest
from exchanges.okx import requests as wishes
from exchanges.okx import rows

SPOT: dict[str, Any] = {
    "id": "BTC-USDT",
    "symbol": "BTC/USDT",
    "base": "BTC",
    "quote": "USDT",
    "contract": False,
    "contractSize": None,
    "precision": {"price": "0.1", "amount": "0.00000001"},
    "limits": {"amount": {"min": "0.00001"}, "cost": {"min": None}},
}
SWAP: dict[str, Any] = {
    **SPOT,
    "id": "BTC-USDT-SWAP",
    "symbol": "BTC/USDT:USDT",
    "contract": True,
    "contractSize": "0.01",
    "precision": {"price": "0.1", "amount": "0.01"},
    "limits": {"amount": {"min": "0.01"}, "cost": {"min": None}},
}
# The second of two parts of a market buy, as the orders channel tells it.
TAKEN: dict[str, Any] = {
    "instType": "SPOT",
    "instId": "BTC-USDT",
    "ordId": "680800019749904384",
    "clOrdId": "fw0011223344556677889900112233",
    "algoId": "",
    "algoClOrdId": "",
    "tgtCcy": "base_ccy",
    "side": "buy",
    "ordType": "market",
    "px": "",
    "sz": "0.03",
    "state": "filled",
    "accFillSz": "0.03",
    "avgPx": "64000.3333333333333333",
    "fillPx": "64000.5",
    "fillSz": "0.02",
    "fillTime": "1708587373361",
    "tradeId": "744876980",
    "execType": "T",
    "fee": "-0.00003",
    "feeCcy": "BTC",
    "fillFee": "-0.00002",
    "fillFeeCcy": "BTC",
    "cancelSource": "",
    "cTime": "1708587373361",
    "uTime": "1708587373362",
}
# A stop-loss in the book of its own.
WAITS: dict[str, Any] = {
    "instType": "SWAP",
    "instId": "BTC-USDT-SWAP",
    "algoId": "681096944655273984",
    "algoClOrdId": "fwstop",
    "clOrdId": "",
    "ordId": "",
    "ordType": "conditional",
    "state": "live",
    "side": "sell",
    "sz": "1.5",
    "slTriggerPx": "60000",
    "slOrdPx": "-1",
    "tpTriggerPx": "",
    "tpOrdPx": "",
    "ordPx": "",
    "failCode": "",
    "cTime": "1708658165774",
    "uTime": "1708658165774",
}
HELD: dict[str, Any] = {
    "instType": "SWAP",
    "instId": "BTC-USDT-SWAP",
    "mgnMode": "isolated",
    "posSide": "net",
    "pos": "-12.5",
    "avgPx": "64000.3333333333333333",
    "markPx": "63990.1",
    "liqPx": "",
    "upl": "1.279166666666",
    "lever": "3",
    "uTime": "1708587373361",
}


def told(market: dict[str, Any] = SPOT, **changes: Any) -> OrderReport:
    return rows.streamed_report(TAKEN | changes, market)


def test_a_part_has_its_own_fee_and_price_not_those_of_the_whole() -> None:
    (fill,) = told().fills
    assert (fill.fee, fill.fee_currency) == (Decimal("0.00002"), "BTC")
    assert (fill.price, fill.quantity) == (Decimal("64000.5"), Decimal("0.02"))
    assert (fill.trade_id, fill.is_maker, fill.side) == ("744876980", False, "buy")


@pytest.mark.parametrize(("wire", "fee"), [("-0.00002", "0.00002"), ("0.000001", "-0.000001")])
def test_what_is_taken_is_positive_and_a_rebate_negative_from_lists_and_streams(
    wire: str, fee: str
) -> None:
    (streamed,) = told(fillFee=wire).fills
    listed = {"tradeId": "744876980", "ordId": "680800019749904384", "side": "buy"}
    listed |= {"fillPx": "64000.5", "fillSz": "0.02", "fillTime": "1708587373361"}
    listed |= {"execType": "T", "fee": wire, "feeCcy": "BTC", "ts": "1708587373361"}
    assert streamed.fee == Decimal(fee)
    assert rows.fill_report(listed, SPOT) == streamed


def test_a_fee_in_a_third_currency_and_one_that_is_not_told_yet() -> None:
    (fill,) = told(fillFee="-0.0001", fillFeeCcy="OKB").fills
    assert (fill.fee, fill.fee_currency) == (Decimal("0.0001"), "OKB")
    (fill,) = told(fillFee="", fillFeeCcy="").fills
    assert (fill.fee, fill.fee_currency) == (None, None)


def test_the_cost_is_what_the_parts_were_worth_to_the_last_digit() -> None:
    assert told().cost == Decimal("1920.01")
    seventh: dict[str, Any] = {"sz": "0.7", "accFillSz": "0.7", "avgPx": "64003.6671428571428571"}
    assert told(**seventh).cost == Decimal("44802.567")
    assert told(accFillSz="0", avgPx="", fillSz="0", state="live").cost == 0


def test_a_cost_of_any_size_keeps_its_digits() -> None:
    huge: dict[str, Any] = {
        "accFillSz": "123456789012345.000000000000000001",
        "avgPx": "6400000.25",
    }
    report = told(**huge)
    assert report.filled == Decimal("123456789012345.000000000000000001")
    assert report.cost == Decimal("790123480543205253086.250000000006")


def test_without_an_average_nothing_is_said_of_the_cost() -> None:
    report = told(avgPx="")
    assert (report.filled, report.cost) == (Decimal("0.03"), None)
    bare = {name: value for name, value in TAKEN.items() if name not in ("accFillSz", "avgPx")}
    report = rows.order_report(bare, SPOT)
    assert (report.status, report.filled, report.cost) == ("filled", None, None)


def test_contracts_are_told_in_coins() -> None:
    report = told(SWAP, sz="3", accFillSz="3", fillSz="2", fillFeeCcy="USDT", fillFee="-0.64")
    assert (report.quantity, report.filled) == (Decimal("0.03"), Decimal("0.03"))
    assert report.cost == Decimal("1920.01")
    assert report.fills[0].quantity == Decimal("0.02")
    assert report.symbol == "BTC/USDT:USDT"


def test_a_size_in_quote_is_no_quantity() -> None:
    assert told(tgtCcy="quote_ccy", sz="1920").quantity is None
    assert told(tgtCcy="quote_ccy", sz="0.5", ordType="limit").quantity == Decimal("0.5")
    assert told(tgtCcy="", side="buy", sz="1920", ordType="market").quantity is None
    assert told(tgtCcy="", side="sell", sz="0.5", ordType="market").quantity == Decimal("0.5")


def test_the_last_part_of_an_order_is_not_told_again_with_its_end() -> None:
    ended = told(state="canceled", cancelSource="1", fillSz="0", fillPx="", tradeId="")
    assert (ended.status, ended.fills) == ("canceled", ())


@pytest.mark.parametrize(
    ("state", "source", "status"),
    [
        ("live", "", "new"),
        ("partially_filled", "", "partially_filled"),
        ("filled", "", "filled"),
        ("canceled", "1", "canceled"),
        ("canceled", "0", "canceled"),
        ("canceled", "14", "expired"),
        ("canceled", "31", "rejected"),
        ("canceled", "13", "expired"),
        ("mmp_canceled", "", "canceled"),
        ("in_limbo", "", "unknown"),
        (None, "", "unknown"),
    ],
)
def test_every_state_has_a_word_and_a_new_one_is_unknown(
    state: str | None, source: str, status: str
) -> None:
    assert told(state=state, cancelSource=source).status == status


def test_an_order_that_waited_apart_keeps_our_name() -> None:
    became = told(clOrdId="", algoClOrdId="fwstop", algoId="681096944655273984")
    assert (became.client_order_id, became.exchange_order_id) == ("fwstop", TAKEN["ordId"])
    named = told(clOrdId="O680800019749904384", algoClOrdId="fwstop")  # one that OKX made up
    assert named.client_order_id == "fwstop"
    assert told(clOrdId="").client_order_id is None


@pytest.mark.parametrize(
    "changes", [{"ordId": "68"}, {"ordIdList": ["67", "68"]}, {"ordId": "68", "ordIdList": []}]
)
def test_what_a_trigger_has_made_of_an_order(changes: dict[str, Any]) -> None:
    assert rows.find_triggered_id(WAITS | changes) == "68"
    assert rows.find_triggered_id(WAITS | {"ordIdList": []}) == ""


@pytest.mark.parametrize(
    ("changes", "kind", "price"),
    [
        ({}, "stop_loss", None),
        ({"slOrdPx": "59000"}, "stop_loss", "59000"),
        ({"slTriggerPx": "", "tpTriggerPx": "70000", "tpOrdPx": "-1"}, "take_profit", None),
        ({"ordType": "move_order_stop", "callbackRatio": "0.015"}, "trailing_stop", None),
        ({"ordType": "trigger", "triggerPx": "60000", "ordPx": "59000"}, "trigger", "59000"),
    ],
)
def test_what_waits_apart(changes: dict[str, Any], kind: str, price: str | None) -> None:
    report = rows.algo_report(WAITS | changes, SWAP)
    assert (report.exchange_order_id, report.client_order_id) == (
        "algo:681096944655273984",
        "fwstop",
    )
    assert (report.type, report.status, report.side) == (kind, "new", "sell")
    assert (report.quantity, report.filled) == (Decimal("0.015"), Decimal(0))
    assert report.price == (Decimal(price) if price else None)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("live", "new"),
        ("pause", "new"),
        ("effective", "new"),
        ("canceled", "canceled"),
        ("order_failed", "rejected"),
        ("in_limbo", "unknown"),
    ],
)
def test_every_state_of_what_waits(state: str, status: str) -> None:
    assert rows.algo_report(WAITS | {"state": state}, SWAP).status == status


def test_why_it_failed_is_said() -> None:
    failed = rows.algo_report(WAITS | {"state": "order_failed", "failCode": "51008"}, SWAP)
    assert failed.raw_status == "order_failed 51008"


def test_positions_are_told_in_coins_and_short_ones_are_negative() -> None:
    held = rows.position_report(HELD, SWAP)
    assert (held.quantity, held.side) == (Decimal("-0.125"), "net")
    assert (held.entry_price, held.leverage) == (Decimal("64000.3333333333333333"), Decimal(3))
    assert (held.liquidation_price, held.margin_mode) == (None, "isolated")
    hedged = rows.position_report(HELD | {"posSide": "short", "pos": "12.5"}, SWAP)
    assert (hedged.quantity, hedged.side) == (Decimal("-0.125"), "short")


def test_rules_count_coins() -> None:
    rule = rows.symbol_rules(SWAP)
    assert (rule.quantity_step, rule.min_quantity) == (Decimal("0.0001"), Decimal("0.0001"))
    assert rows.symbol_rules(SPOT).quantity_step == Decimal("1e-8")


def wanted(**changes: Any) -> OrderRequest:
    usual: dict[str, Any] = {
        "symbol": "BTC/USDT",
        "side": "buy",
        "type": "market",
        "time_in_force": "GTC",
        "quantity": Decimal("0.0300"),
        "price": None,
        "client_order_id": "fw1",
    }
    return OrderRequest(**usual | changes)


def test_a_market_buy_is_counted_in_coins() -> None:
    wish = wishes.build_order(wanted(), SPOT, margin_mode="cash")
    assert (wish["sz"], wish["tgtCcy"], wish["tdMode"]) == ("0.03", "base_ccy", "cash")
    swap = wishes.build_order(wanted(reduce_only=True), SWAP, margin_mode="isolated")
    assert (swap["sz"], swap["tdMode"], swap["reduceOnly"]) == ("3", "isolated", True)
    assert "tgtCcy" not in swap


@pytest.mark.parametrize(
    ("in_force", "kind"), [("GTC", "limit"), ("PO", "post_only"), ("IOC", "ioc"), ("FOK", "fok")]
)
def test_how_long_it_holds_is_a_kind_of_order(in_force: str, kind: str) -> None:
    limit = wanted(type="limit", price=Decimal("60000.10"), time_in_force=in_force)
    wish = wishes.build_order(limit, SPOT, margin_mode="cash")
    assert (wish["ordType"], wish["px"]) == (kind, "60000.10")


def test_a_trailing_stop_is_told_as_a_ratio() -> None:
    stop = wanted(type="trailing_stop", side="sell", trailing_percent=Decimal("1.5"))
    wish = wishes.build_conditional_order(stop, SWAP, margin_mode="cross")
    assert (wish["ordType"], wish["callbackRatio"]) == ("move_order_stop", "0.015")
    assert wish["algoClOrdId"] == "fw1"


def test_the_gains_of_open_positions_are_in_what_is_free_but_not_in_cash() -> None:
    """Both are as OKX says them, which are not the same."""
    told = {"ccy": "USDT", "cashBal": "4850.4", "availBal": "4834.3", "frozenBal": "158.6",
            "uTime": ""}  # fmt: skip
    report = rows.balance_report(told)
    assert report.cash == Decimal("4850.4")
    assert report.free + report.held == Decimal("4992.9")
