"""Conclude who or what ended an order, from its state alone: the order of reports is irrelevant."""

from typing import Final

from orders.lifecycle import conclusions, states
from realtime.values import gettext_noop

USER: Final = "user"
MEMBER: Final = "member"
BOT: Final = "bot"
OPERATOR: Final = "operator"
US: Final = "fillwatch"
VENUE: Final = "venue"
HAND: Final = "hand"
EXPIRY: Final = "expiry"
ABSENCE: Final = "absence"
REFUSAL: Final = "refused"
SWITCH: Final = "switch"
CHANGE: Final = "change"

LABELS: Final = [
    (USER, gettext_noop("Its owner")),
    (MEMBER, gettext_noop("A member of its team")),
    (BOT, gettext_noop("A bot")),
    (OPERATOR, gettext_noop("An operator")),
    (US, "Fillwatch"),
    (VENUE, gettext_noop("The venue")),
    (HAND, gettext_noop("By hand at the exchange")),
    (EXPIRY, gettext_noop("Its own terms")),
    (ABSENCE, gettext_noop("Concluded from absence")),
    (REFUSAL, gettext_noop("Refused by the venue")),
    (SWITCH, gettext_noop("Dead man's switch")),
    (CHANGE, gettext_noop("A change that failed")),
]


def conclude_ended_by(state: states.OrderState, *, requested_by: str, is_patient: bool) -> str:
    """Conclude who ended an order; `requested_by` requested a cancel here, or is empty.

    A patient order waits at the venue until somebody cancels it, so its end came by hand.
    """
    if state.status not in states.ENDED:
        return ""
    if state.is_assumed:
        return USER if state.ended_reason == conclusions.CLOSED_BY_HAND else ABSENCE
    if state.status == states.CANCELED:
        return requested_by or (HAND if is_patient else EXPIRY)
    return {
        states.FILLED: VENUE,
        states.EXPIRED: EXPIRY,
        states.REJECTED: REFUSAL,
        states.DENIED: US,
    }[state.status]
