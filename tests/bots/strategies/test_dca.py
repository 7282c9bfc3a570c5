"""Buying more on the way down, and selling all at once above the average."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bots.strategies import dca
from bots.strategies.settings import InvalidSettings, read_settings
from tests.bots.strategies.paper_market import SPOT, PaperMarket

PLAN = {
    "amount": "100",
    "step_percent": "10",
    "steps": 2,
    "step_amount": "90",
    "profit_percent": "10",
}


def start_market(fee: str = "0", **more: Any) -> PaperMarket:
    return PaperMarket("dca", PLAN | more, fee=Decimal(fee)).settle()


def test_it_buys_at_once_and_places_its_steps() -> None:
    assert start_market().list_waiting() == [
        "profit: sell 1 at 110",
        "step-01: buy 1 at 90",
        "step-02: buy 1.125 at 80",
    ]


def test_an_average_of_many_digits_is_told_in_eight() -> None:
    paper = start_market(fee="0.001")  # 100 bought 0.999: each coin cost 100.1001001001…
    reasons = {place.slot: place.reason for place in paper.history}
    assert reasons["profit"] == "10 % above the average of 100.1001"


def test_more_bought_means_another_sale() -> None:
    paper = start_market().move_price("90")
    assert paper.list_waiting() == ["profit: sell 2 at 104.5", "step-02: buy 1.125 at 80"]


def test_where_the_venue_changes_orders_the_sale_grows() -> None:
    market = replace(SPOT, amends=True)
    paper = PaperMarket("dca", PLAN, market).settle()
    paper.fill_order("profit", Decimal(110), Decimal("0.4"))
    paper.move_price("90")
    assert paper.list_waiting()[0].startswith("profit: sell 2 at")
    assert (paper.slots["profit"].filled, paper.slots["profit"].turn) == (Decimal("0.4"), 1000)


def test_a_change_that_is_under_way_is_awaited() -> None:
    market = replace(SPOT, amends=True)
    paper = PaperMarket("dca", PLAN, market).settle()
    paper.slots["profit"] = replace(paper.slots["profit"], is_changing=True)
    paper.move_price("90")
    assert paper.list_waiting()[0] == "profit: sell 1 at 110"


def test_a_change_that_was_refused_makes_way_for_another_sale() -> None:
    market = replace(SPOT, amends=True)
    paper = PaperMarket("dca", PLAN, market, refuses_changes=True).settle().move_price("90")
    assert paper.list_waiting() == ["profit: sell 2 at 104.5", "step-02: buy 1.125 at 80"]
    assert paper.slots["profit"].turn == 1001


def test_when_all_is_sold_the_steps_go_and_the_next_round_begins() -> None:
    paper = start_market().move_price("90").move_price("104.5")
    assert paper.list_waiting() == [
        "profit: sell 0.956 at 114.95",
        "step-01: buy 0.956 at 94.05",
        "step-02: buy 1.076 at 83.6",
    ]
    assert [place.turn for place in paper.history if place.slot == "base"] == [1, 2]


def test_without_infinite_it_does_one_round() -> None:
    paper = start_market(infinite=False).move_price("110")
    assert paper.halted
    assert not paper.open()


def test_a_part_of_the_sale_stays_sold() -> None:
    paper = start_market()
    paper.fill_order("profit", Decimal(110), Decimal("0.4"))
    paper.move_price("90")
    assert "profit: sell 1.6" in paper.list_waiting()[0]


def test_the_fee_in_coins_is_not_sold() -> None:
    assert "profit: sell 0.999 at" in start_market(fee="0.001").list_waiting()[0]


def test_what_cannot_be_sold_is_not_bought_again_and_again() -> None:
    """The fee leaves less than the venue's minimum of the smallest purchase."""
    market = replace(SPOT, min_quantity=Decimal(1))
    for infinite in (True, False):
        paper = PaperMarket("dca", PLAN | {"infinite": infinite}, market, Decimal("0.001")).settle()
        assert "0.999 was bought, which is less than the venue takes." in str(paper.halted)
        assert [place.slot for place in paper.history] == ["base"]


def test_a_step_below_any_price_is_left_out() -> None:
    market = replace(SPOT, price_step=Decimal(50))
    paper = PaperMarket("dca", PLAN | {"step_percent": "49"}, market).settle()
    assert paper.list_waiting() == ["profit: sell 1 at 150", "step-01: buy 1.8 at 50"]


def test_invalid_settings_are_refused() -> None:
    settings = read_settings(dca.Settings, PLAN | {"steps": 10, "step_amount": "1"})
    assert [name for name, _ in dca.check_settings(settings, SPOT)] == ["steps", "step_amount"]
    assert list(dca.check_settings(read_settings(dca.Settings, PLAN), SPOT)) == []
    with pytest.raises(InvalidSettings):
        read_settings(dca.Settings, PLAN | {"scale": "0.5"})


def test_what_a_round_can_cost() -> None:
    assert read_settings(dca.Settings, PLAN | {"scale": "2"}).total_cost == 100 + 90 + 180


@given(some.lists(some.decimals("60", "140", places=2), max_size=40))
def test_wherever_the_price_goes_a_round_never_loses(path: list[Decimal]) -> None:
    paper = start_market(infinite=False)
    for price in path:
        paper.move_price(price)
    if paper.halted:
        assert paper.base == 0
        assert paper.quote > 0
    else:
        assert paper.base == sum((o.quantity for o in paper.open() if o.side == "sell"), Decimal(0))
