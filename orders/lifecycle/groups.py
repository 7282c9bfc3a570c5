"""Decide what a group of orders needs next, from the states of its orders alone. Pure.

The same decision comes out however often it is made, so a crash between two steps repeats nothing:
an exit is placed only while none is open for its role, and never for more than what is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from orders.lifecycle import states

BRACKET: Final = "bracket"
OCO: Final = "oco"
KINDS: Final = (BRACKET, OCO)

WAITING: Final = "waiting"  # for the first fill of its entry
ACTIVE: Final = "active"
UNPROTECTED: Final = "unprotected"  # an exit was refused, or cancelled by somebody
CANCELING: Final = "canceling"
DONE: Final = "done"
STATES: Final = (WAITING, ACTIVE, UNPROTECTED, CANCELING, DONE)

ENTRY: Final = "entry"
TAKE_PROFIT: Final = "take_profit"
STOP_LOSS: Final = "stop_loss"
EXITS: Final = (TAKE_PROFIT, STOP_LOSS)
LABELS: Final = {ENTRY: "entry", TAKE_PROFIT: "take profit", STOP_LOSS: "stop loss"}

# An entry that fills in many parts shall not have its exits replaced at each of them.
GROW_AFTER: Final = timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Leg:
    """One order of a group."""

    id: int
    role: str
    status: str
    quantity: Decimal
    filled: Decimal
    created_at: datetime
    is_canceling: bool = False  # its cancel was requested, by anybody
    was_replaced: bool = False  # it was cancelled by the group, or by a change that failed
    was_never_sent: bool = False  # it did not reach its venue, so another may be placed
    ended_reason: str = ""

    @property
    def is_open(self) -> bool:
        return self.status in states.OPEN

    @property
    def remaining(self) -> Decimal:
        return self.quantity - self.filled


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupTerms:
    """The task of a group, and the limits of its market."""

    kind: str
    roles: tuple[str, ...]  # the exits that it has
    acquired: Decimal  # to be exited, in all: what the entry brought
    step: Decimal
    least: Decimal  # the venue takes no smaller order
    holds_pair: bool = False  # the venue ends one exit when the other begins, or is cancelled
    lacks_fees: bool = False  # a fee paid in coins is not known yet, so neither is what came in
    is_canceling: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class NextStep:
    """The actions that are due now, and the state of the group after them."""

    state: str
    note: str = ""
    is_over: bool = False
    cancels: tuple[int, ...] = ()
    places: tuple[str, ...] = ()  # roles, each for `quantity`
    quantity: Decimal = Decimal(0)
    due_at: datetime | None = None


def decide_next(terms: GroupTerms, legs: Sequence[Leg], *, now: datetime) -> NextStep:
    """Decide what to cancel and to place; `legs` are in the order in which they were placed."""
    entries = [leg for leg in legs if leg.role == ENTRY]
    exits = [leg for leg in legs if leg.role != ENTRY]
    is_entering = any(leg.is_open for leg in entries)
    exited = sum((leg.filled for leg in exits), Decimal(0))
    left = _round_down(terms.acquired - exited, terms.step)
    if terms.is_canceling:
        return _end_all(legs, left)
    begun = [leg for leg in entries if leg.is_open and not leg.is_canceling]
    stopped = begun if exited else []  # what is being exited is not entered any further
    adjusted = _adjust_exits(terms, exits, left, is_entering=is_entering, now=now)
    losses = _find_losses(terms, exits) if left else {}
    is_busy = is_entering or terms.lacks_fees or any(leg.is_open for leg in exits)
    is_over = not is_busy and not adjusted.places
    is_started = bool(exits or adjusted.places)
    return NextStep(
        state=_name_state(losses, is_started=is_started, is_over=is_over),
        note=_describe(terms, losses, left=left, surplus=exited - terms.acquired, is_over=is_over)
        or _describe_spent(_find_spent(terms, exits)),
        is_over=is_over,
        cancels=(*(leg.id for leg in stopped), *adjusted.cancels),
        places=adjusted.places,
        quantity=left,
        due_at=adjusted.due_at,
    )


def _round_down(quantity: Decimal, step: Decimal) -> Decimal:
    if quantity <= 0:
        return Decimal(0)
    return quantity - states.EXACT.remainder(quantity, step) if step else quantity


def _end_all(legs: Sequence[Leg], left: Decimal) -> NextStep:
    is_open = [leg for leg in legs if leg.is_open]
    note = f"cancelled with {_write_quantity(left)} left, which has no exit" if left else ""
    return NextStep(
        state=CANCELING if is_open else DONE,
        note=note,
        is_over=not is_open,
        cancels=tuple(leg.id for leg in is_open if not leg.is_canceling),
    )


@dataclass(frozen=True, slots=True)
class _Adjustment:
    cancels: tuple[int, ...] = ()
    places: tuple[str, ...] = ()
    due_at: datetime | None = None


def _adjust_exits(
    terms: GroupTerms, exits: Sequence[Leg], left: Decimal, *, is_entering: bool, now: datetime
) -> _Adjustment:
    """Cancel each exit whose size is not what is left, and place those that are missing."""
    is_open = [leg for leg in exits if leg.is_open]
    wrong = [leg for leg in is_open if leg.remaining > left]
    small = [leg for leg in is_open if leg.remaining < left and not leg.filled]
    if terms.lacks_fees:
        small = []
    due_at = None
    if small and is_entering:
        due_at = min(leg.created_at for leg in small) + GROW_AFTER
    if due_at is None or due_at <= now:
        wrong, due_at = [*wrong, *small], None
    if terms.holds_pair and (wrong or _lacks_partner(terms, exits)):
        wrong = is_open  # the venue ends both
    cancels = tuple(leg.id for leg in wrong if not leg.is_canceling)
    busy = {leg.role for leg in is_open}
    is_locked = busy and terms.holds_pair  # the coins behind one exit
    if not left or left < terms.least or terms.lacks_fees or is_locked:
        return _Adjustment(cancels, (), due_at)
    losses = _find_losses(terms, exits)
    places = tuple(role for role in terms.roles if role not in busy and role not in losses)
    return _Adjustment(cancels, places, due_at)


def _lacks_partner(terms: GroupTerms, exits: Sequence[Leg]) -> bool:
    """Tell whether one exit of a pair stands alone, without having begun."""
    is_open = [leg for leg in exits if leg.is_open]
    missing = set(terms.roles) - {leg.role for leg in is_open} - _find_losses(terms, exits).keys()
    has_begun = any(leg.filled for leg in is_open) or _find_spent(terms, exits)
    return bool(is_open and missing and not has_begun)


def _find_spent(terms: GroupTerms, exits: Sequence[Leg]) -> str:
    """Return the exit that its venue ended since the other one of the pair began."""
    for role in terms.roles if terms.holds_pair else ():
        own = [leg for leg in exits if leg.role == role]
        others = [leg for leg in exits if leg.role != role]
        is_expired = bool(own) and own[-1].status == states.EXPIRED
        if is_expired and others and others[-1].is_open:
            return role
    return ""


def _find_losses(terms: GroupTerms, exits: Sequence[Leg]) -> dict[str, str]:
    """Return the exits that ended and are not placed again, and why."""
    losses, spent = {}, _find_spent(terms, exits)
    for role in terms.roles:
        latest = next((leg for leg in reversed(exits) if leg.role == role), None)
        if latest and role != spent and (reason := _find_loss(terms, latest, exits)):
            losses[role] = reason
    return losses


def _find_loss(terms: GroupTerms, leg: Leg, exits: Sequence[Leg]) -> str:
    if leg.is_open or leg.status == states.FILLED or leg.was_replaced or leg.was_never_sent:
        return ""
    if terms.holds_pair and leg.status == states.EXPIRED:
        others = [other for other in exits if other.role != leg.role]
        if others and others[-1].status == states.FILLED:
            return ""
    return leg.ended_reason or leg.status


def _name_state(losses: dict[str, str], *, is_started: bool, is_over: bool) -> str:
    if losses:
        return UNPROTECTED
    if is_over:
        return DONE
    return ACTIVE if is_started else WAITING


def _describe(
    terms: GroupTerms,
    losses: dict[str, str],
    *,
    left: Decimal,
    surplus: Decimal,
    is_over: bool,
) -> str:
    if losses:
        lost = "; ".join(f"no {LABELS[role]}: {reason}" for role, reason in losses.items())
        return f"{_write_quantity(left)} left, {lost}"
    if surplus > 0:
        return f"{_write_quantity(surplus)} more was exited than came in"
    if left and terms.lacks_fees:
        return "the fee of its entry is not known yet, and with it how much is left"
    if left and left < terms.least:
        return f"{_write_quantity(left)} left, too little for an exit"
    return "its entry ended without a fill" if is_over and not terms.acquired else ""


def _describe_spent(role: str) -> str:
    return f"its venue ended the {LABELS[role]} when the other exit began" if role else ""


def _write_quantity(quantity: Decimal) -> str:
    return f"{quantity.normalize(states.EXACT):f}"
