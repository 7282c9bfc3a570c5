"""Buys when the price has fallen far enough from its recent high, and sells when it recovers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from bots.strategies import guards
from bots.strategies.decisions import Intent, Market, Needs, Position, Slots, as_fraction
from bots.strategies.entry_and_exit import decide_swing, recent_samples
from bots.strategies.guards import Guards
from bots.strategies.settings import Input

LABEL = "Dip"
DOES = "Buys after a sharp fall, and sells when the price recovers."
LOSES = "when a fall goes on: as far as its stop loss, and without one as far as it goes."
LONGEST_MINUTES = 24 * 60


@dataclass(frozen=True, kw_only=True)
class Settings:
    drop_percent: Annotated[Decimal, Input("Buy after a fall of", "%", above=0, most=90)]
    window_minutes: Annotated[
        int, Input("From the high of the last", "min", least=1, most=LONGEST_MINUTES)
    ]
    amount: Annotated[Decimal, Input("Spend on each", above=0)]
    profit_percent: Annotated[Decimal, Input("Sell at a profit of", "%", above=0, most=1000)]
    stop_percent: Annotated[Decimal | None, Input("Stop loss at", "%", above=0, most=90)] = None
    cooldown_minutes: Annotated[
        int, Input("Pause after a sale", "min", least=0, most=LONGEST_MINUTES * 365)
    ] = 0


def check_settings(settings: Settings, market: Market) -> Iterator[tuple[str, str]]:
    yield from guards.check_amount(settings.amount, _make_guards(settings), market)


def estimate_needs(settings: Settings, market: Market) -> Needs:
    return guards.estimate_needs(settings.amount, _make_guards(settings), market)


def decide(
    settings: Settings, position: Position, slots: Slots, market: Market, now: datetime
) -> list[Intent]:
    return decide_swing(
        guards=_make_guards(settings),
        entry_reason=_find_fall(settings, market, now),
        amount=settings.amount,
        cooldown_minutes=settings.cooldown_minutes,
        position=position,
        slots=slots,
        market=market,
        now=now,
    )


def _make_guards(settings: Settings) -> Guards:
    return Guards(stop=settings.stop_percent, profit=settings.profit_percent)


def _find_fall(settings: Settings, market: Market, now: datetime) -> str | None:
    recent = recent_samples(market, settings.window_minutes, now)
    if market.price is None or not recent:
        return None
    high = max(sample.high for sample in recent)
    if market.price > high * (1 - as_fraction(settings.drop_percent)):
        return None
    return f"{market.price:f} is {settings.drop_percent:f} % below the recent high of {high:f}"
