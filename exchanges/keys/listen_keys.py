"""Listen keys, for the venues that have them; a worker asks, since the web opens no secrets."""

import uuid
from datetime import timedelta
from typing import Any, Final, Literal

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from exchanges import venues, worker_calls
from exchanges.models import ExchangeKey

Act = Literal["create", "keep", "close"]
LASTS: Final = timedelta(minutes=60)
PATIENCE: Final = 8.0  # seconds for a worker and a venue to answer
NO_LISTEN_KEYS: Final = (
    "{venue} has no listen keys: its streams are opened by signing in."
    " Connect to /ws/ here instead: it tells what your orders do."
)


class Trouble(Exception):
    """Why there is no answer, in words."""


class NotHere(Trouble):
    """This venue, or this key, has none."""


class Refused(Trouble):
    """The venue said no."""


class NotNow(Trouble):
    """Could not be asked; later it may."""


class NoAnswer(Trouble):
    """Asked, and nobody has answered in time."""


def ask(key: ExchangeKey, act: Act, listen_key: str = "") -> dict[str, Any]:
    """What the venue answered: the listen key and until when it is good."""
    _check(key)
    name = uuid.uuid4().hex
    try:
        current_app.send_task(
            "exchanges.manage_listen_key",
            args=[key.pk, act, listen_key, name],
            expires=PATIENCE,
            retry=False,
        )
        answer = worker_calls.wait(name, seconds=PATIENCE)
    except (OperationalError, RedisError):
        raise NotNow(worker_calls.QUEUE_DOWN) from None
    if answer is None:
        raise NoAnswer("No worker answered in time: is one running? Nothing may have been done.")
    if words := answer.get("refused"):
        raise Refused(words)
    if words := answer.get("away"):
        raise NotNow(words)
    return answer


def _check(key: ExchangeKey) -> None:
    venue = venues.get(key.venue)
    if not venue.has_listen_keys(key.market):
        market = venue.markets.get(key.market)
        reason = market.no_listen_key if market else ""
        raise NotHere(reason or NO_LISTEN_KEYS.format(venue=venue.label))
    if not key.is_active:
        raise NotHere(f"The key “{key.label}” is switched off, so its venue is not asked.")
