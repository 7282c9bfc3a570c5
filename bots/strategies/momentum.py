"""Buys what has risen fast enough, and stays with it until it turns."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from bots.strategies import guards
from bots.strategies.decisions import Intent, Market, Needs, Position, Slots, as_fraction
from bots.strategies.dip import LONGEST_MINUTES
from bots.strategies.entry_and_exit import decide_swing, recent_samples
from bots.strategies.guards import Guards
from bots.strategies.settings import Input

LABEL = "Momentum"
DOES = "Buys what rises fast, and stays with it until it turns."
LOSES = "when rises do not last: each false start costs a little, in a flat market again and again."


@dataclass(frozen=True, kw_only=True)
class Settings:
    rise_percent: Annotated[Decimal, Input("Buy after a rise of", "%", above=0, most=1000)]
    window_minutes: Annotated[
        int, Input("From the low of the last", "min", least=1, most=LONGEST_MINUTES)
    ]
    amount: Annotated[Decimal, Input("Spend on each", above=0)]
    trail_percent: Annotated[Decimal, Input("Sell when it turns by", "%", least="0.1", most=10)]
    stop_percent: Annotated[Decimal | None, Input("Stop loss at", "%", above=0, most=90)] = None
    trail_from_percent: Annotated[
        Decimal | None, Input("Trail from a profit of", "%", least=0, most=1000)
    ] = None
    cooldown_minutes: Annotated[
        int, Input("Pause after a sale", "min", least=0, most=LONGEST_MINUTES * 365)
    ] = 0


def check_settings(settings: Settings, market: Market) -> Iterator[tuple[str, str]]:
    yield from guards.check_amount(settings.amount, _make_guards(settings), market)
    if settings.trail_from_percent is not None and settings.stop_percent is None:
        yield "stop_percent", "Until it trails, nothing would protect it: a stop loss is needed."


def estimate_needs(settings: Settings, market: Market) -> Needs:
    return guards.estimate_needs(settings.amount, _make_guards(settings), market)


def decide(
    settings: Settings, position: Position, slots: Slots, market: Market, now: datetime
) -> list[Intent]:
    return decide_swing(
        guards=_make_guards(settings),
        entry_reason=_find_rise(settings, market, now),
        amount=settings.amount,
        cooldown_minutes=settings.cooldown_minutes,
        position=position,
        slots=slots,
        market=market,
        now=now,
    )


def _make_guards(settings: Settings) -> Guards:
    return Guards(
        stop=settings.stop_percent,
        trail=settings.trail_percent,
        trail_from=settings.trail_from_percent,
    )


def _find_rise(settings: Settings, market: Market, now: datetime) -> str | None:
    recent = recent_samples(market, settings.window_minutes, now)
    if market.price is None or not recent:
        return None
    low = min(sample.low for sample in recent)
    if market.price < low * (1 + as_fraction(settings.rise_percent)):
        return None
    return f"{market.price:f} is {settings.rise_percent:f} % above the recent low of {low:f}"
