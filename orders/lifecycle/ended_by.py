"""Who or what ended an order: concluded from what is true of it, so no order of arrival matters."""

from typing import Final

from orders.lifecycle import states

USER: Final = "user"
BOT: Final = "bot"
OPERATOR: Final = "operator"
US: Final = "fillwatch"
VENUE: Final = "venue"
HAND: Final = "hand"
EXPIRY: Final = "expiry"
ABSENCE: Final = "absence"
REFUSAL: Final = "refused"

LABELS: Final = [
    (USER, "Its owner"),
    (BOT, "A bot"),
    (OPERATOR, "An operator"),
    (US, "Fillwatch"),
    (VENUE, "The venue"),
    (HAND, "By hand at the exchange"),
    (EXPIRY, "Its own terms"),
    (ABSENCE, "Concluded from absence"),
    (REFUSAL, "Refused by the venue"),
]


def conclude_ended_by(state: states.OrderState, *, requested_by: str, is_patient: bool) -> str:
    """`asked_by` wished for the end here, if anybody did; a patient order waits until cancelled."""
    if state.status not in states.ENDED:
        return ""
    if state.is_assumed:
        return ABSENCE
    if state.status == states.CANCELED:
        return requested_by or (HAND if is_patient else EXPIRY)
    return {
        states.FILLED: VENUE,
        states.EXPIRED: EXPIRY,
        states.REJECTED: REFUSAL,
        states.DENIED: US,
    }[state.status]
