"""The instruments that clients of any server watch, and the newest frame of each.

The web processes write to Redis which instruments their sockets watch, for WANTED_SECONDS. The
process of a feed reads them, follows each instrument once, and keeps the newest frames in Redis. An
instrument's name begins with its feed: "binance.spot:BTC/USDT".
"""

import json
import math
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import redis
import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from realtime import frames, publish
from realtime import redis as realtime_redis
from realtime.watchlist import WatchAdmission

log = structlog.get_logger(__name__)

WANTED = "fillwatch:market:wanted"  # a sorted set: instruments by when nobody wants them any more
WANTED_BY_USERS = "fillwatch:market:wanted-by-users"  # likewise: only who has signed in counts
NEWEST = "fillwatch:market:newest"  # a hash: the last frame of each kind and instrument
FOLLOWED = "fillwatch:market:feed:"  # one for each feed that a process follows, and by which
WANTED_SECONDS = 30.0
OLDEST = timedelta(seconds=30)  # the age at which a price of a feed that nobody follows is stale
STALE = {"stale": True}
MarketFrame = tuple[str, str, str]  # kind, instrument, frame


@dataclass(frozen=True, slots=True)
class Quote:
    """The last known price of an instrument."""

    price: Decimal
    at: datetime
    is_stale: bool  # too old to act on, or its market is not followed


# KEYS: WANTED, WANTED_BY_USERS. ARGV: now, until when these are wanted, how many of a feed may be,
# how many of a feed for people who have not signed in ("" when a user asks), the instruments.
# What is wanted already only stays so. Answers those for which there is no room.
ADMIT = """
local now, ends, most, most_anonymous = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local wanted, by_users, number, anonymous, refused = {}, {}, {}, {}, {}
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. now, '+inf')) do
    by_users[name] = true
end
local function add(name)
    local feed = string.match(name, '^[^:]*')
    wanted[name], number[feed] = true, (number[feed] or 0) + 1
    if not by_users[name] then anonymous[feed] = (anonymous[feed] or 0) + 1 end
end
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')) do add(name) end
for i = 5, #ARGV do
    local name, feed = ARGV[i], string.match(ARGV[i], '^[^:]*')
    if not wanted[name] then
        local full = (number[feed] or 0) >= most
        if most_anonymous and (anonymous[feed] or 0) >= most_anonymous then full = true end
        if full then table.insert(refused, name) else add(name) end
    end
    if wanted[name] then
        redis.call('ZADD', KEYS[1], ends, name)
        if not most_anonymous then redis.call('ZADD', KEYS[2], ends, name) end
    end
end
return refused
"""


def find_known(instruments: Iterable[str]) -> frozenset[str]:
    """Find the instruments that can be watched here; the apps above know what is traded."""
    find = import_string(settings.REALTIME_INSTRUMENTS)
    known: frozenset[str] = find(frozenset(instruments))
    return known


def request_following(instruments: Iterable[str], *, is_anonymous: bool = False) -> frozenset[str]:
    """Request that these are followed for WANTED_SECONDS; return those that are too many.

    Requests of people who have not signed in get a part of the room only, so that they never take
    it all from users.
    """
    names = sorted(instruments)
    if not names:
        return frozenset()
    now, most = time.time(), settings.MARKET_INSTRUMENTS
    most_anonymous = math.ceil(most * settings.MARKET_ANONYMOUS_SHARE) if is_anonymous else ""
    admit = realtime_redis.redis_client().register_script(ADMIT)
    args = [now, now + WANTED_SECONDS, most, most_anonymous, *names]
    return frozenset(admit(keys=[WANTED, WANTED_BY_USERS], args=args))


def admit_instruments(names: Iterable[str], *, is_anonymous: bool = False) -> WatchAdmission:
    """Decide which of these instruments can be watched from now on."""
    instruments = frozenset(names)
    known = find_known(instruments) if instruments else frozenset()
    try:
        refused = request_following(known, is_anonymous=is_anonymous)
    except redis.RedisError as error:
        log.warning("markets not followed, redis unavailable", error=str(error))
        refused = frozenset()
    return WatchAdmission(
        known - refused, unknown=instruments - known, refused=refused, is_anonymous=is_anonymous
    )


def renew_requests(
    by_users: Collection[str], by_anonymous: Collection[str] = ()
) -> list[MarketFrame]:
    """Renew the requests; return stale frames of feeds that no process follows any more."""
    instruments = {*by_users, *by_anonymous}
    try:
        request_following(by_users)
        request_following(instruments.difference(by_users), is_anonymous=True)
        return _mark_stale(read_newest(find_unfollowed(instruments)))
    except redis.RedisError as error:
        log.warning("markets not followed, redis unavailable", error=str(error))
        return []


def read_first_frames(instruments: Collection[str]) -> list[MarketFrame]:
    """Read the newest frames of these, for a client that begins to watch."""
    try:
        unfollowed = find_unfollowed(instruments)
        followed = [name for name in instruments if name not in unfollowed]
        return [*read_newest(followed), *_mark_stale(read_newest(unfollowed))]
    except redis.RedisError:
        return []


def find_unfollowed(instruments: Collection[str]) -> frozenset[str]:
    """Find those whose feed no process follows: nobody else would report them as stale."""
    feeds = sorted({get_feed(name) for name in instruments})
    if not feeds:
        return frozenset()
    holders = realtime_redis.redis_client().mget([FOLLOWED + feed for feed in feeds])
    unfollowed = {feed for feed, holder in zip(feeds, holders, strict=True) if holder is None}
    return frozenset(name for name in instruments if get_feed(name) in unfollowed)


def _mark_stale(rows: Iterable[MarketFrame]) -> list[MarketFrame]:
    return [
        (kind, name, frames.note_frame(kind, frames.dump_json(json.loads(frame)["data"] | STALE)))
        for kind, name, frame in rows
    ]


def get_feed(instrument: str) -> str:
    return instrument.partition(":")[0]


def list_requested() -> frozenset[str]:
    """List what any client watches; drop what nobody does any more, with its last frames."""
    client, now = realtime_redis.redis_client(), time.time()
    expired = client.zrangebyscore(WANTED, "-inf", now)
    if expired:
        gone = [f"{kind} {name}" for name in expired for kind in frames.MARKET]
        client.hdel(NEWEST, *gone)
        client.zremrangebyscore(WANTED, "-inf", now)
    client.zremrangebyscore(WANTED_BY_USERS, "-inf", now)
    return frozenset(client.zrange(WANTED, 0, -1))


def read_newest(instruments: Iterable[str]) -> list[MarketFrame]:
    """Read the last known frames of instruments, also of those that nobody follows now."""
    fields = [(kind, name) for name in instruments for kind in frames.MARKET]
    if not fields:
        return []
    rows = realtime_redis.redis_client().hmget(NEWEST, [f"{kind} {name}" for kind, name in fields])
    return [
        (kind, name, frame)
        for (kind, name), frame in zip(fields, rows, strict=True)
        if frame is not None
    ]


def read_quotes(instruments: Iterable[str], *, now: datetime) -> dict[str, Quote]:
    """Return the last known price of each instrument, however old; none while Redis is away.

    The process that follows a market marks stale prices itself: where nothing is traded for a while
    an old price is still right. Without such a process the age decides.
    """
    names, quotes = list(instruments), {}
    try:
        newest = read_newest(names)
        unfollowed = find_unfollowed(names)
    except redis.RedisError:
        return {}
    for kind, name, frame in newest:
        if kind == "price_update":
            data = json.loads(frame)["data"]
            at = datetime.fromisoformat(data["at"])
            is_old = name in unfollowed and at <= now - OLDEST
            quotes[name] = Quote(Decimal(data["last"]), at, data["stale"] or is_old)
    return quotes


def publish_changes(changes: Iterable[tuple[frames.MarketType, frames.MarketData]]) -> bool:
    """Keep changes as the newest and send them to their watchers; return if both was done.

    While Redis is away they are lost: who goes on sending repeats what is newest then.
    """
    changes = list(changes)
    if not changes:
        return True
    newest = {
        f"{kind} {data['instrument']}": frames.note_frame(kind, frames.dump_json(data))
        for kind, data in changes
    }
    is_kept = True
    try:
        realtime_redis.redis_client().hset(NEWEST, mapping=newest)
    except redis.RedisError as error:
        log.debug("newest prices not kept, redis unavailable", error=str(error))
        is_kept = False
    return publish.notify_watchers(changes) and is_kept
