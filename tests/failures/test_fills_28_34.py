"""FAILURES 28 to 34: fills that come late, fees that come later, and venues that miscount."""

from decimal import Decimal

import pytest

from orders.models import Fill, OrderChange
from tests.failures.harness.scene import Scene
from tests.trading import reload_order

FOUR = Decimal("0.004")


def test_28_a_fill_that_comes_after_the_cancel_counts(scene: Scene) -> None:
    order = scene.place()
    with scene.streaming():
        late = scene.fault("delay_events", times=1, latency_ms=500)
        scene.fill(order, "0.004")
        scene.mend(late)
        scene.fault("filled_by", times=1, amount="-0.004")
        scene.cancel_by_hand(order)
        scene.wait_for_frame("order_update", id=order.pk, status="canceled", filled="0")
        scene.wait_for_frame("order_update", id=order.pk, status="canceled", filled="0.004")
    assert reload_order(order).fills_quantity == reload_order(order).filled == FOUR
    assert [trade["data"]["quantity"] for trade in scene.heard("trade")] == ["0.004"]


def test_29_fees_in_two_currencies_are_kept_apart(scene: Scene) -> None:
    order = scene.place()
    scene.fill(order, "0.004")
    scene.simulator.control.post("deposit", key=scene.key.api_key, asset="BNB", amount="5")
    scene.simulator.control.patch("accounts", key=scene.key.api_key, fees={"asset": "BNB"})
    scene.fill(order)
    scene.sweep()
    frame = scene.wait_for_frame("order_filled", id=order.pk)
    paid = {trade["commissionAsset"]: trade["commission"] for trade in scene.trades_there()}
    assert set(paid) == {"BTC", "BNB"}
    assert (
        reload_order(order).fees
        == frame["data"]["fees"]
        == {k: v.rstrip("0") for k, v in paid.items()}
    )


def test_29_a_fee_in_a_third_currency_is_that_currencys(scene: Scene) -> None:
    order = scene.place()
    scene.fault("foreign_fee", asset="XYZ", amount="0.25")
    scene.fill(order)
    scene.sweep()
    assert scene.wait_for_frame("order_filled", id=order.pk)["data"]["fees"] == {"XYZ": "0.25"}


@pytest.mark.parametrize("way", ["stream", "sweep"])
def test_29_a_fee_that_is_told_later_is_added_then(scene: Scene, way: str) -> None:
    """Until then it is said to be unknown, not zero."""
    order = scene.place()
    silent = scene.fault("fee_missing")
    if way == "stream":
        with scene.streaming():
            scene.fill(order, "0.004")
            scene.wait_for_frame("trade", fee=None)
    else:
        scene.fill(order, "0.004")
        scene.sweep()
    assert scene.wait_for_frame("trade", order=order.pk)["data"]["fee"] is None
    assert reload_order(order).fees == {}
    scene.mend(silent)
    scene.sweep()
    scene.wait_for_frame("trade", order=order.pk, fee="0.000004", fee_currency="BTC")
    scene.wait_for_frame("order_update", id=order.pk, fees={"BTC": "0.000004"})
    assert Fill.objects.get().fee == Decimal("0.000004")


def test_30_what_a_fee_took_away_is_not_there_to_be_sold(scene: Scene) -> None:
    bought = scene.place(type="market", price=None)
    assert reload_order(bought).filled == Decimal("0.01")
    bought = reload_order(bought)
    left = bought.filled - Decimal(bought.fees["BTC"])
    assert left == Decimal("0.01") - sum(fill.fee or 0 for fill in bought.fills.all())
    closable = left - left % Decimal("0.00001")
    assert closable == Decimal("0.00999")
    sold = scene.place(side="sell", type="market", price=None, quantity=closable)
    scene.wait_for_frame("order_filled", id=sold.pk, filled="0.00999")


def test_31_filled_without_how_much_is_another_round_and_not_the_end(scene: Scene) -> None:
    order = scene.place()
    scene.fill(order)
    bare = scene.fault("bare_end")
    scene.sweep()
    assert (reload_order(order).status, reload_order(order).filled) == ("new", 0)
    scene.mend(bare)
    scene.sweep()
    frame = scene.wait_for_frame("order_filled", id=order.pk)
    assert (frame["data"]["filled"], frame["data"]["average_price"]) == ("0.01", "50000")


def test_32_what_was_filled_is_never_taken_back(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    order = scene.place()
    scene.fill(order, "0.004")
    scene.sweep()
    scene.fault("filled_by", amount="-0.003")
    scene.sweep()
    assert reload_order(order).filled == FOUR
    assert "the venue says filled 0.001" in caplog.text
    scene.wait_for_frame("order_update", id=order.pk, filled="0.004")
    assert {frame["data"]["filled"] for frame in scene.heard("order_update")} == {"0", "0.004"}


@pytest.mark.parametrize(("more", "alarms"), [("0.00001", 0), ("0.001", 1)])
def test_33_more_than_ordered_is_kept_and_beyond_one_unit_alarming(
    scene: Scene, caplog: pytest.LogCaptureFixture, more: str, alarms: int
) -> None:
    scene.know_symbols()
    order = scene.place()
    scene.fill(order)
    scene.fault("filled_by", amount=more)
    scene.sweep()
    whole = Decimal("0.01") + Decimal(more)
    scene.wait_for_frame("order_filled", id=order.pk, filled=str(whole), remaining="0")
    assert reload_order(order).filled == whole
    assert caplog.text.count("more than the ordered 0.01") == alarms
    words = OrderChange.objects.filter(order=order).values_list("reason", flat=True)
    assert len([said for said in words if "more than the ordered" in said]) == alarms


def test_34_trades_that_lag_behind_the_order_are_asked_for_until_they_are_there(
    scene: Scene,
) -> None:
    order = scene.place()
    scene.fill(order)
    scene.fault("fills_missing", scene.market.fills, times=6)
    for _ in range(6):
        scene.sweep()
        assert (reload_order(order).status, reload_order(order).fills_quantity) == ("filled", 0)
    scene.sweep()
    assert reload_order(order).fills_quantity == Decimal("0.01")
    assert scene.wait_for_frame("trade", order=order.pk)["data"]["quantity"] == "0.01"
    assert len(scene.heard("order_filled")) == 1
