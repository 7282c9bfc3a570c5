"""Dip, momentum and manual: an entry, and what protects it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bots.strategies import dip, manual, momentum
from bots.strategies.decisions import Place
from bots.strategies.settings import read_settings
from tests.bots.strategies.paper_market import FUTURES, SPOT, PaperMarket

DIP = {"drop_percent": "10", "window_minutes": 3, "amount": "90", "profit_percent": "5"}
RISE = {"rise_percent": "10", "window_minutes": 3, "amount": "110", "trail_percent": "2"}


def fill_window(paper: PaperMarket) -> PaperMarket:
    """Let enough time pass for the window to be known."""
    for _ in range(4):
        paper.move_price("100")
    return paper


def bought_dip(market: Any = SPOT, **more: Any) -> PaperMarket:
    return fill_window(PaperMarket("dip", DIP | more, market=market)).move_price("90")


# Dip


def test_nothing_is_bought_before_the_window_is_known() -> None:
    paper = PaperMarket("dip", DIP).move_price("100").move_price("80")
    assert not paper.history


def test_a_fall_is_bought_and_its_recovery_sold() -> None:
    paper = bought_dip()
    assert paper.list_waiting() == ["profit: sell 1 at 94.5"]
    assert "10 % below the recent high of 100" in paper.reasons[0]
    paper.move_price("94.5")
    assert paper.quote == Decimal("4.5")


def test_a_small_fall_is_not_bought() -> None:
    assert not fill_window(PaperMarket("dip", DIP)).move_price("90.01").history


def test_with_a_stop_the_stop_waits_and_the_profit_is_watched() -> None:
    paper = bought_dip(stop_percent="10")
    assert paper.list_waiting() == ["stop: sell 1 at 81"]
    paper.move_price("94.5")
    assert not paper.open()
    assert paper.quote == Decimal("4.5")


def test_the_stop_closes_the_position() -> None:
    paper = bought_dip(stop_percent="10", cooldown_minutes=60).move_price("80")
    assert paper.quote == -10
    assert not paper.open()


def test_nothing_is_bought_during_the_pause() -> None:
    paper = bought_dip(cooldown_minutes=10).move_price("94.5")
    paper.move_price("80")
    assert len(paper.history) == 2
    paper.move_price("80", minutes=12).move_price("100").move_price("100").move_price("80")
    assert len(paper.history) > 2


def test_with_futures_all_guards_wait_together() -> None:
    paper = bought_dip(market=FUTURES, stop_percent="10")
    assert paper.list_waiting() == ["profit: sell 1 at 94.5", "stop: sell 1 at 81"]
    assert all(place.reduce_only for place in paper.history[1:])
    paper.move_price("94.5")
    assert not paper.open()


def test_a_guard_that_was_cancelled_by_hand_stops_the_bot() -> None:
    paper = bought_dip()
    paper.end_order("profit")
    assert paper.settle().halted


# Momentum


def test_a_rise_is_followed_until_it_turns() -> None:
    paper = fill_window(PaperMarket("momentum", RISE)).move_price("110")
    assert paper.list_waiting() == ["trail: sell 1 at any price"]
    paper.move_price("120").move_price("117.6")
    assert paper.quote == Decimal("7.6")


def test_until_it_trails_the_stop_waits() -> None:
    more = {"stop_percent": "5", "trail_from_percent": "5"}
    paper = fill_window(PaperMarket("momentum", RISE | more)).move_price("110")
    assert paper.list_waiting() == ["stop: sell 1 at 104.5"]
    paper.move_price("115.5")
    assert paper.list_waiting() == ["trail: sell 1 at any price"]


def test_trailing_from_a_profit_needs_a_stop() -> None:
    settings = read_settings(momentum.Settings, RISE | {"trail_from_percent": "5"})
    assert [name for name, _ in momentum.check_settings(settings, SPOT)] == ["stop_percent"]
    assert not list(dip.check_settings(read_settings(dip.Settings, DIP), SPOT))


# Manual


def open_manual(side: Any, market: Any = FUTURES, **settings: Any) -> PaperMarket:
    paper = PaperMarket("manual", {"amount": "100"} | settings, market=market).settle()
    assert not paper.history
    why = "a person wanted it"
    paper._place_order(
        Place(slot="entry", turn=1, side=side, type="market", quantity=Decimal(1), reason=why)
    )
    return paper.settle()


def test_what_a_person_sold_short_is_protected() -> None:
    paper = open_manual("sell", stop_percent="5", profit_percent="10")
    assert paper.list_waiting() == ["profit: buy 1 at 90", "stop: buy 1 at 105"]
    paper.move_price("105")
    assert not paper.open()
    assert paper.quote == -5


def test_profit_trail_and_stop_on_a_spot_market() -> None:
    paper = open_manual(
        "buy",
        market=SPOT,
        stop_percent="5",
        profit_percent="50",
        trail_percent="1",
        trail_from_percent="10",
    )
    assert paper.list_waiting() == ["stop: sell 1 at 95"]
    paper.move_price("112")
    assert paper.list_waiting() == ["trail: sell 1 at any price"]
    paper.move_price("150")
    assert paper.quote == 50
    assert not paper.open()


@pytest.mark.parametrize("market", [SPOT, FUTURES], ids=["spot", "futures"])
def test_a_stop_that_came_too_late_leaves_at_once(market: Any) -> None:
    paper = open_manual("buy", market=market, stop_percent="5")
    paper.end_order("stop", reason="the trigger price is passed", refused=True)
    paper.market = replace(paper.market, price=Decimal(94))
    paper.settle()
    assert paper.halted is None
    assert paper.quote == -6
    assert "was passed" in paper.reasons[-1]
    assert not paper.move_price("99").open()
    assert paper.halted is None


def test_a_stop_that_is_refused_for_another_reason_halts() -> None:
    paper = open_manual("buy", stop_percent="5")
    paper.end_order("stop", reason="not today", refused=True)
    assert paper.settle().halted is None
    paper.move_price("100")
    assert "not today" in str(paper.halted)


def test_a_refused_guard_may_mean_a_closed_position() -> None:
    """The stop was filled, and the profit came after it: the venue had nothing left to reduce."""
    paper = open_manual("buy", stop_percent="5", profit_percent="5")
    paper.end_order("profit", reason="nothing to reduce", refused=True)
    assert paper.settle().halted is None
    paper.fill_order("stop", Decimal(95))
    assert paper.settle().halted is None
    assert not paper.open()


def test_a_guard_cancelled_at_the_venue_halts_at_once() -> None:
    paper = open_manual("buy", stop_percent="5", profit_percent="5")
    paper.end_order("profit", reason="cancelled at the venue")
    assert "cancelled at the venue" in str(paper.settle().halted)


def test_invalid_settings_are_refused() -> None:
    raw = {"amount": "1", "leverage": 5, "trail_from_percent": "3"}
    errors = [name for name, _ in manual.check_settings(read_settings(manual.Settings, raw), SPOT)]
    assert errors == ["amount", "leverage", "trail_percent"]


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
    paper = open_manual("buy", market=FUTURES if futures else SPOT, **guards)
    for price in path:
        paper.move_price(price)
        assert paper.base in (0, 1)
        if not paper.base:
            assert not paper.open()
