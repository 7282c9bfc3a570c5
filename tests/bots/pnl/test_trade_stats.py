"""Statistics kept one result at a time equal those computed from all results at once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate, groupby

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bots.pnl.lots import Ledger, LedgerFill
from bots.pnl.trade_stats import OpenTrade, TradeResult, TradeStats, sharpe_ratio
from tests.bots.pnl.fills import stats_of

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
RESULTS = some.lists(some.decimals("-1000", "1000", places=4), max_size=60)


def money(*values: str) -> list[Decimal]:
    return [Decimal(value) for value in values]


def sharpe(*daily: Decimal) -> Decimal | None:
    squares = sum((day * day for day in daily), Decimal(0))
    return sharpe_ratio(len(daily), sum(daily, Decimal(0)), squares)


def test_a_worked_example() -> None:
    week = stats_of(money("10", "-4", "6", "3", "-9", "-2", "5"))
    assert (week.count, week.wins, week.losses) == (7, 4, 3)
    assert [week.won, week.lost, week.total] == money("24", "15", "9")
    assert week.profit_factor == Decimal("1.6")
    assert [week.average_win, week.average_loss] == money("6", "5")
    assert [week.best, week.worst] == money("10", "-9")
    assert (week.longest_wins, week.longest_losses) == (2, 2)
    assert week.drawdown == 11  # from 15 down to 4
    assert week.peak == 15


def test_nothing_yet_is_not_zero() -> None:
    empty = TradeStats()
    assert empty.win_rate is None
    assert empty.profit_factor is None
    assert empty.average_win is None


def test_never_lost_has_no_profit_factor() -> None:
    assert stats_of(money("1")).profit_factor is None


@given(RESULTS)
def test_equal_to_statistics_of_all_results_at_once(results: list[Decimal]) -> None:
    grown = stats_of(results)
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
def test_it_continues_from_stored_statistics(first: list[Decimal], later: list[Decimal]) -> None:
    stats = TradeStats.load(stats_of(first).dump())
    for net in later:
        stats.add_result(net)
    assert stats == stats_of(first + later)


@pytest.mark.parametrize("daily", [[], ["1"], ["2", "2", "2"]])
def test_too_little_for_a_sharpe_ratio(daily: list[str]) -> None:
    assert sharpe(*money(*daily)) is None


def test_sharpe_by_hand() -> None:
    """Mean 2, spread 2 (by n - 1): one a day, the root of 365 a year."""
    ratio = sharpe(*money("0", "2", "4"))
    assert ratio is not None
    assert round(ratio, 6) == round(Decimal(365).sqrt(), 6)


# Trades


def trades(*deals: tuple[str, str, str]) -> list[TradeResult]:
    ledger, open_trade, closed = Ledger(), OpenTrade(), []
    for minute, (side, quantity, price) in enumerate(deals):
        at = NOON + timedelta(minutes=minute)
        fill = LedgerFill(side, Decimal(quantity), Decimal(price), at, Decimal("0.5"))  # type: ignore[arg-type]
        for step in ledger.add_fill(fill):
            if trade := open_trade.add_step(step, Decimal("0.001")):
                closed.append(trade)
    return closed


def test_a_trade_ends_when_nothing_is_held() -> None:
    (one,) = trades(("buy", "1", "10"), ("buy", "1", "12"), ("sell", "2", "13"))
    assert [one.gross, one.fees, one.net] == money("4", "1.5", "2.5")
    assert (one.began_at, one.ended_at) == (NOON, NOON + timedelta(minutes=2))
    assert one.parts == 3
    assert one.turnover == 4


def test_a_rest_too_small_to_sell_is_nothing_held() -> None:
    assert len(trades(("buy", "1", "10"), ("sell", "0.9995", "13"))) == 1


def test_a_tiny_first_fill_does_not_end_a_trade() -> None:
    """An order's first fill may be less than the venue's smallest order: that is no lost trade."""
    (one,) = trades(("buy", "0.0004", "10"), ("buy", "0.9996", "10"), ("sell", "1", "13"))
    assert (one.parts, one.gross) == (3, Decimal(3))


def test_the_rest_of_a_sale_belongs_to_the_next_trade() -> None:
    first, second = trades(
        ("buy", "1", "10"), ("sell", "0.9995", "13"), ("buy", "1", "10"), ("sell", "1.0005", "13")
    )
    assert first.gross + second.gross == 6
    assert [first.parts, second.parts] == [2, 2]


def test_a_fill_that_flips_the_position_ends_one_trade_and_begins_the_next() -> None:
    first, second = trades(("buy", "1", "10"), ("sell", "2", "12"), ("buy", "1", "11"))
    assert [first.gross, second.gross] == money("2", "1")
    assert first.fees + second.fees == Decimal("1.5")


def test_an_open_trade_is_not_closed() -> None:
    assert trades(("buy", "1", "10")) == []
