"""A ladder: each step buys at its lower and sells at its upper end."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bots.strategies import grid
from bots.strategies.settings import InvalidSettings, read_settings
from tests.bots.strategies.stage import SPOT, Stage

LADDER = {"lower": "80", "upper": "120", "levels": 4, "quantity": "1"}


def stage(fee: str = "0", **more: Any) -> Stage:
    return Stage("grid", LADDER | more, fee=Decimal(fee)).settle()


def wrong(**more: Any) -> list[str]:
    settings = read_settings(grid.Settings, LADDER | more)
    return [name for name, _ in grid.check_settings(settings, SPOT)]


def test_it_buys_below_the_price() -> None:
    assert stage().places() == ["step-001: buy 1 at 80", "step-002: buy 1 at 90"]


def test_each_step_goes_to_and_fro() -> None:
    one = stage().move("90")
    assert "step-002: sell 1 at 100" in one.places()
    one.move("100")
    assert one.quote == 10
    one.move("101")
    assert one.places() == [
        "step-001: buy 1 at 80",
        "step-002: buy 1 at 90",
        "step-003: buy 1 at 100",
    ]


def test_one_fall_through_all_steps_and_back() -> None:
    one = stage().move("119")
    assert len(one.open()) == 4
    one.move("70").move("121")
    assert one.quote == 40
    assert one.base == 0


def test_steps_of_equal_percent() -> None:
    settings = read_settings(grid.Settings, LADDER | {"lower": "100", "upper": "400", "levels": 2,
                                             "spacing": "percent"})  # fmt: skip
    assert grid.list_prices(settings, SPOT) == [100, 200, 400]


@pytest.mark.parametrize(
    ("lower", "upper", "levels", "spacing", "prices"),
    [
        ("1000", "8000", 3, "even", ["1000", "3333.33", "5666.66", "8000"]),
        ("0.1", "0.8", 3, "even", ["0.1", "0.33", "0.56", "0.8"]),
        ("3", "10", 1, "percent", ["3", "10"]),
        ("1", "16", 4, "percent", ["1", "2", "4", "8", "16"]),
    ],
)
def test_what_is_a_price_stays_one_however_it_is_divided(
    lower: str, upper: str, levels: int, spacing: str, prices: list[str]
) -> None:
    given = {"lower": lower, "upper": upper, "levels": levels, "spacing": spacing}
    settings = read_settings(grid.Settings, LADDER | given)
    assert grid.list_prices(settings, SPOT) == [Decimal(price) for price in prices]


def test_a_step_that_was_cancelled_by_hand_stops_it() -> None:
    one = stage()
    one.end("step-001")
    assert one.settle().halted


@pytest.mark.parametrize("levels", ["0", "101", "-1", "1.5"])
def test_so_many_steps_there_are_not(levels: str) -> None:
    with pytest.raises(InvalidSettings):
        read_settings(grid.Settings, LADDER | {"levels": levels})


def test_what_makes_no_sense() -> None:
    assert wrong() == []
    assert wrong(upper="80") == ["upper"]
    assert wrong(upper="80.02") == ["levels"]
    assert wrong(quantity="0.01") == ["quantity"]
    assert wrong(lower="0.001", quantity="10000") == ["lower"]


@given(some.lists(some.decimals("70", "130", places=2), max_size=40))
def test_wherever_the_price_goes_it_earns_a_step_at_a_time(path: list[Decimal]) -> None:
    one = stage()
    for price in path:
        one.move(price)
    held = sum((rung_of(order) for order in one.open() if order.side == "sell"), Decimal(0))
    assert one.base == sum((o.quantity for o in one.open() if o.side == "sell"), Decimal(0))
    assert (one.quote + held) % 10 == 0
    assert one.quote + held >= 0


def rung_of(order: Any) -> Decimal:
    """What the coins of a step were bought for: ten below the price they are sold at."""
    return order.price - 10  # type: ignore[no-any-return]


def test_it_never_trades_with_itself() -> None:
    """The price is said to be higher than what is for sale there: then it is an old price."""
    one = stage().move("90")
    one.market = replace(one.market, price=Decimal(101))
    one.settle()
    assert one.places() == ["step-001: buy 1 at 80", "step-002: sell 1 at 100"]
    one.move("101")
    assert "step-003: buy 1 at 100" in one.places()
