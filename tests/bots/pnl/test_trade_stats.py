"""Statistics that grow one result at a time say what looking at all of them says."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate, groupby

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bots.pnl.lots import Ledger, Part
from bots.pnl.trade_stats import Cycle, Running, Tally, sharpe, tally

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
RESULTS = some.lists(some.decimals("-1000", "1000", places=4), max_size=60)


def money(*values: str) -> list[Decimal]:
    return [Decimal(value) for value in values]


def test_a_worked_example() -> None:
    week = tally(money("10", "-4", "6", "3", "-9", "-2", "5"))
    assert (week.cycles, week.wins, week.losses) == (7, 4, 3)
    assert [week.won, week.lost, week.total] == money("24", "15", "9")
    assert week.profit_factor == Decimal("1.6")
    assert [week.average_win, week.average_loss] == money("6", "5")
    assert [week.best, week.worst] == money("10", "-9")
    assert (week.longest_wins, week.longest_losses) == (2, 2)
    assert week.drawdown == 11  # from 15 down to 4
    assert week.peak == 15


def test_nothing_yet_is_not_zero() -> None:
    empty = Tally()
    assert empty.win_rate is None
    assert empty.profit_factor is None
    assert empty.average_win is None


def test_never_lost_has_no_profit_factor() -> None:
    assert tally(money("1")).profit_factor is None


@given(RESULTS)
def test_as_seen_all_at_once(results: list[Decimal]) -> None:
    grown = tally(results)
    curve = list(accumulate(results, initial=Decimal(0)))
    runs = [(sign, len(list(run))) for sign, run in groupby(results, lambda r: (r > 0) - (r < 0))]
    assert grown.wins == sum(1 for one in results if one > 0)
    assert grown.total == sum(results, Decimal(0))
    assert grown.drawdown == max(
        max(curve[: place + 1]) - value for place, value in enumerate(curve)
    )
    assert grown.longest_wins == max((size for sign, size in runs if sign > 0), default=0)
    assert grown.longest_losses == max((size for sign, size in runs if sign < 0), default=0)
    assert grown.best == max(results, default=0)
    assert grown.worst == min(results, default=0)


@given(RESULTS, RESULTS)
def test_it_goes_on_from_where_it_was_kept(first: list[Decimal], then: list[Decimal]) -> None:
    kept = Tally.load(tally(first).dump())
    for one in then:
        kept.add(one)
    assert kept == tally(first + then)


@pytest.mark.parametrize("daily", [[], ["1"], ["2", "2", "2"]])
def test_no_sharpe_of_nothing(daily: list[str]) -> None:
    assert sharpe(money(*daily)) is None


def test_sharpe_by_hand() -> None:
    """Mean 2, spread 2 (by n - 1): one a day, the root of 365 a year."""
    ratio = sharpe(money("0", "2", "4"))
    assert ratio is not None
    assert round(ratio, 6) == round(Decimal(365).sqrt(), 6)


# Cycles


def cycles(*parts: tuple[str, str, str]) -> list[Cycle]:
    ledger, running, over = Ledger(), Running(), []
    for minute, (side, quantity, price) in enumerate(parts):
        at = NOON + timedelta(minutes=minute)
        fill = Part(side, Decimal(quantity), Decimal(price), at, Decimal("0.5"))  # type: ignore[arg-type]
        for step in ledger.take(fill):
            if done := running.follow(step, Decimal("0.001")):
                over.append(done)
    return over


def test_a_cycle_ends_when_nothing_is_held() -> None:
    (one,) = cycles(("buy", "1", "10"), ("buy", "1", "12"), ("sell", "2", "13"))
    assert [one.gross, one.fees, one.net] == money("4", "1.5", "2.5")
    assert (one.began_at, one.ended_at) == (NOON, NOON + timedelta(minutes=2))
    assert one.parts == 3
    assert one.turnover == 4


def test_what_is_too_little_to_sell_is_nothing() -> None:
    assert len(cycles(("buy", "1", "10"), ("sell", "0.9995", "13"))) == 1


def test_an_order_that_begins_with_a_little_has_not_ended_a_cycle() -> None:
    """Its first part may be less than the venue takes in an order: that is no trade that lost."""
    (one,) = cycles(("buy", "0.0004", "10"), ("buy", "0.9996", "10"), ("sell", "1", "13"))
    assert (one.parts, one.gross) == (3, Decimal(3))


def test_what_is_left_of_a_sale_goes_with_the_next() -> None:
    first, second = cycles(
        ("buy", "1", "10"), ("sell", "0.9995", "13"), ("buy", "1", "10"), ("sell", "1.0005", "13")
    )
    assert first.gross + second.gross == 6
    assert [first.parts, second.parts] == [2, 2]


def test_turning_round_ends_one_cycle_and_begins_the_next() -> None:
    first, second = cycles(("buy", "1", "10"), ("sell", "2", "12"), ("buy", "1", "11"))
    assert [first.gross, second.gross] == money("2", "1")
    assert first.fees + second.fees == Decimal("1.5")


def test_a_cycle_that_has_not_ended_is_none() -> None:
    assert cycles(("buy", "1", "10")) == []
