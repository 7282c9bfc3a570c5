"""Position mode of an account: set by a worker, and refused by its venue while anything is open."""

from typing import Any, Final

from django.utils.translation import gettext as _

from exchanges.models import ExchangeKey, PositionMode
from exchanges.venues import MarketKind
from exchanges.worker_calls import CallUnsupported, call_worker

TIMEOUT_SECONDS: Final = 8.0  # for a worker and a venue to answer


def change_position_mode(key: ExchangeKey, mode: str) -> dict[str, Any]:
    """Have a worker set it; return whether the venue accepted it, and a message."""
    if key.market != MarketKind.FUTURES:
        message = _("Only futures have positions; “%(key)s” is a %(market)s key.") % {
            "key": key.label,
            "market": key.market,
        }
        raise CallUnsupported(message)
    if not key.is_active:
        raise CallUnsupported(
            _("The key “%(key)s” is switched off, so its venue is not asked.") % {"key": key.label}
        )
    return call_worker(
        "exchanges.set_position_mode",
        *(key.pk, mode),
        seconds=TIMEOUT_SECONDS,
        if_late=_("The key will show the outcome."),
    )


def describe_mode(key: ExchangeKey, mode: str) -> str:
    positions = (
        _("a long and a short position") if mode == PositionMode.HEDGE else _("one position")
    )
    return _("Each contract of “%(key)s” has %(positions)s at %(venue_label)s now.") % {
        "key": key.label,
        "positions": positions,
        "venue_label": key.venue_label,
    }
