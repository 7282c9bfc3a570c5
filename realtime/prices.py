"""The instruments that clients of any server watch, and the newest frame of each.

The web processes write down in Redis what their sockets watch, for a while; whoever follows the
venues reads it there, follows each instrument once, and keeps the newest frames beside it. An
instrument's name begins with its feed, which one process follows: "binance.spot:BTC/USDT".
"""

import json
import time
from collections.abc import Collection, Iterable

import redis
import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from realtime import frames, publish
from realtime import redis as realtime_redis
from realtime.watchlist import WatchAdmission

log = structlog.get_logger(__name__)

WANTED = "fillwatch:market:wanted"  # a sorted set: instruments by when nobody wants them any more
NEWEST = "fillwatch:market:newest"  # a hash: the last frame of each kind and instrument
FOLLOWED = "fillwatch:market:feed:"  # one for each feed that a process follows, and by which
WANTED_SECONDS = 30.0
MarketFrame = tuple[str, str, str]  # kind, instrument, frame

# KEYS: WANTED. ARGV: now, until when these are wanted, how many of a feed may be, the instruments.
# What is wanted already only stays so. Answers those for which there is no room.
ADMIT = """
local wanted, number, refused = {}, {}, {}
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf')) do
    local feed = string.match(name, '^[^:]*')
    wanted[name], number[feed] = true, (number[feed] or 0) + 1
end
for i = 4, #ARGV do
    local feed = string.match(ARGV[i], '^[^:]*')
    if not wanted[ARGV[i]] then
        if (number[feed] or 0) >= tonumber(ARGV[3]) then
            table.insert(refused, ARGV[i])
        else
            wanted[ARGV[i]], number[feed] = true, (number[feed] or 0) + 1
        end
    end
    if wanted[ARGV[i]] then redis.call('ZADD', KEYS[1], ARGV[2], ARGV[i]) end
end
return refused
"""


def find_known(instruments: Iterable[str]) -> frozenset[str]:
    """Those that can be watched here; what trades where is known to the apps above."""
    knows = import_string(settings.REALTIME_INSTRUMENTS)
    found: frozenset[str] = knows(frozenset(instruments))
    return found


def request_following(instruments: Iterable[str]) -> frozenset[str]:
    """Somebody here watches these, until WANTED_SECONDS are over; says which are too many."""
    names = sorted(instruments)
    if not names:
        return frozenset()
    now = time.time()
    admit = realtime_redis.redis_client().register_script(ADMIT)
    most = settings.MARKET_INSTRUMENTS
    return frozenset(admit(keys=[WANTED], args=[now, now + WANTED_SECONDS, most, *names]))


def admit_instruments(names: Iterable[str]) -> WatchAdmission:
    """Decide which of these instruments can be watched from now on."""
    asked = frozenset(names)
    there = find_known(asked) if asked else frozenset()
    try:
        refused = request_following(there)
    except redis.RedisError as error:
        log.warning("markets cannot be watched now: Redis is away", error=str(error))
        refused = frozenset()
    return WatchAdmission(there - refused, unknown=asked - there, refused=refused)


def renew_requests(instruments: Collection[str]) -> list[MarketFrame]:
    """They are watched on; says what is stale, since no process follows its feed any more."""
    try:
        request_following(instruments)
        return _mark_stale(read_newest(find_unfollowed(instruments)))
    except redis.RedisError as error:
        log.warning("markets cannot be watched now: Redis is away", error=str(error))
        return []


def read_first_frames(instruments: Collection[str]) -> list[MarketFrame]:
    """Read the newest frames of these, for a client that begins to watch."""
    try:
        unheard = find_unfollowed(instruments)
        heard = [name for name in instruments if name not in unheard]
        return [*read_newest(heard), *_mark_stale(read_newest(unheard))]
    except redis.RedisError:
        return []


def find_unfollowed(instruments: Collection[str]) -> frozenset[str]:
    """Those whose feed no process follows: nobody would say that what was last said is old."""
    feeds = sorted({get_feed(name) for name in instruments})
    if not feeds:
        return frozenset()
    held = realtime_redis.redis_client().mget([FOLLOWED + feed for feed in feeds])
    nobody = {feed for feed, holder in zip(feeds, held, strict=True) if holder is None}
    return frozenset(name for name in instruments if get_feed(name) in nobody)


def _mark_stale(told: Iterable[MarketFrame]) -> list[MarketFrame]:
    return [(kind, name, _build_stale_frame(kind, frame)) for kind, name, frame in told]


def _build_stale_frame(kind: str, frame: str) -> str:
    return frames.note_frame(kind, frames.dump_json(json.loads(frame)["data"] | {"stale": True}))


def get_feed(instrument: str) -> str:
    return instrument.partition(":")[0]


def list_requested() -> frozenset[str]:
    """List what any client watches; drop what nobody does any more, with its last frames."""
    client, now = realtime_redis.redis_client(), time.time()
    over = client.zrangebyscore(WANTED, "-inf", now)
    if over:
        gone = [f"{kind} {name}" for name in over for kind in frames.MARKET]
        client.hdel(NEWEST, *gone)
        client.zremrangebyscore(WANTED, "-inf", now)
    return frozenset(client.zrange(WANTED, 0, -1))


def read_newest(instruments: Iterable[str]) -> list[MarketFrame]:
    """The last known frames, whether or not somebody still follows these."""
    asked = [(kind, name) for name in instruments for kind in frames.MARKET]
    if not asked:
        return []
    found = realtime_redis.redis_client().hmget(NEWEST, [f"{kind} {name}" for kind, name in asked])
    return [
        (kind, name, frame)
        for (kind, name), frame in zip(asked, found, strict=True)
        if frame is not None
    ]


def publish_changes(told: Iterable[tuple[frames.MarketType, frames.MarketData]]) -> None:
    """Keep these as the newest and send them to their watchers; a Redis that is away costs them."""
    told = list(told)
    if not told:
        return
    kept = {
        f"{kind} {data['instrument']}": frames.note_frame(kind, frames.dump_json(data))
        for kind, data in told
    }
    try:
        realtime_redis.redis_client().hset(NEWEST, mapping=kept)
    except redis.RedisError as error:
        log.debug("prices are not kept: Redis is away", error=str(error))
    publish.notify_watchers(told)
