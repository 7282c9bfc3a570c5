"""A set of settings for what a person or a signal starts; what it opened is then protected."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from bots.strategies import guards
from bots.strategies.entry_and_exit import ENTRY
from bots.strategies.guards import Guarded, Guards, guard
from bots.strategies.settings import Asked
from bots.strategies.types import Intent, Lanes, Market, Needs, Position, missed

LABEL = "Manual"
MOST_LEVERAGE = 125
DOES = "Waits for you or a signal to open a position, then protects it with stop, profit and trail."
LOSES = "when the price goes the wrong way: as far as its stop, and without one as far as it goes."


@dataclass(frozen=True, kw_only=True)
class Settings:
    amount: Annotated[Decimal, Asked("Spend on each", above=0)]
    leverage: Annotated[int | None, Asked("Leverage", least=1, most=MOST_LEVERAGE)] = None
    margin_mode: Annotated[Literal["", "cross", "isolated"], Asked("Margin")] = ""
    stop_percent: Annotated[Decimal | None, Asked("Stop loss at", "%", above=0, most=90)] = None
    profit_percent: Annotated[Decimal | None, Asked("Take profit at", "%", above=0, most=1000)] = (
        None
    )
    trail_percent: Annotated[Decimal | None, Asked("Trail by", "%", least="0.1", most=10)] = None
    trail_from_percent: Annotated[
        Decimal | None, Asked("Trail from a profit of", "%", least=0, most=1000)
    ] = None
    leave: Annotated[bool, Asked("Close what it holds")] = False


def check(settings: Settings, market: Market) -> Iterator[tuple[str, str]]:
    yield from guards.too_little(settings.amount, _guards(settings), market)
    if settings.leverage is not None and not market.is_futures:
        yield "leverage", "There is no leverage on a spot market."
    elif settings.leverage is None and settings.margin_mode:
        yield "leverage", "The margin mode is set together with the leverage."
    elif (settings.leverage or 0) > (most := market.most_leverage or MOST_LEVERAGE):
        yield "leverage", f"{market.symbol} is traded with a leverage of {most} at most."
    if settings.trail_from_percent is not None and settings.trail_percent is None:
        yield "trail_percent", "It says from where to trail, but not by how much."


def needs(settings: Settings, market: Market) -> Needs:
    return guards.needs(settings.amount, _guards(settings), market)


def decide(
    settings: Settings, position: Position, lanes: Lanes, market: Market, now: datetime
) -> list[Intent]:
    """It opens nothing by itself."""
    entry = lanes.get(ENTRY)
    if entry is None or entry.is_open:
        return []
    if halt := missed({ENTRY: entry}):
        return [halt]
    guarded = Guarded(_guards(settings), entry, market, now, settings.leave)
    return guard(guarded, position, lanes)[0]


def _guards(settings: Settings) -> Guards:
    return Guards(
        stop=settings.stop_percent,
        profit=settings.profit_percent,
        trail=settings.trail_percent,
        trail_from=settings.trail_from_percent,
    )
