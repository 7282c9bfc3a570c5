"""Change an order without a report: absence, silence, refusals before and at the venue. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from orders.lifecycle.states import (
    CANCELED,
    EXPIRED,
    NEW,
    OPEN,
    PARTIALLY_FILLED,
    PENDING,
    RANK,
    REJECTED,
    UNKNOWN,
    Decision,
    OrderState,
)

FORGOTTEN: Final = "older than the history that its venue keeps"
DELISTED: Final = "its symbol is no longer traded there, and its venue answers nothing about it"
OUT_OF_REACH: Final = frozenset({FORGOTTEN, DELISTED})  # nobody can find out how it ended
CLOSED_BY_HAND: Final = "closed by hand, since its venue cannot say how it ended"


def conclude_absence(state: OrderState, *, now: datetime) -> Decision:
    """End an order that its venue repeatedly said it does not know; what was filled stays."""
    if state.status not in OPEN:
        return Decision(state=state)
    never_there = state.status in (PENDING, UNKNOWN) and not state.exchange_order_id
    ended = replace(
        state,
        status=REJECTED if never_there else CANCELED,
        ended_at=now,
        ended_reason=(
            "never arrived at the venue, as far as it says"
            if never_there
            else "the venue no longer knows this order"
        ),
        is_assumed=True,
    )
    return Decision(state=ended)


def refuse_order(state: OrderState, *, status: str, reason: str, now: datetime) -> Decision:
    """End an order that we denied or the venue rejected, unless the venue is known to have it."""
    if RANK[status] <= state.rank or state.rank >= RANK[NEW]:
        return Decision(state=state)
    ended = replace(state, status=status, ended_at=now, ended_reason=reason, is_assumed=False)
    return Decision(state=ended)


def mark_unanswered(state: OrderState) -> Decision:
    """Mark an order unknown that was sent without an answer, unless a report came meanwhile."""
    if state.status != PENDING:
        return Decision(state=state)
    return Decision(state=replace(state, status=UNKNOWN))


def mark_forgotten(state: OrderState) -> Decision:
    """Mark an order unknown that is older than its venue's history: its end cannot be found."""
    if state.status not in OPEN:
        return Decision(state=state)
    return Decision(state=replace(state, status=UNKNOWN, ended_reason=FORGOTTEN))


def mark_delisted(state: OrderState) -> Decision:
    """Mark an order unknown whose symbol its venue does not know any more."""
    if state.status not in OPEN:
        return Decision(state=state)
    return Decision(state=replace(state, status=UNKNOWN, ended_reason=DELISTED))


def is_closable(*, status: str, ended_reason: str) -> bool:
    """Tell whether a person may end an order here: its venue cannot say what became of it."""
    return status == UNKNOWN and ended_reason in OUT_OF_REACH


def close_by_hand(state: OrderState, *, now: datetime) -> Decision:
    """End an order that is out of reach; any word of its venue still counts."""
    if not is_closable(status=state.status, ended_reason=state.ended_reason):
        return Decision(state=state)
    ended = replace(
        state, status=CANCELED, ended_at=now, ended_reason=CLOSED_BY_HAND, is_assumed=True
    )
    return Decision(state=ended)


def end_as_triggered(state: OrderState, *, successor_id: str, now: datetime) -> Decision:
    """End an order whose trigger was reached and whose successor already has a row of its own."""
    if state.status not in OPEN:
        return Decision(state=state)
    reason = f"its trigger was reached: it goes on as {successor_id}"
    return Decision(state=replace(state, status=EXPIRED, ended_at=now, ended_reason=reason))


def mark_unverifiable(state: OrderState) -> Decision:
    """Mark an open order unknown while its venue cannot be asked; what was filled stays."""
    if state.status not in (NEW, PARTIALLY_FILLED):
        return mark_unanswered(state)
    return Decision(state=replace(state, status=UNKNOWN))
