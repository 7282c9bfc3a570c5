"""Triggers as tables: a row of prices, and whether the trigger fires."""

from decimal import Decimal

import pytest

from exchanges.simulator.orders.triggers import (
    Trigger,
    start_trigger,
    stop_loss,
    take_profit,
    trailing_stop,
    update_trigger,
    would_fire,
)

NOW = Decimal(100)


def count_until_fired(trigger: Trigger, *prices: str) -> int | None:
    """Return how many prices came before the one that fired the trigger."""
    for count, price in enumerate(prices):
        trigger, fires = update_trigger(trigger, Decimal(price))
        if fires:
            return count
    return None


@pytest.mark.parametrize(
    ("trigger", "before", "at"),
    [
        (stop_loss(buys=False, price=Decimal(90)), "90.01", "90"),
        (stop_loss(buys=True, price=Decimal(110)), "109.99", "111"),
        (take_profit(buys=False, price=Decimal(110)), "109.99", "110"),
        (take_profit(buys=True, price=Decimal(90)), "90.01", "89"),
    ],
    ids=["stop sells", "stop buys", "profit sells", "profit buys"],
)
def test_a_trigger_fires_when_the_price_touches_or_passes_it(
    trigger: Trigger, before: str, at: str
) -> None:
    assert count_until_fired(trigger, before, before, at) == 2
    assert not would_fire(trigger, NOW)
    assert would_fire(trigger, Decimal(at))


@pytest.mark.parametrize(
    ("buys", "prices", "count"),
    [
        (False, ["99.1", "110", "108.91", "108.9"], 3),
        (False, ["120", "130", "128.8", "128.6"], 3),
        (True, ["100.9", "90", "90.89", "90.9"], 3),
        (True, ["80", "79", "79.7", "79.79"], 3),
    ],
)
def test_a_trailing_trigger_fires_one_percent_from_the_best_price(
    buys: bool, prices: list[str], count: int
) -> None:
    trigger = trailing_stop(buys=buys, percent=Decimal(1), begins=Decimal(0), now=NOW)
    assert count_until_fired(trigger, *prices) == count


@pytest.mark.parametrize(
    ("begins", "prices"), [("105", ["90", "105", "104"]), ("95", ["99", "95", "94"])]
)
def test_a_trailing_trigger_may_begin_later_from_either_side(
    begins: str, prices: list[str]
) -> None:
    trigger = trailing_stop(buys=False, percent=Decimal("0.5"), begins=Decimal(begins), now=NOW)
    assert trigger.fire_price == 0
    assert count_until_fired(trigger, *prices) == 2


def test_a_fixed_trigger_starts_unchanged() -> None:
    trigger = stop_loss(buys=False, price=Decimal(90))
    assert start_trigger(trigger, NOW) is trigger
    assert trigger.expected_price == trigger.fire_price == 90
