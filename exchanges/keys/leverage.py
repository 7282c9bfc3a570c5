"""Leverage and margin mode of a symbol: set by a worker, the owner told what came of it."""

import uuid
from dataclasses import dataclass
from typing import Any, Final

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from exchanges import worker_calls
from exchanges.models import ExchangeKey, Symbol
from exchanges.venues import MarketKind
from realtime import publish
from realtime.shapes import LeverageSetData

PATIENCE: Final = 8.0  # seconds for a worker and a venue to answer
MOST: Final = 125
MARGIN_MODES: Final = [("cross", "Cross"), ("isolated", "Isolated")]


class Trouble(Exception):
    """Why it is not done, in words."""


class NotHere(Trouble):
    """This key has nothing of the kind."""


class NotNow(Trouble):
    """Nothing was asked, or the venue could not be; later it may."""


class NoAnswer(Trouble):
    """Asked, and nobody has answered in time; the outcome is told as a frame."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    symbol: str
    leverage: int
    margin_mode: str


def ask(key: ExchangeKey, wish: Wish) -> dict[str, Any]:
    """What came of it: whether it is set now, and in words."""
    _check(key, wish)
    name = uuid.uuid4().hex
    try:
        current_app.send_task(
            "exchanges.set_leverage",
            args=[key.pk, wish.symbol, wish.leverage, wish.margin_mode, name],
            expires=worker_calls.KEPT_SECONDS,
            retry=False,
        )
        answer = worker_calls.wait(name, seconds=PATIENCE)
    except (OperationalError, RedisError):
        raise NotNow(worker_calls.QUEUE_DOWN) from None
    if answer is None:
        raise NoAnswer("No worker has answered in time: is one running? The outcome will be told.")
    if answer["away"]:
        raise NotNow(answer["message"])
    return answer


def tell(key: ExchangeKey, wish: Wish, *, ok: bool, message: str) -> None:
    """Every page and program of the owner hears of it, also when nobody waits any more."""
    data = LeverageSetData(
        key=key.pk,
        symbol=wish.symbol,
        leverage=wish.leverage,
        margin_mode=wish.margin_mode,
        ok=ok,
        message=message,
    )
    publish.tell(
        user_id=key.user_id, type="leverage_set", data=data, about=f"{key.pk} {wish.symbol}"
    )


def symbols_of(key: ExchangeKey) -> list[str]:
    known = Symbol.objects.filter(venue=key.venue, market=key.market, is_paper=key.is_paper)
    return list(known.values_list("name", flat=True))


def _check(key: ExchangeKey, wish: Wish) -> None:
    if key.market != MarketKind.FUTURES:
        raise NotHere(f"Only futures have leverage; “{key.label}” is a {key.market} key.")
    if not key.is_active:
        raise NotHere(f"The key “{key.label}” is switched off, so its venue is not asked.")
    known = symbols_of(key)
    if known and wish.symbol not in known:
        raise NotHere(f"{wish.symbol} is not traded at {key.venue_label}.")
