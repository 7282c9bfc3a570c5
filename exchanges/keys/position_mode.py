"""Position mode of an account: set by a worker, and refused by its venue while anything is open."""

from typing import Any, Final

from exchanges.models import ExchangeKey, PositionMode
from exchanges.venues import MarketKind
from exchanges.worker_calls import CallUnsupported, call_worker

TIMEOUT_SECONDS: Final = 8.0  # for a worker and a venue to answer


def change_position_mode(key: ExchangeKey, mode: str) -> dict[str, Any]:
    """Have a worker set it; return whether the venue accepted it, and a message."""
    if key.market != MarketKind.FUTURES:
        message = f"Only futures have positions; “{key.label}” is a {key.market} key."
        raise CallUnsupported(message)
    if not key.is_active:
        raise CallUnsupported(f"The key “{key.label}” is switched off, so its venue is not asked.")
    return call_worker(
        "exchanges.set_position_mode",
        *(key.pk, mode),
        seconds=TIMEOUT_SECONDS,
        if_late="The key will show the outcome.",
    )


def describe_mode(key: ExchangeKey, mode: str) -> str:
    positions = "a long and a short position" if mode == PositionMode.HEDGE else "one position"
    return f"Each contract of “{key.label}” has {positions} at {key.venue_label} now."
