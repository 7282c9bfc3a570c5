"""Buys what has risen fast enough, and stays with it until it turns."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from bots.strategies import entry_and_exit, guards
from bots.strategies.decisions import Intent, Market, Position, Slots
from bots.strategies.entry_and_exit import LONGEST_MINUTES, Cooldown
from bots.strategies.settings import Input
from realtime.values import gettext_noop
from users.languages.text import Phrase

LABEL = gettext_noop("Momentum")
DOES = gettext_noop("Buys what rises fast, and stays with it until it turns.")
LOSES = gettext_noop(
    "when rises do not last: each false start costs a little, in a flat market again and again."
)
estimate_needs = guards.estimate_needs


@dataclass(frozen=True, kw_only=True)
class Settings:
    rise_percent: Annotated[Decimal, Input("Buy after a rise of", "%", above=0, most=1000)]
    window_minutes: Annotated[
        int, Input("From the low of the last", "min", least=1, most=LONGEST_MINUTES)
    ]
    amount: Annotated[Decimal, Input("Spend on each", above=0)]
    trail_percent: Annotated[Decimal, Input("Sell when it turns by", "%", least="0.1", most=10)]
    stop_percent: guards.StopPercent = None
    trail_from_percent: guards.TrailFrom = None
    cooldown_minutes: Cooldown = 0


def check_settings(settings: Settings, market: Market) -> Iterator[tuple[str, str]]:
    yield from guards.check_amount(settings, market)
    if settings.trail_from_percent is not None and settings.stop_percent is None:
        message = Phrase("Until it trails, nothing would protect it: a stop loss is needed.")
        yield "stop_percent", message


def decide(
    settings: Settings, position: Position, slots: Slots, market: Market, now: datetime
) -> list[Intent]:
    entry_reason = _find_rise(settings, market, now)
    return entry_and_exit.decide_swing(entry_reason, settings, position, slots, market, now)


def _find_rise(settings: Settings, market: Market, now: datetime) -> str | None:
    recent = entry_and_exit.recent_samples(market, settings.window_minutes, now)
    if market.price is None or not recent:
        return None
    low = min(sample.low for sample in recent)
    if market.price < low * (1 + settings.rise_percent / 100):
        return None
    return Phrase(
        "%(price)s is %(percent)s %% above the recent low of %(low)s",
        price=f"{market.price:f}",
        percent=f"{settings.rise_percent:f}",
        low=f"{low:f}",
    )
