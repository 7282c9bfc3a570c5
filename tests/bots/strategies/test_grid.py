"""A ladder: each step buys at its lower and sells at its upper end."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bots.strategies import grid
from bots.strategies.settings import InvalidSettings, read_settings
from tests.bots.strategies.paper_market import SPOT, PaperMarket

LADDER = {"lower": "80", "upper": "120", "levels": 4, "quantity": "1"}


def start_market(fee: str = "0", **more: Any) -> PaperMarket:
    return PaperMarket("grid", LADDER | more, fee=Decimal(fee)).settle()


def find_errors(**more: Any) -> list[str]:
    settings = read_settings(grid.Settings, LADDER | more)
    return [name for name, _ in grid.check_settings(settings, SPOT)]


def test_it_buys_below_the_price() -> None:
    assert start_market().list_waiting() == ["step-001: buy 1 at 80", "step-002: buy 1 at 90"]


def test_each_step_buys_and_sells_in_turn() -> None:
    paper = start_market().move_price("90")
    assert "step-002: sell 1 at 100" in paper.list_waiting()
    paper.move_price("100")
    assert paper.quote == 10
    paper.move_price("101")
    assert paper.list_waiting() == [
        "step-001: buy 1 at 80",
        "step-002: buy 1 at 90",
        "step-003: buy 1 at 100",
    ]


def test_one_fall_through_all_steps_and_back() -> None:
    paper = start_market().move_price("119")
    assert len(paper.open()) == 4
    paper.move_price("70").move_price("121")
    assert paper.quote == 40
    assert paper.base == 0


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
def test_a_price_on_a_step_stays_on_it(
    lower: str, upper: str, levels: int, spacing: str, prices: list[str]
) -> None:
    given = {"lower": lower, "upper": upper, "levels": levels, "spacing": spacing}
    settings = read_settings(grid.Settings, LADDER | given)
    assert grid.list_prices(settings, SPOT) == [Decimal(price) for price in prices]


def test_a_step_that_was_cancelled_by_hand_stops_it() -> None:
    paper = start_market()
    paper.end_order("step-001")
    assert paper.settle().halted


@pytest.mark.parametrize("levels", ["0", "101", "-1", "1.5"])
def test_the_number_of_steps_is_limited(levels: str) -> None:
    with pytest.raises(InvalidSettings):
        read_settings(grid.Settings, LADDER | {"levels": levels})


def test_invalid_settings_are_refused() -> None:
    assert find_errors() == []
    assert find_errors(upper="80") == ["upper"]
    assert find_errors(upper="80.02") == ["levels"]
    assert find_errors(quantity="0.01") == ["quantity"]
    assert find_errors(lower="0.001", quantity="10000") == ["lower"]


@given(some.lists(some.decimals("70", "130", places=2), max_size=40))
def test_wherever_the_price_goes_it_earns_a_step_at_a_time(path: list[Decimal]) -> None:
    paper = start_market()
    for price in path:
        paper.move_price(price)
    held = sum((bought_price(order) for order in paper.open() if order.side == "sell"), Decimal(0))
    assert paper.base == sum((o.quantity for o in paper.open() if o.side == "sell"), Decimal(0))
    assert (paper.quote + held) % 10 == 0
    assert paper.quote + held >= 0


def bought_price(order: Any) -> Decimal:
    """Return the price that a sold step was bought at: ten below the sale."""
    return order.price - 10  # type: ignore[no-any-return]


def test_it_never_trades_with_itself() -> None:
    """The price is said to be higher than what is for sale there: then it is an old price."""
    paper = start_market().move_price("90")
    paper.market = replace(paper.market, price=Decimal(101))
    paper.settle()
    assert paper.list_waiting() == ["step-001: buy 1 at 80", "step-002: sell 1 at 100"]
    paper.move_price("101")
    assert "step-003: buy 1 at 100" in paper.list_waiting()
