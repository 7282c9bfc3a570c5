"""What protects what a bot has bought (or sold short): stop, profit, trail; one of them ends it.

Futures orders that only reduce can all wait at the venue together. On a spot market each would
hold the same coins, so one waits there, the stop before all, and the price is watched for the rest.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from bots.strategies.types import (
    Cancel,
    Intent,
    Lanes,
    Market,
    Needs,
    Place,
    Placed,
    Position,
    Side,
    missed,
    other,
    percent,
)

STOP, PROFIT, TRAIL, EXIT = "stop", "profit", "trail", "exit"
LANES = (STOP, PROFIT, TRAIL, EXIT)
# A venue that refuses to reduce what we hold may have closed it already: its word is on its way.
PATIENCE: Final = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Guards:
    """Distances from the price of the entry, in percent; None: not wanted."""

    stop: Decimal | None = None
    profit: Decimal | None = None
    trail: Decimal | None = None
    trail_from: Decimal | None = None  # the profit from which it trails; None: from the start


def too_little(amount: Decimal, guards: Guards, market: Market) -> Iterator[tuple[str, str]]:
    """Both are orders that a venue must take: what opens and, if it does not only reduce, the stop.

    In whole steps where the price is known.
    """
    price, bought, least = market.price, amount, market.min_cost
    if price is not None:
        bought = market.worth(amount, price) * price
        least = max(least, market.min_quantity * price)
    fallen = bought if guards.stop is None else bought * (1 - percent(guards.stop))
    if bought < least or not bought:
        yield "amount", f"The venue takes no order below {least:f}."
    elif fallen < market.min_cost and not market.is_futures:
        words = f"its stop would be worth {fallen:f}"
        yield "amount", f"The venue takes no order below {market.min_cost:f}, and {words}."


def needs(amount: Decimal, guards: Guards, market: Market) -> Needs:
    """Of an entry for so much, and of what then protects it."""
    given = [one for one in (guards.stop, guards.profit, guards.trail) if one is not None]
    return Needs(
        cost=amount,
        quantity=market.worth(amount, market.price) if market.price else Decimal(0),
        orders=max(1, len(given)) if market.is_futures else 1,
    )


@dataclass(frozen=True, slots=True)
class Guarded:
    """An entry that was filled, and the rules of its market."""

    guards: Guards
    entry: Placed
    market: Market
    now: datetime
    leaves: bool = False  # at once, at whatever price
    is_passed: bool = False  # the stop's price was, before its venue would have it

    @property
    def side(self) -> Side:
        return other(self.entry.side)

    def at(self, distance: Decimal, *, won: bool) -> Decimal:
        """The price so far from the entry, on the side where it wins or loses."""
        entry = self.entry.average or self.entry.price or Decimal(0)
        up = won == (self.entry.side == "buy")
        price = entry * (1 + percent(distance) * (1 if up else -1))
        return self.market.above(price) if up else self.market.below(price)

    def reached(self, price: Decimal) -> bool:
        """Whether the market is there, or has won even more."""
        now = self.market.price
        return now is not None and (now >= price if self.entry.side == "buy" else now <= price)

    def place(self, lane: str, quantity: Decimal) -> Place:
        order = partial(
            Place,
            slot=lane,
            turn=self.entry.turn,
            side=self.side,
            quantity=quantity,
            reduce_only=self.market.is_futures,
        )
        guards = self.guards
        if lane == STOP and guards.stop is not None:
            price = self.at(guards.stop, won=False)
            why = f"stop loss {guards.stop:f} % from the entry"
            return order(type="stop_loss", trigger_price=price, reason=why)
        if lane == PROFIT and guards.profit is not None:
            price = self.at(guards.profit, won=True)
            why = f"take profit {guards.profit:f} % from the entry"
            return order(type="limit", price=price, reason=why)
        if lane == TRAIL and guards.trail is not None:
            why = f"trails the price by {guards.trail:f} %"
            return order(type="trailing_stop", trailing_percent=guards.trail, reason=why)
        return order(type="market", reason=self._why())

    def _why(self) -> str:
        if self.is_passed:
            return "the price of the stop was passed before it could wait"
        return "told to leave" if self.leaves else "the price to leave at was reached"


def guard(guarded: Guarded, position: Position, lanes: Lanes) -> tuple[list[Intent], bool]:
    """What to do about a filled entry, and whether it is over: nothing held, none open."""
    market, turn = guarded.market, guarded.entry.turn
    mine = {lane: lanes[lane] for lane in LANES if lane in lanes and lanes[lane].turn == turn}
    waiting = [lane for lane, order in mine.items() if order.is_open]
    left = market.amount(abs(position.quantity))
    if left < market.min_quantity or not left:
        return [
            Cancel(slot=lane, reason="nothing is left to protect") for lane in waiting
        ], not waiting
    if _is_passed(guarded, mine):
        guarded = replace(guarded, is_passed=True, leaves=True)
    others = {lane: one for lane, one in mine.items() if lane != STOP or not guarded.is_passed}
    if halt := missed(others):  # with nothing left, a venue drops what could only reduce
        return ([] if _may_be_over(others, guarded.now) else [halt]), False
    if market.is_futures:
        return list(_together(guarded, left, mine)), False
    return list(_alone(guarded, left, mine, waiting)), False


def _is_passed(guarded: Guarded, mine: Lanes) -> bool:
    """A venue takes no stop that the price has passed already: then nothing is to be waited for."""
    stop, distance, price = mine.get(STOP), guarded.guards.stop, guarded.market.price
    if stop is None or not stop.is_refused or distance is None:
        return False
    if EXIT in mine:
        return True
    at = guarded.at(distance, won=False)
    return price is not None and (price <= at if guarded.side == "sell" else price >= at)


def _may_be_over(lanes: Lanes, now: datetime) -> bool:
    """Only what was refused a moment ago is missed."""
    wrong = [one for one in lanes.values() if missed({one.slot: one})]
    return all(one.is_refused and now < (one.ended_at or one.at) + PATIENCE for one in wrong)


def _together(guarded: Guarded, left: Decimal, mine: Lanes) -> Iterator[Intent]:
    guards = guarded.guards
    if guarded.leaves:
        if EXIT not in mine:
            yield guarded.place(EXIT, left)
        return
    for lane, distance in ((STOP, guards.stop), (PROFIT, guards.profit)):
        if distance is not None and lane not in mine:
            yield guarded.place(lane, left)
    if TRAIL not in mine and _trails(guarded):
        yield guarded.place(TRAIL, left)


def _alone(guarded: Guarded, left: Decimal, mine: Lanes, waiting: list[str]) -> Iterator[Intent]:
    """From one to the next by cancelling first: coins are free when the venue says so."""
    lane = _next(guarded, mine)
    if lane is None or lane in mine:
        return
    if waiting:
        yield from (Cancel(slot=one, reason=f"{lane} takes its place") for one in waiting)
    else:
        yield guarded.place(lane, left)


def _next(guarded: Guarded, mine: Lanes) -> str | None:
    """Which order is to wait now. Who has given way once does not come back."""
    guards = guarded.guards
    if EXIT in mine or guarded.leaves or _leaves(guarded):
        return EXIT
    if TRAIL in mine or _trails(guarded):
        return TRAIL
    gave_way = [one for one in mine.values() if one.by_us and not one.is_open]
    if gave_way:  # for an exit or a trail whose price has gone again meanwhile
        return EXIT if guards.trail is None else TRAIL
    if guards.stop is not None:
        return STOP
    return PROFIT if guards.profit is not None and guards.trail is None else None


def _leaves(guarded: Guarded) -> bool:
    """The profit is watched for where its order cannot wait at the venue."""
    guards = guarded.guards
    if guards.profit is None or (guards.stop is None and guards.trail is None):
        return False
    return guarded.reached(guarded.at(guards.profit, won=True))


def _trails(guarded: Guarded) -> bool:
    guards = guarded.guards
    if guards.trail is None:
        return False
    if guards.trail_from is None:
        return True
    return guarded.reached(guarded.at(guards.trail_from, won=True))
