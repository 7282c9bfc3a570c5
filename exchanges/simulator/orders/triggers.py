"""Triggers of conditional orders: a price that is reached, or one that turns by some percent."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from exchanges.simulator.decimals import ZERO
from exchanges.simulator.refusals import OrderRefusal

TriggerKind = Literal["STOP_LOSS", "TAKE_PROFIT", "TRAILING"]
PERCENT = Decimal(100)


class WouldTrigger(OrderRefusal):
    """The price has already reached the trigger; the argument is the trigger's kind."""


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """A price condition; with `rises` it fires when the price rises to it, else when it falls.

    With `trail` or `distance` it follows the price: it fires when the price has come back by that
    many percent, or by that much, from the best price since it became active. `price` is then where
    following begins, or zero.
    """

    kind: TriggerKind
    rises: bool
    price: Decimal = ZERO
    trail: Decimal = ZERO
    distance: Decimal = ZERO
    begins_rising: bool = False
    best: Decimal = ZERO
    # Its owner calls it neither a stop loss nor a take profit.
    plain: bool = False

    @property
    def follows(self) -> bool:
        return bool(self.trail or self.distance)

    @property
    def fire_price(self) -> Decimal:
        """The price that would fire it now; zero while a trailing trigger is not active yet."""
        if not self.follows:
            return self.price
        if self.distance:
            return self.best and self.best + self.distance * (1 if self.rises else -1)
        return self.best * (1 + self.trail / PERCENT * (1 if self.rises else -1))

    @property
    def expected_price(self) -> Decimal:
        """The approximate price at which a market order behind it will fill."""
        return self.fire_price or self.price


def stop_loss(*, buys: bool, price: Decimal) -> Trigger:
    return Trigger(kind="STOP_LOSS", rises=buys, price=price)


def take_profit(*, buys: bool, price: Decimal) -> Trigger:
    return Trigger(kind="TAKE_PROFIT", rises=not buys, price=price)


def plain_trigger(*, buys: bool, price: Decimal, now: Decimal) -> Trigger:
    """Return a trigger that fires when the price comes to it, from whichever side it is now."""
    rises = price > now
    kind: TriggerKind = "STOP_LOSS" if rises == buys else "TAKE_PROFIT"
    return Trigger(kind=kind, rises=rises, price=price, plain=True)


def trailing_stop(*, buys: bool, percent: Decimal, begins: Decimal, now: Decimal) -> Trigger:
    """Return a trailing trigger; it follows from the price `now`, or from `begins` if not zero."""
    trigger = Trigger(kind="TRAILING", rises=buys, price=begins, trail=percent)
    return start_trigger(trigger, now)


def start_trigger(trigger: Trigger, now: Decimal) -> Trigger:
    """Return the trigger as it starts in a market whose price is `now`."""
    if not trigger.follows:
        return trigger
    if not trigger.price:
        return replace(trigger, best=now)
    return replace(trigger, begins_rising=trigger.price > now)


def would_fire(trigger: Trigger, price: Decimal) -> bool:
    return not trigger.follows and _is_reached(trigger.rises, trigger.price, price)


def update_trigger(trigger: Trigger, price: Decimal) -> tuple[Trigger, bool]:
    """Return the trigger after a new price, and whether it fires."""
    if not trigger.follows:
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
