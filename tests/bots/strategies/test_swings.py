"""Dip, momentum and manual: an entry, and what protects it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bots.strategies import dip, manual, momentum
from bots.strategies.settings import read_settings
from bots.strategies.types import Place
from tests.bots.strategies.stage import FUTURES, SPOT, Stage

DIP = {"drop_percent": "10", "window_minutes": 3, "amount": "90", "profit_percent": "5"}
RISE = {"rise_percent": "10", "window_minutes": 3, "amount": "110", "trail_percent": "2"}


def calm(one: Stage) -> Stage:
    """Long enough for the window to be known."""
    for _ in range(4):
        one.move("100")
    return one


def bought_dip(market: Any = SPOT, **more: Any) -> Stage:
    return calm(Stage("dip", DIP | more, market=market)).move("90")


# Dip


def test_nothing_is_bought_before_the_window_is_known() -> None:
    one = Stage("dip", DIP).move("100").move("80")
    assert not one.history


def test_a_fall_is_bought_and_its_recovery_sold() -> None:
    one = bought_dip()
    assert one.places() == ["profit: sell 1 at 94.5"]
    assert "10 % below the recent high of 100" in one.whys[0]
    one.move("94.5")
    assert one.quote == Decimal("4.5")


def test_a_small_fall_is_not() -> None:
    assert not calm(Stage("dip", DIP)).move("90.01").history


def test_with_a_stop_the_stop_waits_and_the_profit_is_watched() -> None:
    one = bought_dip(stop_percent="10")
    assert one.places() == ["stop: sell 1 at 81"]
    one.move("94.5")
    assert not one.open()
    assert one.quote == Decimal("4.5")


def test_the_stop_stops() -> None:
    one = bought_dip(stop_percent="10", cooldown_minutes=60).move("80")
    assert one.quote == -10
    assert not one.open()


def test_a_pause_is_a_pause() -> None:
    one = bought_dip(cooldown_minutes=10).move("94.5")
    one.move("80")
    assert len(one.history) == 2
    one.move("80", minutes=12).move("100").move("100").move("80")
    assert len(one.history) > 2


def test_with_futures_all_guards_wait_together() -> None:
    one = bought_dip(market=FUTURES, stop_percent="10")
    assert one.places() == ["profit: sell 1 at 94.5", "stop: sell 1 at 81"]
    assert all(place.reduce_only for place in one.history[1:])
    one.move("94.5")
    assert not one.open()


def test_a_guard_that_was_cancelled_by_hand_stops_the_bot() -> None:
    one = bought_dip()
    one.end("profit")
    assert one.settle().halted


# Momentum


def test_a_rise_is_followed_until_it_turns() -> None:
    one = calm(Stage("momentum", RISE)).move("110")
    assert one.places() == ["trail: sell 1 at any price"]
    one.move("120").move("117.6")
    assert one.quote == Decimal("7.6")


def test_until_it_trails_the_stop_waits() -> None:
    more = {"stop_percent": "5", "trail_from_percent": "5"}
    one = calm(Stage("momentum", RISE | more)).move("110")
    assert one.places() == ["stop: sell 1 at 104.5"]
    one.move("115.5")
    assert one.places() == ["trail: sell 1 at any price"]


def test_trailing_from_a_profit_needs_a_stop() -> None:
    settings = read_settings(momentum.Settings, RISE | {"trail_from_percent": "5"})
    assert [name for name, _ in momentum.check_settings(settings, SPOT)] == ["stop_percent"]
    assert not list(dip.check_settings(read_settings(dip.Settings, DIP), SPOT))


# Manual


def opened(side: Any, market: Any = FUTURES, **settings: Any) -> Stage:
    one = Stage("manual", {"amount": "100"} | settings, market=market).settle()
    assert not one.history
    why = "a person wanted it"
    one._place(
        Place(slot="entry", turn=1, side=side, type="market", quantity=Decimal(1), reason=why)
    )
    return one.settle()


def test_what_a_person_sold_short_is_protected() -> None:
    one = opened("sell", stop_percent="5", profit_percent="10")
    assert one.places() == ["profit: buy 1 at 90", "stop: buy 1 at 105"]
    one.move("105")
    assert not one.open()
    assert one.quote == -5


def test_profit_trail_and_stop_on_a_spot_market() -> None:
    one = opened(
        "buy",
        market=SPOT,
        stop_percent="5",
        profit_percent="50",
        trail_percent="1",
        trail_from_percent="10",
    )
    assert one.places() == ["stop: sell 1 at 95"]
    one.move("112")
    assert one.places() == ["trail: sell 1 at any price"]
    one.move("150")
    assert one.quote == 50
    assert not one.open()


@pytest.mark.parametrize("market", [SPOT, FUTURES], ids=["spot", "futures"])
def test_a_stop_that_came_too_late_leaves_at_once(market: Any) -> None:
    one = opened("buy", market=market, stop_percent="5")
    one.end("stop", reason="the trigger price is passed", refused=True)
    one.market = replace(one.market, price=Decimal(94))
    one.settle()
    assert one.halted is None
    assert one.quote == -6
    assert "was passed" in one.whys[-1]
    assert not one.move("99").open()
    assert one.halted is None


def test_a_stop_that_is_refused_for_another_reason_halts() -> None:
    one = opened("buy", stop_percent="5")
    one.end("stop", reason="not today", refused=True)
    assert one.settle().halted is None
    one.move("100")
    assert "not today" in str(one.halted)


def test_what_is_refused_may_be_over_already() -> None:
    """The stop was filled, and the profit came after it: the venue had nothing left to reduce."""
    one = opened("buy", stop_percent="5", profit_percent="5")
    one.end("profit", reason="nothing to reduce", refused=True)
    assert one.settle().halted is None
    one.fill("stop", Decimal(95))
    assert one.settle().halted is None
    assert not one.open()


def test_what_somebody_cancelled_halts_at_once() -> None:
    one = opened("buy", stop_percent="5", profit_percent="5")
    one.end("profit", reason="cancelled at the venue")
    assert "cancelled at the venue" in str(one.settle().halted)


def test_what_makes_no_sense() -> None:
    raw = {"amount": "1", "leverage": 5, "trail_from_percent": "3"}
    wrong = [name for name, _ in manual.check_settings(read_settings(manual.Settings, raw), SPOT)]
    assert wrong == ["amount", "leverage", "trail_percent"]


@pytest.mark.parametrize(
    ("amount", "stop", "market", "is_enough"),
    [
        ("5", None, SPOT, True),
        ("4.99", None, SPOT, False),
        ("5.09", "1", SPOT, False),  # in whole steps 5, and at its stop 4.95
        ("5.1", "1", SPOT, True),
        ("5.09", "1", FUTURES, True),  # where the stop only reduces
        ("5.1", "1", replace(SPOT, price=None), True),
        ("5", "1", replace(SPOT, price=None), False),
        ("10", None, replace(SPOT, min_quantity=Decimal("0.2")), False),
        ("0.01", None, replace(SPOT, min_cost=Decimal(0)), False),
        ("0.01", None, replace(SPOT, min_cost=Decimal(0), min_quantity=Decimal(0)), False),
    ],
)
def test_an_entry_is_enough_for_its_venue_and_its_stop_as_well(
    amount: str, stop: str | None, market: Any, is_enough: bool
) -> None:
    settings = read_settings(manual.Settings, {"amount": amount, "stop_percent": stop})
    assert (list(manual.check_settings(settings, market)) == []) == is_enough


# Wherever the price goes


PATHS = some.lists(some.decimals("50", "150", places=2), max_size=40)
GUARDS = some.fixed_dictionaries(
    {},
    optional={
        "stop_percent": some.sampled_from(["1", "5", "30"]),
        "profit_percent": some.sampled_from(["1", "5", "30"]),
        "trail_percent": some.sampled_from(["1", "5", "10"]),
        "trail_from_percent": some.sampled_from(["0", "5", "20"]),
    },
)


@given(guards=GUARDS, path=PATHS, futures=some.booleans())
def test_guards_never_sell_more_than_there_is(
    guards: dict[str, str], path: list[Decimal], futures: bool
) -> None:
    one = opened("buy", market=FUTURES if futures else SPOT, **guards)
    for price in path:
        one.move(price)
        assert one.base in (0, 1)
        if not one.base:
            assert not one.open()
