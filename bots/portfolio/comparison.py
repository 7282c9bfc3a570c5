"""Bots beside each other: a table that is sorted by its heads, without a script."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bots.models import Bot
from bots.pnl.summary import Summary

HEADS: Final = {
    "name": "Bot",
    "net": "Net",
    "fees": "Fees",
    "rounds": "Rounds",
    "win": "Win rate",
    "factor": "Profit factor",
    "newest": "Last fill",
}
LESS: Final = ("fees", "factor", "newest")  # left out where there is no room


@dataclass(frozen=True, slots=True)
class BotSummary:
    """A row of the table."""

    bot: Bot
    summary: Summary


VALUES: Final[Mapping[str, Callable[[BotSummary], Any]]] = {
    "name": lambda row: row.bot.name.lower(),
    "net": lambda row: row.summary.net,
    "fees": lambda row: row.summary.fees,
    "rounds": lambda row: row.summary.trades.count,
    "win": lambda row: row.summary.trades.win_rate,
    "factor": lambda row: row.summary.trades.profit_factor,
    "newest": lambda row: row.summary.newest_at,
}


def known(sort: str) -> bool:
    return sort.removeprefix("-") in HEADS


def ordered(rows: Sequence[BotSummary], sort: str) -> list[BotSummary]:
    """What is not known stands last either way."""
    value = VALUES[sort.removeprefix("-")]
    told = sorted((row for row in rows if value(row) is not None), key=value)
    if sort.startswith("-"):
        told.reverse()
    return [*told, *(row for row in rows if value(row) is None)]


def heads(sort: str, address: Callable[[str], str]) -> list[dict[str, str]]:
    """A press sorts by it, the highest first; a second one the other way round."""
    return [
        {
            "name": name,
            "word": word,
            "address": address(_next(name, sort)),
            "way": {f"-{name}": "descending", name: "ascending"}.get(sort, "none"),
        }
        for name, word in HEADS.items()
    ]


def _next(name: str, sort: str) -> str:
    first, second = (name, f"-{name}") if name == "name" else (f"-{name}", name)
    return second if sort == first else first
