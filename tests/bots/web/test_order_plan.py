"""The plan on a bot's form: the orders that its strategy would place at this price."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bots.strategies.registry import STRATEGIES
from bots.strategies.settings import read_settings
from bots.web.order_plan import OrderPlan, plan_orders
from realtime.values import format_money
from tests.bots.strategies.paper_market import NOON, SPOT

GRID = {"lower": "60", "upper": "100", "levels": "4", "quantity": "1"}
DCA = {"amount": "100", "step_percent": "10", "steps": "1", "step_amount": "90",
       "profit_percent": "5"}  # fmt: skip
DIP = {"drop_percent": "3", "window_minutes": "30", "amount": "50", "profit_percent": "2",
       "stop_percent": "4"}  # fmt: skip


def plan(name: str, settings: dict[str, Any], price: str | None) -> OrderPlan:
    strategy = STRATEGIES[name]
    market = replace(SPOT, price=None if price is None else Decimal(price))
    return plan_orders(strategy, read_settings(strategy.Settings, settings), market, now=NOON)


def describe(planned: OrderPlan) -> list[str]:
    return [
        f"{'then' if rung.is_later else 'now'} {rung.side} {format_money(rung.quantity)}"
        f" at {format_money(rung.price)}"
        for rung in planned.rungs
    ]


def test_a_grid_buys_below_the_price_and_sells_a_step_higher() -> None:
    planned = plan("grid", GRID, "85")
    assert describe(planned) == [
        "now buy 1 at 60", "now buy 1 at 70", "now buy 1 at 80",
        "then sell 1 at 70", "then sell 1 at 80", "then sell 1 at 90",
    ]  # fmt: skip
    assert planned.bound == 210


def test_a_dca_shows_its_steps_and_its_sale() -> None:
    planned = plan("dca", DCA, "100")
    assert describe(planned) == ["now buy 1 at 100", "then buy 1 at 90", "then sell 1 at 105"]
    assert planned.bound == 100


def test_a_strategy_that_waits_shows_an_entry_and_its_guards() -> None:
    planned = plan("dip", DIP, "100")
    assert planned.is_example
    assert describe(planned) == [
        "then buy 0.5 at 100",
        "then sell 0.5 at 96",
        "then sell 0.5 at 102",
    ]
    assert planned.bound == 0


@pytest.mark.parametrize(("name", "settings"), [("grid", GRID), ("dca", DCA), ("dip", DIP)])
def test_without_a_price_nothing_is_invented(name: str, settings: dict[str, Any]) -> None:
    assert describe(plan(name, settings, None)) == []
