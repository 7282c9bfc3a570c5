"""A venue that told us to wait gets no requests until the wait is over.

The owners of keys there are notified when the wait begins, when it grows longer and when it ends.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import redis
import structlog
from django.core.cache import cache

from exchanges.base import RateLimitError
from exchanges.limits import venue_status_event
from exchanges.models import ExchangeKey, KeyOrMarket

log = structlog.get_logger(__name__)

# A ban stays in the cache after its end, so that the next reader can announce that it is over.
LINGERS: Final = timedelta(hours=1)
# Many requests in flight are told of the same wait, each with a slightly later end.
SAME_END: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Ban:
    until: datetime
    reason: str


_known_here: dict[str, Ban] = {}  # as this process last read or noted them


def note(target: KeyOrMarket, error: RateLimitError, *, now: datetime) -> None:
    """Ban the whole market, or this key alone where the venue counts requests by key."""
    if error.until <= now:
        return
    market = target.venue_market
    name = _market_name(target) if error.everyone else _key_name(target)
    known = _read_bans([name]).get(name)
    if known and known.until > now and error.until <= known.until + SAME_END:
        return
    timeout = error.until + LINGERS - now
    ban = _known_here[name] = Ban(error.until, str(error))
    with suppress(redis.RedisError):  # then this process alone knows, until it is told again
        cache.set(name, ban, timeout=timeout.total_seconds())
    until = error.until.isoformat()
    scope = "market" if error.everyone else name
    log.error("venue banned us", market=str(market), scope=scope, until=until, error=str(error))
    if error.everyone:
        venue_status_event.publish_status(
            market, state="frozen", until=error.until, message=str(error)
        )


def get_end(target: KeyOrMarket, *, now: datetime) -> datetime | None:
    """Return the end of the wait, or None if requests may be sent."""
    names = [_market_name(target)]
    if isinstance(target, ExchangeKey):
        names.append(_key_name(target))
    bans = _read_bans(names)
    for name, ban in bans.items():
        if ban.until <= now:
            _remove_ban(target, name)
    return max((ban.until for ban in bans.values() if ban.until > now), default=None)


def get_market_ban(target: KeyOrMarket, *, now: datetime) -> Ban | None:
    """Return the ban of the whole market, if one is in force."""
    name = _market_name(target)
    ban = _read_bans([name]).get(name)
    return ban if ban and ban.until > now else None


def _read_bans(names: Sequence[str]) -> dict[str, Ban]:
    """Read bans; while Redis is away, those that this process has seen."""
    try:
        bans: dict[str, Ban] = cache.get_many(names)
    except redis.RedisError as error:
        log.warning("bans not read, Redis is away", error=str(error))
        return {name: _known_here[name] for name in names if name in _known_here}
    for name in names:
        _known_here.pop(name, None)
    _known_here.update(bans)
    return bans


def _remove_ban(target: KeyOrMarket, name: str) -> None:
    """Delete a ban that is over. Only the process that deleted it announces that."""
    _known_here.pop(name, None)
    try:
        is_first = cache.delete(name)
    except redis.RedisError:
        return  # it is read as over, and deleted later
    if is_first:
        market = target.venue_market
        log.info("ban is over", market=str(market), name=name)
        if name == _market_name(target):
            venue_status_event.publish_status(market, state="open", until=None, message="")


def _market_name(target: KeyOrMarket) -> str:
    return f"ban:{target.venue_market}"


def _key_name(target: KeyOrMarket) -> str:
    if not isinstance(target, ExchangeKey):
        raise TypeError("a limit of one key needs the key")
    return f"ban:key:{target.pk}"
