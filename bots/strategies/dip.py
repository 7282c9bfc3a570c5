"""Buys when the price has fallen far enough from its recent high, and sells when it recovers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from bots.strategies import guards
from bots.strategies.entry_and_exit import swing, window
from bots.strategies.guards import Guards
from bots.strategies.settings import Asked
from bots.strategies.types import Intent, Lanes, Market, Needs, Position, percent

LABEL = "Dip"
DOES = "Buys after a sharp fall, and sells when the price recovers."
LOSES = "when a fall goes on: as far as its stop loss, and without one as far as it goes."
LONGEST_MINUTES = 24 * 60


@dataclass(frozen=True, kw_only=True)
class Settings:
    drop_percent: Annotated[Decimal, Asked("Buy after a fall of", "%", above=0, most=90)]
    window_minutes: Annotated[
        int, Asked("From the high of the last", "min", least=1, most=LONGEST_MINUTES)
    ]
    amount: Annotated[Decimal, Asked("Spend on each", above=0)]
    profit_percent: Annotated[Decimal, Asked("Sell at a profit of", "%", above=0, most=1000)]
    stop_percent: Annotated[Decimal | None, Asked("Stop loss at", "%", above=0, most=90)] = None
    cooldown_minutes: Annotated[
        int, Asked("Pause after a sale", "min", least=0, most=LONGEST_MINUTES * 365)
    ] = 0


def check(settings: Settings, market: Market) -> Iterator[tuple[str, str]]:
    yield from guards.too_little(settings.amount, _guards(settings), market)


def needs(settings: Settings, market: Market) -> Needs:
    return guards.needs(settings.amount, _guards(settings), market)


def decide(
    settings: Settings, position: Position, lanes: Lanes, market: Market, now: datetime
) -> list[Intent]:
    return swing(
        guards=_guards(settings),
        enters=_fallen(settings, market, now),
        amount=settings.amount,
        cooldown_minutes=settings.cooldown_minutes,
        position=position,
        lanes=lanes,
        market=market,
        now=now,
    )


def _guards(settings: Settings) -> Guards:
    return Guards(stop=settings.stop_percent, profit=settings.profit_percent)


def _fallen(settings: Settings, market: Market, now: datetime) -> str | None:
    recent = window(market, settings.window_minutes, now)
    if market.price is None or not recent:
        return None
    high = max(one.high for one in recent)
    if market.price > high * (1 - percent(settings.drop_percent)):
        return None
    return f"{market.price:f} is {settings.drop_percent:f} % below the recent high of {high:f}"
