"""Two prices, honoured to the letter."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from bots.strategies import scalper
from bots.strategies.settings import read_settings
from tests.bots.strategies.stage import FUTURES, SPOT, Stage

PRICES = {"buy_price": "90", "sell_price": "110", "quantity": "1"}


def stage(market: Any = SPOT, fee: str = "0", **more: Any) -> Stage:
    return Stage("scalper", PRICES | more, market=market, fee=Decimal(fee)).settle()


def wrong(**more: Any) -> list[str]:
    settings = read_settings(scalper.Settings, PRICES | more)
    return [name for name, _ in scalper.check_settings(settings, SPOT)]


def test_it_buys_low_and_sells_high_for_ever() -> None:
    one = stage()
    assert one.places() == ["buy: buy 1 at 90"]
    one.move("90")
    assert one.places() == ["sell: sell 1 at 110"]
    one.move("110").move("90").move("110")
    assert one.quote == 40
    assert one.places() == ["buy: buy 1 at 90"]
    assert [(place.slot, place.turn) for place in one.history] == [
        ("buy", 1),
        ("sell", 1),
        ("buy", 2),
        ("sell", 2),
        ("buy", 3),
    ]


def test_once_is_once() -> None:
    one = stage(infinite=False).move("90").move("110")
    assert one.halted
    assert not one.halted.is_error
    assert not one.open()


def test_the_first_side_may_be_the_sale() -> None:
    one = stage(market=FUTURES, first="sell")
    assert one.places() == ["sell: sell 1 at 110"]
    one.move("110")
    assert one.places() == ["buy: buy 1 at 90"]
    one.move("90")
    assert one.quote == 20
    assert one.base == 0


def test_it_sells_what_the_venue_has_left_of_it() -> None:
    one = stage(fee="0.001").move("90")
    assert one.places() == ["sell: sell 0.999 at 110"]


def test_a_part_is_not_the_whole() -> None:
    one = stage()
    one.fill("buy", Decimal(90), Decimal("0.4"))
    one.settle()
    assert one.places() == ["buy: buy 1 at 90"]


def test_cancelled_by_hand_it_stops_and_says_so() -> None:
    one = stage()
    one.fill("buy", Decimal(90), Decimal("0.4"))
    one.end("buy", reason="cancelled by hand")
    one.settle()
    assert one.halted
    assert one.halted.reason == "The buy order of buy ended after 0.4 of 1: cancelled by hand."


def test_trailing_waits_for_the_price_and_then_for_the_turn() -> None:
    one = stage(trailing_percent="1")
    assert not one.open()
    one.move("90")
    assert [place.type for place in one.history] == ["trailing_stop"]
    one.move("80").move("80.7")
    assert one.places() == ["buy: buy 1 at any price"]
    one.move("80.8")
    assert one.quote == Decimal("-80.8")
    assert not one.open()
    one.move("110").move("120").move("118.8")
    assert one.quote == 38


def test_what_makes_no_sense() -> None:
    assert wrong() == []
    assert wrong(sell_price="90") == ["sell_price"]
    assert wrong(sell_price="80") == ["sell_price"]
    assert wrong(buy_price="90.001") == ["buy_price"]
    assert wrong(quantity="0.0001") == ["quantity"]
    assert wrong(quantity="0.05") == ["quantity"]


def test_too_little_left_is_an_error_not_an_order() -> None:
    one = stage(market=replace(SPOT, min_quantity=Decimal(1)), fee="0.01").move("90")
    assert one.halted
    assert one.halted.is_error
