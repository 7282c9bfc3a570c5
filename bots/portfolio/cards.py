"""The cards of the portfolio page: a number each, with its details and its meaning."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

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

UNKNOWN: Final = gettext_noop("not known yet")
NEEDS_TRADE: Final = gettext_noop("not known yet: it needs a closed trade")
NEEDS_DAY: Final = gettext_noop("not known yet: it needs a second day")


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
        name=_("Net profit"),
        value=format_result(summary.net, currency),
        unit=currency,
        exact=format_digits(summary.net),
        kind=result_class(summary.net),
        details=_("%(gross)s before %(fees)s of fees")
        % {"gross": gross, "fees": format_sum(summary.fees, currency)},
        meaning=_(
            "The result of closed trades, after all fees. Open positions are not part of it."
        ),
    )


def _income_card(summary: Summary, earned: IncomeSums, currency: str) -> Card:
    total = EXACT.add(summary.net, earned.both)
    funding = format_result(earned.funding, currency)
    other = format_result(earned.income, currency)
    return Card(
        name=_("With funding and income"),
        value=format_result(total, currency),
        unit=currency,
        exact=format_digits(total),
        kind=result_class(total),
        details=_("%(funding)s of funding, %(other)s of interest, rebates and the like")
        % {"funding": funding, "other": other},
        meaning=_(
            "Net profit, with what was paid and received without a trade. Deposits, withdrawals"
            " and transfers are not part of it."
        ),
    )


def _unrealised_card(total: Mapping[str, Any], currency: str) -> Card:
    value = None if total["value"] is None else Decimal(total["value"])
    if total["unpriced"]:
        details = _("no price yet for %(unpriced)s") % {"unpriced": ", ".join(total["unpriced"])}
    elif total["age"] is None:
        details, value = _("nothing is held"), None
    else:
        details = _("price %(age)s s old")
        if total["stale"]:
            details = _("price %(age)s s old, stale")
        details %= {"age": f"{float(total['age']):.0f}"}
        contracts, coins = Decimal(total["contracts"]), Decimal(total["coins"])
        if contracts and coins:
            details = _("%(contracts)s in contracts, %(coins)s in coins; %(details)s") % {
                "contracts": format_result(contracts, currency),
                "coins": format_result(coins, currency),
                "details": details,
            }
    return Card(
        name=_("Not realised"),
        value=format_result(value, currency),
        unit=currency if value is not None else "",
        kind=result_class(value),
        details=details,
        meaning=_("The profit of closing all open positions at the latest price, before fees."),
    )


def _win_rate_card(summary: Summary) -> Card:
    trades = summary.trades
    return Card(
        name=_("Win rate"),
        value=format_percent(trades.win_rate),
        details=_("%(wins)s won, %(losses)s lost")
        % {"wins": f"{trades.wins:,}", "losses": f"{trades.losses:,}"}
        if trades.count
        else _(NEEDS_TRADE),
        meaning=_(
            "The share of closed trades with a profit after fees. A trade runs from holding"
            " nothing to holding nothing again."
        ),
    )


def _profit_factor_card(summary: Summary, currency: str) -> Card:
    trades = summary.trades
    amounts = _("%(won)s won, %(lost)s lost") % {
        "won": format_sum(trades.won, currency),
        "lost": format_sum(trades.lost, currency),
    }
    never = _("nothing was lost yet") if trades.count else _(NEEDS_TRADE)
    return Card(
        name=_("Profit factor"),
        value=format_ratio(trades.profit_factor),
        details=amounts if trades.lost else never,
        meaning=_("The amount won for each unit lost. Below 1 it is a loss."),
    )


def _averages_card(summary: Summary, currency: str) -> Card:
    trades = summary.trades
    lost = None if trades.average_loss is None else -trades.average_loss
    return Card(
        name=_("Average win"),
        value=format_result(trades.average_win, currency),
        unit=currency if trades.wins else "",
        kind=result_class(trades.average_win),
        details=_("average loss %(lost)s") % {"lost": format_result(lost, currency)}
        if trades.losses
        else _("no loss yet"),
        meaning=_("The average profit of winning trades, and the average loss of losing ones."),
    )


def _drawdown_card(summary: Summary, currency: str, *, is_known: bool) -> Card:
    return Card(
        name=_("Deepest fall"),
        value=format_result(-summary.drawdown, currency) if is_known else NOTHING,
        unit=currency if is_known else "",
        kind=result_class(-summary.drawdown),
        details=_("from a peak of the profit") if is_known else _(UNKNOWN),
        meaning=_("The largest loss between a peak of the profit and the lowest point after it."),
    )


def _sharpe_card(summary: Summary, days: int) -> Card:
    return Card(
        name=_("Sharpe ratio"),
        value=NOTHING if summary.sharpe is None else format_number(summary.sharpe),
        details=_("of %(days)s days") % {"days": days}
        if summary.sharpe is not None
        else _(NEEDS_DAY),
        meaning=_(
            "Yearly return for each unit of risk, from daily profit, idle days included. Above"
            " 1 is good; few days say little."
        ),
    )


def _streaks_card(summary: Summary) -> Card:
    if summary.streaks is None:
        value, details = NOTHING, _("shown for all time only")
    elif not summary.trades.count:
        value, details = NOTHING, _(NEEDS_TRADE)
    else:
        value, details = (
            _("%(streaks)s won") % {"streaks": summary.streaks[0]},
            _("%(streaks)s lost in a row") % {"streaks": summary.streaks[1]},
        )
    return Card(
        name=_("Longest streaks"),
        value=value,
        details=details,
        meaning=_("The most trades of one symbol won, or lost, in a row."),
    )
