"""Ask a venue about a key, its leverage or its listen key. For workers: it loads ccxt."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges import pool
from exchanges.adapters import Call
from exchanges.base import KeyInvalid, NotFound, RateLimitError, RequestRefused, VenueError
from exchanges.keys import listen_keys, permissions, position_mode
from exchanges.keys.leverage import LeverageRequest
from exchanges.keys.permissions import KeyVerdict
from exchanges.limits import bans
from exchanges.limits.failures import note_failure
from exchanges.models import ExchangeKey, PositionMode
from exchanges.secrets import sealing
from exchanges.worker_calls import CallRefused, CallUnavailable


def check_key(key: ExchangeKey) -> KeyVerdict:
    """Ask the venue what the key may do, and judge its answer."""
    venue, now = key.venue_label, timezone.now()
    if end := bans.get_end(key, now=now):
        return permissions.venue_unavailable(
            _("it told us to wait until %(end)s UTC") % {"end": f"{end:%H:%M:%S}"}, venue=venue
        )
    try:
        return permissions.judge_report(
            pool.call(key, lambda adapter: adapter.fetch_permissions()), venue=venue
        )
    except KeyInvalid as error:
        return permissions.key_refused(str(error), venue=venue)
    except (VenueError, sealing.CannotOpen, sealing.BadSealingKey) as error:
        note_failure(key, error, now=now)
        return permissions.venue_unavailable(str(error), venue=venue)


def set_leverage(key: ExchangeKey, request: LeverageRequest) -> str:
    """Set leverage and margin mode at the venue, and return a message for the owner."""
    _call_venue(
        key,
        lambda adapter: adapter.set_leverage(
            request.symbol, leverage=request.leverage, margin_mode=request.margin_mode
        ),
    )
    return _("%(symbol)s is at %(leverage)s times, %(margin_mode)s, at %(venue_label)s.") % {
        "symbol": request.symbol,
        "leverage": request.leverage,
        "margin_mode": request.margin_mode,
        "venue_label": key.venue_label,
    }


def set_position_mode(key: ExchangeKey, mode: str) -> str:
    """Set the position mode at the venue, and return a message for the owner."""
    hedged = mode == PositionMode.HEDGE
    _call_venue(key, lambda adapter: adapter.set_position_mode(hedged=hedged))
    return position_mode.describe_mode(key, mode)


def manage_listen_key(key: ExchangeKey, act: listen_keys.Act, listen_key: str) -> dict[str, Any]:
    """Create, keep or close a listen key; keeping without a name extends the account's only one."""
    now = timezone.now()
    if act == "create" or (act == "keep" and not listen_key):
        listen_key = _call_venue(key, lambda adapter: adapter.create_listen_key())
    elif act == "keep":
        _call_venue(key, lambda adapter: adapter.keep_listen_key(listen_key))
    else:
        _call_venue(key, lambda adapter: adapter.close_listen_key(listen_key))
    return {"listen_key": listen_key, "expires_at": (now + listen_keys.LIFETIME).isoformat()}


def _call_venue(key: ExchangeKey, call: Call[Any]) -> Any:
    """Return the venue's answer, or raise a CallError with a message for the owner."""
    venue, now = key.venue_label, timezone.now()
    if end := bans.get_end(key, now=now):
        raise CallUnavailable(
            _("%(venue)s told us to wait until %(end)s UTC; ask again then.")
            % {"venue": venue, "end": f"{end:%H:%M:%S}"}
        )
    try:
        return pool.call(key, call)
    except (RequestRefused, NotFound, KeyInvalid) as error:
        raise CallRefused(
            _("%(venue)s refuses: %(error)s") % {"venue": venue, "error": error}
        ) from error
    except RateLimitError as error:
        note_failure(key, error, now=now)
        raise CallUnavailable(
            _("%(venue)s told us to wait: %(error)s") % {"venue": venue, "error": error}
        ) from error
    except (VenueError, sealing.CannotOpen, sealing.BadSealingKey) as error:
        raise CallUnavailable(
            _("%(venue)s could not be asked: %(error)s") % {"venue": venue, "error": error}
        ) from error
