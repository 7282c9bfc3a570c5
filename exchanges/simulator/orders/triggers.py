"""What a conditional order waits for: a price to be reached, or to turn by some percent."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from exchanges.simulator.decimals import ZERO

TriggerKind = Literal["STOP_LOSS", "TAKE_PROFIT", "TRAILING"]
PERCENT = Decimal(100)


class WouldTrigger(Exception):
    """The price has already reached what the order wants to wait for."""


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """Fires when the price rises to it, or else when it falls to it.

    With `trail` it follows the price: it fires when the price has come back by so many percent
    from the best one seen since it became active; `price` is then where that begins, or zero.
    """

    kind: TriggerKind
    rises: bool
    price: Decimal = ZERO
    trail: Decimal = ZERO
    begins_rising: bool = False
    best: Decimal = ZERO

    @property
    def fire_price(self) -> Decimal:
        """The price that fires it as things are; zero while nobody can say."""
        if not self.trail:
            return self.price
        return self.best * (1 + self.trail / PERCENT * (1 if self.rises else -1))

    @property
    def expected_price(self) -> Decimal:
        """About what a market order behind it will cost."""
        return self.fire_price or self.price


def stop_loss(*, buys: bool, price: Decimal) -> Trigger:
    return Trigger(kind="STOP_LOSS", rises=buys, price=price)


def take_profit(*, buys: bool, price: Decimal) -> Trigger:
    return Trigger(kind="TAKE_PROFIT", rises=not buys, price=price)


def trailing_stop(*, buys: bool, percent: Decimal, begins: Decimal, now: Decimal) -> Trigger:
    """Follows the price from where it stands `now`, or from `begins` on if that is given."""
    trigger = Trigger(kind="TRAILING", rises=buys, price=begins, trail=percent)
    return start_trigger(trigger, now)


def start_trigger(trigger: Trigger, now: Decimal) -> Trigger:
    """The trigger as it starts out in a market whose price is `now`."""
    if not trigger.trail:
        return trigger
    if not trigger.price:
        return replace(trigger, best=now)
    return replace(trigger, begins_rising=trigger.price > now)


def would_fire(trigger: Trigger, price: Decimal) -> bool:
    return not trigger.trail and _is_reached(trigger.rises, trigger.price, price)


def update_trigger(trigger: Trigger, price: Decimal) -> tuple[Trigger, bool]:
    """What the trigger is after that price, and whether it fires."""
    if not trigger.trail:
        return trigger, would_fire(trigger, price)
    if not trigger.best:
        if not _is_reached(trigger.begins_rising, trigger.price, price):
            return trigger, False
        return replace(trigger, best=price), False
    if _is_reached(trigger.rises, trigger.fire_price, price):
        return trigger, True
    better = price < trigger.best if trigger.rises else price > trigger.best
    return (replace(trigger, best=price) if better else trigger), False


def _is_reached(rises: bool, at: Decimal, price: Decimal) -> bool:
    return price >= at if rises else price <= at
