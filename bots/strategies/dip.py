"""Buys when the price has fallen far enough from its recent high, and sells when it recovers."""

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

LABEL = gettext_noop("Dip")
DOES = gettext_noop("Buys after a sharp fall, and sells when the price recovers.")
LOSES = gettext_noop(
    "when a fall goes on: as far as its stop loss, and without one as far as it goes."
)
check_settings = guards.check_amount
estimate_needs = guards.estimate_needs


@dataclass(frozen=True, kw_only=True)
class Settings:
    drop_percent: Annotated[Decimal, Input("Buy after a fall of", "%", above=0, most=90)]
    window_minutes: Annotated[
        int, Input("From the high of the last", "min", least=1, most=LONGEST_MINUTES)
    ]
    amount: Annotated[Decimal, Input("Spend on each", above=0)]
    profit_percent: Annotated[Decimal, Input("Sell at a profit of", "%", above=0, most=1000)]
    stop_percent: guards.StopPercent = None
    cooldown_minutes: Cooldown = 0


def decide(
    settings: Settings, position: Position, slots: Slots, market: Market, now: datetime
) -> list[Intent]:
    entry_reason = _find_fall(settings, market, now)
    return entry_and_exit.decide_swing(entry_reason, settings, position, slots, market, now)


def _find_fall(settings: Settings, market: Market, now: datetime) -> str | None:
    recent = entry_and_exit.recent_samples(market, settings.window_minutes, now)
    if market.price is None or not recent:
        return None
    high = max(sample.high for sample in recent)
    if market.price > high * (1 - settings.drop_percent / 100):
        return None
    return Phrase(
        "%(price)s is %(percent)s %% below the recent high of %(high)s",
        price=f"{market.price:f}",
        percent=f"{settings.drop_percent:f}",
        high=f"{high:f}",
    )
