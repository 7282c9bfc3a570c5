"""The cards of the portfolio page: a number each, with its details and its meaning."""

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
from bots.income.totals import IncomeSums
from bots.pnl.summary import Summary
from orders.web.row_text import NOTHING
from realtime.values import EXACT

UNKNOWN: Final = "not known yet"


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    name: str
    value: str
    details: str
    meaning: str
    unit: str = ""
    exact: str = ""
    kind: str = ""


def build_cards(
    summary: Summary,
    unrealised: Mapping[str, Any],
    earned: IncomeSums,
    *,
    days: int,
    currency: str,
) -> list[Card]:
    income = [_income_card(summary, earned, currency)] if earned.funding or earned.income else []
    return [
        _net_card(summary, currency),
        *income,
        _unrealised_card(unrealised, currency),
        _win_rate_card(summary),
        _profit_factor_card(summary, currency),
        _averages_card(summary, currency),
        _drawdown_card(summary, currency, is_known=days > 0),
        _sharpe_card(summary, days),
        _streaks_card(summary),
    ]


def _net_card(summary: Summary, currency: str) -> Card:
    gross = format_result(summary.gross, currency)
    return Card(
        name="Net profit",
        value=format_result(summary.net, currency),
        unit=currency,
        exact=format_digits(summary.net),
        kind=result_class(summary.net),
        details=f"{gross} before {format_sum(summary.fees, currency)} of fees",
        meaning="The result of closed trades, after all fees. Open positions are not part of it.",
    )


def _income_card(summary: Summary, earned: IncomeSums, currency: str) -> Card:
    total = EXACT.add(summary.net, earned.both)
    funding = format_result(earned.funding, currency)
    other = format_result(earned.income, currency)
    return Card(
        name="With funding and income",
        value=format_result(total, currency),
        unit=currency,
        exact=format_digits(total),
        kind=result_class(total),
        details=f"{funding} of funding, {other} of interest, rebates and the like",
        meaning="Net profit, with what was paid and received without a trade. Deposits, withdrawals"
        " and transfers are not part of it.",
    )


def _unrealised_card(total: Mapping[str, Any], currency: str) -> Card:
    value = None if total["value"] is None else Decimal(total["value"])
    if total["unpriced"]:
        details = f"no price yet for {', '.join(total['unpriced'])}"
    elif total["age"] is None:
        details, value = "nothing is held", None
    else:
        details = f"price {float(total['age']):.0f} s old{', stale' if total['stale'] else ''}"
        contracts, coins = Decimal(total["contracts"]), Decimal(total["coins"])
        if contracts and coins:
            parts = (format_result(one, currency) for one in (contracts, coins))
            details = "{} in contracts, {} in coins; {}".format(*parts, details)
    return Card(
        name="Not realised",
        value=format_result(value, currency),
        unit=currency if value is not None else "",
        kind=result_class(value),
        details=details,
        meaning="The profit of closing all open positions at the latest price, before fees.",
    )


def _win_rate_card(summary: Summary) -> Card:
    trades = summary.trades
    return Card(
        name="Win rate",
        value=format_percent(trades.win_rate),
        details=f"{trades.wins:,} won, {trades.losses:,} lost"
        if trades.count
        else _explain_missing("closed trade"),
        meaning="The share of closed trades with a profit after fees. A trade runs from holding"
        " nothing to holding nothing again.",
    )


def _profit_factor_card(summary: Summary, currency: str) -> Card:
    trades = summary.trades
    amounts = f"{format_sum(trades.won, currency)} won, {format_sum(trades.lost, currency)} lost"
    never = "nothing was lost yet" if trades.count else _explain_missing("closed trade")
    return Card(
        name="Profit factor",
        value=format_ratio(trades.profit_factor),
        details=amounts if trades.lost else never,
        meaning="The amount won for each unit lost. Below 1 it is a loss.",
    )


def _averages_card(summary: Summary, currency: str) -> Card:
    trades = summary.trades
    lost = None if trades.average_loss is None else -trades.average_loss
    return Card(
        name="Average win",
        value=format_result(trades.average_win, currency),
        unit=currency if trades.wins else "",
        kind=result_class(trades.average_win),
        details=f"average loss {format_result(lost, currency)}" if trades.losses else "no loss yet",
        meaning="The average profit of winning trades, and the average loss of losing ones.",
    )


def _drawdown_card(summary: Summary, currency: str, *, is_known: bool) -> Card:
    return Card(
        name="Deepest fall",
        value=format_result(-summary.drawdown, currency) if is_known else NOTHING,
        unit=currency if is_known else "",
        kind=result_class(-summary.drawdown),
        details="from a peak of the profit" if is_known else UNKNOWN,
        meaning="The largest loss between a peak of the profit and the lowest point after it.",
    )


def _sharpe_card(summary: Summary, days: int) -> Card:
    return Card(
        name="Sharpe ratio",
        value=NOTHING if summary.sharpe is None else format_number(summary.sharpe),
        details=f"of {days} days" if summary.sharpe is not None else _explain_missing("second day"),
        meaning="Yearly return for each unit of risk, from daily profit, idle days included. Above"
        " 1 is good; few days say little.",
    )


def _streaks_card(summary: Summary) -> Card:
    if summary.streaks is None:
        value, details = NOTHING, "shown for all time only"
    elif not summary.trades.count:
        value, details = NOTHING, _explain_missing("closed trade")
    else:
        value, details = f"{summary.streaks[0]} won", f"{summary.streaks[1]} lost in a row"
    return Card(
        name="Longest streaks",
        value=value,
        details=details,
        meaning="The most trades of one symbol won, or lost, in a row.",
    )


def _explain_missing(what: str) -> str:
    return f"{UNKNOWN}: it needs a {what}"
