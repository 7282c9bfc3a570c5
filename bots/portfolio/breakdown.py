"""Profit split by venue, key, symbol or bot: the sums of every page, and each split adds up.

The rows of venues, keys and symbols are the books of keys. A bot's fills are in its key's books
too, so the split by bot has one more row: what was traded without a bot.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bots.models import PnlBook
from bots.pnl import open_positions, summary
from bots.pnl.open_positions import OpenPosition
from exchanges import venues
from realtime.values import EXACT, ZERO

BY_HAND: Final = gettext_noop("Without a bot")
WAYS: Final[Mapping[str, tuple[str, Callable[[PnlBook], str]]]] = {
    "venue": (
        gettext_noop("Venue"),
        lambda book: f"{venues.get(book.key.venue).label} {book.key.market}",
    ),
    "key": (gettext_noop("Key"), lambda book: book.key.label),
    "symbol": (gettext_noop("Symbol"), lambda book: book.symbol),
    "bot": (gettext_noop("Bot"), lambda book: book.bot.name if book.bot else _(BY_HAND)),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class BreakdownRow:
    """A part of the profit; its width is its size beside the largest one."""

    name: str
    net: Decimal
    fees: Decimal
    unrealised: Decimal | None  # None: a price is missing
    width: Decimal


def split_profit(
    books: Sequence[PnlBook], way: str, *, since: date | None, now: datetime
) -> list[BreakdownRow]:
    """Return the parts, the best first. `books` are those of keys and of bots, of one currency."""
    _label, name_of = WAYS[way]
    groups: dict[str, list[PnlBook]] = defaultdict(list)
    of_keys = [book for book in books if book.bot_id is None]
    of_bots = [book for book in books if book.bot_id is not None]
    for book in of_bots if way == "bot" else of_keys:
        groups[name_of(book)].append(book)
    total, *sums = summary.summarize([of_keys, *groups.values()], since=since)
    positions = open_positions.value_positions(books, now=now)
    rows = [
        (name, one.net, one.fees, _sum_unrealised(positions, group))
        for (name, group), one in zip(groups.items(), sums, strict=True)
    ]
    if way == "bot":
        rows += _rest_by_hand(rows, total, _sum_unrealised(positions, of_keys))
    largest = max((abs(net) for _name, net, _fees, _open in rows), default=ZERO)
    parts = [
        BreakdownRow(
            name=name,
            net=net,
            fees=fees,
            unrealised=unrealised,
            width=abs(net) / largest if largest else ZERO,
        )
        for name, net, fees, unrealised in rows
    ]
    return sorted(parts, key=lambda row: (-row.net, row.name))


def _rest_by_hand(
    rows: Sequence[tuple[str, Decimal, Decimal, Decimal | None]],
    total: Any,
    unrealised: Decimal | None,
) -> list[tuple[str, Decimal, Decimal, Decimal | None]]:
    """Return what is left of the total, if anything: the rows then add up to it."""
    net, fees, rest = total.net, total.fees, unrealised
    for _name, one_net, one_fees, one_unrealised in rows:
        net, fees = EXACT.subtract(net, one_net), EXACT.subtract(fees, one_fees)
        is_known = rest is not None and one_unrealised is not None
        rest = EXACT.subtract(rest or ZERO, one_unrealised or ZERO) if is_known else None
    return [(_(BY_HAND), net, fees, rest)] if net or fees or rest else []


def _sum_unrealised(positions: Sequence[OpenPosition], books: Sequence[PnlBook]) -> Decimal | None:
    wanted, total = {book.pk for book in books}, ZERO
    for position in positions:
        if position.book.pk in wanted:
            if position.unrealised is None:
                return None
            total = EXACT.add(total, position.unrealised)
    return total
