"""Listen keys, for the markets whose private stream is opened by one; a worker asks the venue."""

from datetime import timedelta
from typing import Any, Final, Literal

from django.utils import timezone

from exchanges import venues
from exchanges.models import ExchangeKey
from exchanges.streams import leases
from exchanges.worker_calls import CallUnsupported, call_worker

Act = Literal["create", "keep", "close"]
LIFETIME: Final = timedelta(minutes=60)
TIMEOUT_SECONDS: Final = 8.0  # for a worker and a venue to answer
NO_LISTEN_KEYS: Final = (
    "{venue} has no listen keys: its streams are opened by signing in."
    " Connect to /ws/ here instead: it tells what your orders do."
)


OURS: Final = (
    "Fillwatch follows this account by the same listen key, so it stays open."
    " What you hear by it ends when you close your connection."
)


def manage_listen_key(key: ExchangeKey, act: Act, listen_key: str = "") -> dict[str, Any]:
    """Return the listen key and when it expires.

    An account has one listen key for all: to close it would cut the stream that we follow.
    """
    _check_key(key)
    if act == "close" and leases.is_followed(key, now=timezone.now()):
        raise CallUnsupported(OURS)
    return call_worker(
        "exchanges.manage_listen_key",
        *(key.pk, act, listen_key),
        seconds=TIMEOUT_SECONDS,
        if_late="Nothing may have been done.",
        expires=TIMEOUT_SECONDS,  # a listen key that nobody waits for is of no use
    )


def _check_key(key: ExchangeKey) -> None:
    venue = venues.get(key.venue)
    if not venue.has_listen_keys(key.market):
        market = venue.markets.get(key.market)
        reason = market.no_listen_key if market else ""
        raise CallUnsupported(reason or NO_LISTEN_KEYS.format(venue=venue.label))
    if not key.is_active:
        raise CallUnsupported(f"The key “{key.label}” is switched off, so its venue is not asked.")
