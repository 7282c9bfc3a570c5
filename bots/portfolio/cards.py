"""What was earned, on cards: a number each, what stands behind it, and what it means. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from bots.charts.scales import format_number
from bots.formatting import (
    format_digits,
    format_percent,
    format_ratio,
    format_result,
    format_sum,
    result_class,
)
from bots.pnl.summary import Summary
from orders.web.row_text import NOTHING

UNKNOWN: Final = "not known yet"


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    name: str
    value: str
    more: str
    why: str
    unit: str = ""
    exact: str = ""
    kind: str = ""


def cards(
    summary: Summary, unrealised: Mapping[str, Any], *, days: int, currency: str
) -> list[Card]:
    return [
        _net(summary, currency),
        _unrealised(unrealised, currency),
        _win_rate(summary),
        _factor(summary, currency),
        _averages(summary, currency),
        _fall(summary, currency, is_known=days > 0),
        _sharpe(summary, days),
        _streaks(summary),
    ]


def _net(summary: Summary, currency: str) -> Card:
    before = format_result(summary.gross, currency)
    return Card(
        name="Net profit",
        value=format_result(summary.net, currency),
        unit=currency,
        exact=format_digits(summary.net),
        kind=result_class(summary.net),
        more=f"{before} before {format_sum(summary.fees, currency)} of fees",
        why="What closed trades brought, less every fee. What is still held is not in it.",
    )


def _unrealised(total: Mapping[str, Any], currency: str) -> Card:
    value = None if total["value"] is None else Decimal(total["value"])
    if total["unpriced"]:
        more = f"no price yet for {', '.join(total['unpriced'])}"
    elif total["age"] is None:
        more, value = "nothing is held", None
    else:
        more = f"price {float(total['age']):.0f} s old{', stale' if total['stale'] else ''}"
    return Card(
        name="Not realised",
        value=format_result(value, currency),
        unit=currency if value is not None else "",
        kind=result_class(value),
        more=more,
        why="What selling everything that is held would bring at the latest price, before fees.",
    )


def _win_rate(summary: Summary) -> Card:
    trades = summary.trades
    return Card(
        name="Win rate",
        value=format_percent(trades.win_rate),
        more=f"{trades.wins:,} won, {trades.losses:,} lost" if trades.count else _not_yet("round"),
        why="How many of all rounds brought something after fees. A round goes from nothing held"
        " to nothing held.",
    )


def _factor(summary: Summary, currency: str) -> Card:
    trades = summary.trades
    told = f"{format_sum(trades.won, currency)} won, {format_sum(trades.lost, currency)} lost"
    never = "nothing was lost yet" if trades.count else _not_yet("round")
    return Card(
        name="Profit factor",
        value=format_ratio(trades.profit_factor),
        more=told if trades.lost else never,
        why="What was won for each unit that was lost. Below 1 it loses.",
    )


def _averages(summary: Summary, currency: str) -> Card:
    trades = summary.trades
    lost = None if trades.average_loss is None else -trades.average_loss
    return Card(
        name="Average win",
        value=format_result(trades.average_win, currency),
        unit=currency if trades.wins else "",
        kind=result_class(trades.average_win),
        more=f"average loss {format_result(lost, currency)}" if trades.losses else "no loss yet",
        why="What a round that won has brought on average, and beside it what one that lost cost.",
    )


def _fall(summary: Summary, currency: str, *, is_known: bool) -> Card:
    return Card(
        name="Deepest fall",
        value=format_result(-summary.drawdown, currency) if is_known else NOTHING,
        unit=currency if is_known else "",
        kind=result_class(-summary.drawdown),
        more="from a peak of what was earned" if is_known else UNKNOWN,
        why="The largest loss that somebody saw who looked at the best moment, and then again"
        " at the worst one after it.",
    )


def _sharpe(summary: Summary, days: int) -> Card:
    return Card(
        name="Sharpe ratio",
        value=NOTHING if summary.sharpe is None else format_number(summary.sharpe),
        more=f"of {days} days" if summary.sharpe is not None else _not_yet("second day"),
        why="A year's return for each unit of its ups and downs, from daily profit, idle days"
        " included. Above 1 is good; of few days it says little.",
    )


def _streaks(summary: Summary) -> Card:
    if summary.streaks is None:
        value, more = NOTHING, "shown for all time only"
    elif not summary.trades.count:
        value, more = NOTHING, _not_yet("round")
    else:
        value, more = f"{summary.streaks[0]} won", f"{summary.streaks[1]} lost in a row"
    return Card(
        name="Longest streaks",
        value=value,
        more=more,
        why="How many rounds of one symbol won, or lost, one after the other.",
    )


def _not_yet(what: str) -> str:
    return f"{UNKNOWN}: it needs a {what}"
