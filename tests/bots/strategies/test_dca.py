"""Buying more on the way down, and selling all at once above the average."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bots.strategies import dca
from bots.strategies.settings import InvalidSettings, read_settings
from tests.bots.strategies.stage import SPOT, Stage

PLAN = {
    "amount": "100",
    "step_percent": "10",
    "steps": 2,
    "step_amount": "90",
    "profit_percent": "10",
}


def stage(fee: str = "0", **more: Any) -> Stage:
    return Stage("dca", PLAN | more, fee=Decimal(fee)).settle()


def test_it_buys_at_once_and_lays_its_steps() -> None:
    assert stage().places() == [
        "profit: sell 1 at 110",
        "step-01: buy 1 at 90",
        "step-02: buy 1.125 at 80",
    ]


def test_more_bought_means_another_sale() -> None:
    one = stage().move("90")
    assert one.places() == ["profit: sell 2 at 104.5", "step-02: buy 1.125 at 80"]


def test_when_all_is_sold_the_steps_go_and_the_next_round_begins() -> None:
    one = stage().move("90").move("104.5")
    assert one.places() == [
        "profit: sell 0.956 at 114.95",
        "step-01: buy 0.956 at 94.05",
        "step-02: buy 1.076 at 83.6",
    ]
    assert [place.turn for place in one.history if place.slot == "base"] == [1, 2]


def test_once_is_once() -> None:
    one = stage(infinite=False).move("110")
    assert one.halted
    assert not one.open()


def test_a_part_of_the_sale_stays_sold() -> None:
    one = stage()
    one.fill("profit", Decimal(110), Decimal("0.4"))
    one.move("90")
    assert "profit: sell 1.6" in one.places()[0]


def test_what_the_venue_keeps_is_not_sold() -> None:
    assert "profit: sell 0.999 at" in stage(fee="0.001").places()[0]


def test_what_cannot_be_sold_is_not_bought_again_and_again() -> None:
    """Of the least that its venue takes, the venue keeps a little: what is left is less."""
    market = replace(SPOT, min_quantity=Decimal(1))
    for infinite in (True, False):
        one = Stage("dca", PLAN | {"infinite": infinite}, market, Decimal("0.001")).settle()
        assert "0.999 was bought, which is less than the venue takes." in str(one.halted)
        assert [place.slot for place in one.history] == ["base"]


def test_a_step_below_any_price_is_left_out() -> None:
    market = replace(SPOT, price_step=Decimal(50))
    one = Stage("dca", PLAN | {"step_percent": "49"}, market).settle()
    assert one.places() == ["profit: sell 1 at 150", "step-01: buy 1.8 at 50"]


def test_what_makes_no_sense() -> None:
    settings = read_settings(dca.Settings, PLAN | {"steps": 10, "step_amount": "1"})
    assert [name for name, _ in dca.check_settings(settings, SPOT)] == ["steps", "step_amount"]
    assert list(dca.check_settings(read_settings(dca.Settings, PLAN), SPOT)) == []
    with pytest.raises(InvalidSettings):
        read_settings(dca.Settings, PLAN | {"scale": "0.5"})


def test_what_a_round_can_cost() -> None:
    assert read_settings(dca.Settings, PLAN | {"scale": "2"}).total_cost == 100 + 90 + 180


@given(some.lists(some.decimals("60", "140", places=2), max_size=40))
def test_wherever_the_price_goes_a_round_never_loses(path: list[Decimal]) -> None:
    one = stage(infinite=False)
    for price in path:
        one.move(price)
    if one.halted:
        assert one.base == 0
        assert one.quote > 0
    else:
        assert one.base == sum((o.quantity for o in one.open() if o.side == "sell"), Decimal(0))
