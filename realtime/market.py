"""What is watched of the markets, by anybody on any server, and what was last said of it.

The web processes write down in Redis what their sockets watch, for a while; whoever follows the
venues reads it there, follows each instrument once, and keeps the newest frames beside it.
"""

import time
from collections.abc import Collection, Iterable

import redis
import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from realtime import connection, frames, publish

log = structlog.get_logger(__name__)

WANTED = "fillwatch:market:wanted"  # a sorted set: instruments by when nobody wants them any more
NEWEST = "fillwatch:market:newest"  # a hash: the last frame of each kind and instrument
WANTED_SECONDS = 30.0


def known(instruments: Iterable[str]) -> frozenset[str]:
    """Those that can be watched here; what trades where is known to the apps above."""
    knows = import_string(settings.REALTIME_INSTRUMENTS)
    found: frozenset[str] = knows(frozenset(instruments))
    return found


def want(instruments: Iterable[str]) -> None:
    """Somebody here watches these; to be repeated before WANTED_SECONDS are over."""
    until = time.time() + WANTED_SECONDS
    if scores := dict.fromkeys(instruments, until):
        connection.redis_client().zadd(WANTED, scores)


def begin(instruments: Collection[str]) -> list[tuple[str, str, str]]:
    """Watch these; says what was last said of them."""
    if not keep_wanting(instruments):
        return []
    try:
        return newest(instruments)
    except redis.RedisError:
        return []


def keep_wanting(instruments: Collection[str]) -> bool:
    try:
        want(instruments)
    except redis.RedisError as error:
        log.warning("markets cannot be watched now: Redis is away", error=str(error))
        return False
    return True


def wanted() -> frozenset[str]:
    """What anybody watches; what nobody does any more is forgotten, with its last frames."""
    client, now = connection.redis_client(), time.time()
    over = client.zrangebyscore(WANTED, "-inf", now)
    if over:
        gone = [f"{kind} {name}" for name in over for kind in frames.MARKET]
        client.hdel(NEWEST, *gone)
        client.zremrangebyscore(WANTED, "-inf", now)
    return frozenset(client.zrange(WANTED, 0, -1))


def newest(instruments: Iterable[str]) -> list[tuple[str, str, str]]:
    """The last known frames as (kind, instrument, frame), for who has just begun to watch."""
    asked = [(kind, name) for name in instruments for kind in frames.MARKET]
    if not asked:
        return []
    found = connection.redis_client().hmget(NEWEST, [f"{kind} {name}" for kind, name in asked])
    return [
        (kind, name, frame)
        for (kind, name), frame in zip(asked, found, strict=True)
        if frame is not None
    ]


def tell(told: Iterable[tuple[frames.MarketType, frames.MarketData]]) -> None:
    """Keep these as the newest and send them to their watchers; a Redis that is away costs them."""
    told = list(told)
    if not told:
        return
    kept = {
        f"{kind} {data['instrument']}": frames.note_frame(kind, frames.dump(data))
        for kind, data in told
    }
    try:
        connection.redis_client().hset(NEWEST, mapping=kept)
    except redis.RedisError as error:
        log.debug("prices are not kept: Redis is away", error=str(error))
    publish.tell_watchers(told)
