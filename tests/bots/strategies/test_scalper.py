"""Two prices, honoured to the letter."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from bots.strategies import scalper
from bots.strategies.settings import read_settings
from tests.bots.strategies.paper_market import FUTURES, SPOT, PaperMarket

PRICES = {"buy_price": "90", "sell_price": "110", "quantity": "1"}


def start_market(market: Any = SPOT, fee: str = "0", **more: Any) -> PaperMarket:
    return PaperMarket("scalper", PRICES | more, market=market, fee=Decimal(fee)).settle()


def find_errors(**more: Any) -> list[str]:
    settings = read_settings(scalper.Settings, PRICES | more)
    return [name for name, _ in scalper.check_settings(settings, SPOT)]


def test_it_buys_low_and_sells_high_again_and_again() -> None:
    paper = start_market()
    assert paper.list_waiting() == ["buy: buy 1 at 90"]
    paper.move_price("90")
    assert paper.list_waiting() == ["sell: sell 1 at 110"]
    paper.move_price("110").move_price("90").move_price("110")
    assert paper.quote == 40
    assert paper.list_waiting() == ["buy: buy 1 at 90"]
    assert [(place.slot, place.turn) for place in paper.history] == [
        ("buy", 1),
        ("sell", 1),
        ("buy", 2),
        ("sell", 2),
        ("buy", 3),
    ]


def test_without_infinite_it_does_one_round() -> None:
    paper = start_market(infinite=False).move_price("90").move_price("110")
    assert paper.halted
    assert not paper.halted.is_error
    assert not paper.open()


def test_the_first_side_may_be_the_sale() -> None:
    paper = start_market(market=FUTURES, first="sell")
    assert paper.list_waiting() == ["sell: sell 1 at 110"]
    paper.move_price("110")
    assert paper.list_waiting() == ["buy: buy 1 at 90"]
    paper.move_price("90")
    assert paper.quote == 20
    assert paper.base == 0


def test_it_sells_what_the_fee_leaves() -> None:
    paper = start_market(fee="0.001").move_price("90")
    assert paper.list_waiting() == ["sell: sell 0.999 at 110"]


def test_a_partial_fill_is_not_sold_yet() -> None:
    paper = start_market()
    paper.fill_order("buy", Decimal(90), Decimal("0.4"))
    paper.settle()
    assert paper.list_waiting() == ["buy: buy 1 at 90"]


def test_cancelled_by_hand_it_stops_and_says_so() -> None:
    paper = start_market()
    paper.fill_order("buy", Decimal(90), Decimal("0.4"))
    paper.end_order("buy", reason="cancelled by hand")
    paper.settle()
    assert paper.halted
    assert paper.halted.reason == "The buy order of buy ended after 0.4 of 1: cancelled by hand."


def test_trailing_waits_for_the_price_and_then_for_the_turn() -> None:
    paper = start_market(trailing_percent="1")
    assert not paper.open()
    paper.move_price("90")
    assert [place.type for place in paper.history] == ["trailing_stop"]
    paper.move_price("80").move_price("80.7")
    assert paper.list_waiting() == ["buy: buy 1 at any price"]
    paper.move_price("80.8")
    assert paper.quote == Decimal("-80.8")
    assert not paper.open()
    paper.move_price("110").move_price("120").move_price("118.8")
    assert paper.quote == 38


def test_invalid_settings_are_refused() -> None:
    assert find_errors() == []
    assert find_errors(sell_price="90") == ["sell_price"]
    assert find_errors(sell_price="80") == ["sell_price"]
    assert find_errors(buy_price="90.001") == ["buy_price"]
    assert find_errors(quantity="0.0001") == ["quantity"]
    assert find_errors(quantity="0.05") == ["quantity"]


def test_too_little_left_is_an_error_not_an_order() -> None:
    paper = start_market(market=replace(SPOT, min_quantity=Decimal(1)), fee="0.01").move_price("90")
    assert paper.halted
    assert paper.halted.is_error
