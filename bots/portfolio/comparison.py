"""The table that compares bots, sorted by a click on its heads, without a script."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bots.models import Bot, PnlBook
from bots.pnl.summary import Summary

WIDE_ONLY: Final = ("fees", "factor", "newest")  # left out on narrow screens


@dataclass(frozen=True, slots=True)
class BotSummary:
    """A row of the table."""

    bot: Bot
    summary: Summary


# The head of each column, and the value by which it is sorted.
COLUMNS: Final[Mapping[str, tuple[str, Callable[[BotSummary], Any]]]] = {
    "name": (gettext_noop("Bot"), lambda row: row.bot.name.lower()),
    "net": (gettext_noop("Net"), lambda row: row.summary.net),
    "fees": (gettext_noop("Fees"), lambda row: row.summary.fees),
    "rounds": (gettext_noop("Closed trades"), lambda row: row.summary.trades.count),
    "win": (gettext_noop("Win rate"), lambda row: row.summary.trades.win_rate),
    "factor": (gettext_noop("Profit factor"), lambda row: row.summary.trades.profit_factor),
    "newest": (gettext_noop("Last fill"), lambda row: row.summary.newest_at),
}


def group_by_bot(books: Iterable[PnlBook]) -> dict[Bot, list[PnlBook]]:
    groups = defaultdict[Bot, list[PnlBook]](list)
    for book in books:
        if book.bot is not None:
            groups[book.bot].append(book)
    return groups


def sort_rows(rows: Sequence[BotSummary], sort: str) -> list[BotSummary]:
    """Sort by a column; unknown values are last in both directions."""
    _label, value = COLUMNS[sort.removeprefix("-")]
    known = sorted((row for row in rows if value(row) is not None), key=value)
    if sort.startswith("-"):
        known.reverse()
    return [*known, *(row for row in rows if value(row) is None)]


def table_heads(sort: str, address: Callable[[str], str]) -> list[dict[str, str]]:
    """Return the heads: a click sorts by one, the highest first, a second click reverses it."""
    return [
        {
            "name": name,
            "label": _(label),
            "address": address(_next_sort(name, sort)),
            "way": {f"-{name}": "descending", name: "ascending"}.get(sort, "none"),
        }
        for name, (label, _value) in COLUMNS.items()
    ]


def _next_sort(name: str, sort: str) -> str:
    first, second = (name, f"-{name}") if name == "name" else (f"-{name}", name)
    return second if sort == first else first
