"""Protects the positions that a person or a signal opens, with a stop, a profit and a trail."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from bots.strategies import guards
from bots.strategies.decisions import Intent, Market, Position, Slots, find_missed
from bots.strategies.entry_and_exit import ENTRY
from bots.strategies.guards import GuardedEntry, Guards, protect_entry
from bots.strategies.settings import Input
from realtime.values import gettext_noop
from users.languages.text import Phrase

LABEL = gettext_noop("Manual")
MOST_LEVERAGE = 125
DOES = gettext_noop(
    "Waits for you or a signal to open a position, then protects it with stop, profit and trail."
)
LOSES = gettext_noop(
    "when the price goes the wrong way: as far as its stop, and without one as far as it goes."
)
estimate_needs = guards.estimate_needs


@dataclass(frozen=True, kw_only=True)
class Settings:
    amount: Annotated[Decimal, Input("Spend on each", above=0)]
    leverage: Annotated[int | None, Input("Leverage", least=1, most=MOST_LEVERAGE)] = None
    margin_mode: Annotated[Literal["", "cross", "isolated"], Input("Margin")] = ""
    stop_percent: guards.StopPercent = None
    profit_percent: Annotated[Decimal | None, Input("Take profit at", "%", above=0, most=1000)] = (
        None
    )
    trail_percent: Annotated[Decimal | None, Input("Trail by", "%", least="0.1", most=10)] = None
    trail_from_percent: guards.TrailFrom = None
    leave: Annotated[bool, Input("Close what it holds")] = False


def check_settings(settings: Settings, market: Market) -> Iterator[tuple[str, str]]:
    yield from guards.check_amount(settings, market)
    if settings.leverage is not None and not market.is_futures:
        yield "leverage", Phrase("There is no leverage on a spot market.")
    elif settings.leverage is None and settings.margin_mode:
        yield "leverage", Phrase("The margin mode is set together with the leverage.")
    elif (settings.leverage or 0) > (most := market.most_leverage or MOST_LEVERAGE):
        values = {"symbol": market.symbol, "most": most}
        yield (
            "leverage",
            Phrase("%(symbol)s is traded with a leverage of %(most)s at most.", **values),
        )
    if settings.trail_from_percent is not None and settings.trail_percent is None:
        yield "trail_percent", Phrase("This is required to trail from a profit.")


def decide(
    settings: Settings, position: Position, slots: Slots, market: Market, now: datetime
) -> list[Intent]:
    """Guard the entry; this strategy opens nothing by itself."""
    entry = slots.get(ENTRY)
    if entry is None or entry.is_open:
        return []
    if halt := find_missed({ENTRY: entry}):
        return [halt]
    guarded = GuardedEntry(Guards.from_settings(settings), entry, market, now, settings.leave)
    return protect_entry(guarded, position, slots)[0]
