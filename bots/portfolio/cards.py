"""What was earned, on cards: a number each, what stands behind it, and what it means. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bots.charts.scales import full
from bots.pnl.takings import Takings
from bots.templatetags.earnings import digits, gain, profit
from bots.templatetags.sums import money_sum, percent, rounded
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


def cards(taken: Takings, currency: str) -> list[Card]:
    return [
        _net(taken, currency),
        _unrealised(taken, currency),
        _win_rate(taken),
        _factor(taken, currency),
        _averages(taken, currency),
        _fall(taken, currency),
        _sharpe(taken),
        _streaks(taken),
    ]


def _net(taken: Takings, currency: str) -> Card:
    before = profit(taken.gross, currency)
    return Card(
        name="Net profit",
        value=profit(taken.net, currency),
        unit=currency,
        exact=digits(taken.net),
        kind=gain(taken.net),
        more=f"{before} before {money_sum(taken.fees, currency)} of fees",
        why="What closed trades brought, less every fee. What is still held is not in it.",
    )


def _unrealised(taken: Takings, currency: str) -> Card:
    told = taken.unrealised
    value = None if told["value"] is None else Decimal(told["value"])
    if told["unpriced"]:
        more = f"no price yet for {', '.join(told['unpriced'])}"
    elif told["age"] is None:
        more, value = "nothing is held", None
    else:
        more = f"price {float(told['age']):.0f} s old{', stale' if told['stale'] else ''}"
    return Card(
        name="Not realised",
        value=profit(value, currency),
        unit=currency if value is not None else "",
        kind=gain(value),
        more=more,
        why="What selling everything that is held would bring at the latest price, before fees.",
    )


def _win_rate(taken: Takings) -> Card:
    tally = taken.tally
    return Card(
        name="Win rate",
        value=percent(tally.win_rate),
        more=f"{tally.wins:,} won, {tally.losses:,} lost" if tally.cycles else _not_yet("round"),
        why="How many of all rounds brought something after fees. A round goes from nothing held"
        " to nothing held.",
    )


def _factor(taken: Takings, currency: str) -> Card:
    tally = taken.tally
    told = f"{money_sum(tally.won, currency)} won, {money_sum(tally.lost, currency)} lost"
    never = "nothing was lost yet" if tally.cycles else _not_yet("round")
    return Card(
        name="Profit factor",
        value=rounded(tally.profit_factor),
        more=told if tally.lost else never,
        why="What was won for each unit that was lost. Below 1 it loses.",
    )


def _averages(taken: Takings, currency: str) -> Card:
    tally = taken.tally
    lost = None if tally.average_loss is None else -tally.average_loss
    return Card(
        name="Average win",
        value=profit(tally.average_win, currency),
        unit=currency if tally.wins else "",
        kind=gain(tally.average_win),
        more=f"average loss {profit(lost, currency)}" if tally.losses else "no loss yet",
        why="What a round that won has brought on average, and beside it what one that lost cost.",
    )


def _fall(taken: Takings, currency: str) -> Card:
    return Card(
        name="Deepest fall",
        value=profit(-taken.drawdown, currency) if taken.days else NOTHING,
        unit=currency if taken.days else "",
        kind=gain(-taken.drawdown),
        more="from a peak of what was earned" if taken.days else UNKNOWN,
        why="The largest loss that somebody saw who looked at the best moment, and then again"
        " at the worst one after it.",
    )


def _sharpe(taken: Takings) -> Card:
    return Card(
        name="Sharpe ratio",
        value=NOTHING if taken.sharpe is None else full(taken.sharpe),
        more=f"of {len(taken.days)} days" if taken.sharpe is not None else _not_yet("second day"),
        why="A year's return for each unit of its ups and downs, from daily profit, idle days"
        " included. Above 1 is good; of few days it says little.",
    )


def _streaks(taken: Takings) -> Card:
    if taken.streaks is None:
        value, more = NOTHING, "told over all time only"
    elif not taken.tally.cycles:
        value, more = NOTHING, _not_yet("round")
    else:
        value, more = f"{taken.streaks[0]} won", f"{taken.streaks[1]} lost in a row"
    return Card(
        name="Longest streaks",
        value=value,
        more=more,
        why="How many rounds of one symbol won, or lost, one after the other.",
    )


def _not_yet(what: str) -> str:
    return f"{UNKNOWN}: it needs a {what}"
