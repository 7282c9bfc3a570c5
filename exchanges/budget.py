"""How much may still be asked of a venue: a bucket that fills as fast as the venue's limit allows.

Where a venue counts an address, all its keys share one bucket; where it counts keys, each has its
own. A part of the limit is left for placing and cancelling. What a stream tells anyway is asked for
out of a smaller bucket besides: such an audit must not take what somebody else needs. So are
balances and positions, out of theirs.

The buckets are in Redis and one script takes from them, so that any number of processes together
stay within the limit.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, Final

import redis
from django.conf import settings

from exchanges import weights
from exchanges.models import ExchangeKey

AUDIT: Final = ("STREAM_AUDIT_SHARE",)
HOLDINGS: Final = ("HOLDINGS_SHARE",)

# KEYS: buckets. ARGV: now, the weight, whether it is owed anyway, how much each bucket holds.
# Something dearer than a full bucket waits for a full one, and leaves it in debt.
TAKE: Final = """
local now, weight, owed = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local rest = {}
for i, name in ipairs(KEYS) do
    local full = tonumber(ARGV[3 + i])
    local bucket = redis.call('HMGET', name, 'left', 'at')
    local left = tonumber(bucket[1]) or full
    local at = tonumber(bucket[2]) or now
    left = math.min(full, left + math.max(0, now - at) * full / 60)
    if left < math.min(weight, full) and not owed then return 0 end
    rest[i] = left - weight
end
for i, name in ipairs(KEYS) do
    redis.call('HSET', name, 'left', string.format('%.6f', rest[i]), 'at', ARGV[1])
    redis.call('EXPIRE', name, 600)
end
return 1
"""


def take(key: ExchangeKey, weight: int, *, now: datetime, audit: bool = False) -> bool:
    """Whether this much may be asked with this key now; if so, it is spent."""
    return _spend(key, weight, now=now, shares=AUDIT if audit else (), owed=False)


def take_for_holdings(key: ExchangeKey, weight: int, *, now: datetime) -> bool:
    """Balances never take what orders need."""
    return _spend(key, weight, now=now, shares=HOLDINGS, owed=False)


def charge(key: ExchangeKey, weight: int, *, now: datetime) -> None:
    """This much was asked beyond what was planned: the next ones wait for it."""
    if weight > 0:
        _spend(key, weight, now=now, shares=(), owed=True)


def name_of(key: ExchangeKey) -> str:
    bucket = f"fillwatch:budget:{key.venue}:{key.market}:{'paper' if key.is_paper else 'live'}"
    counted = weights.of(key.venue, key.market).per
    return bucket if counted == "address" else f"{bucket}:{key.pk}"


def _spend(
    key: ExchangeKey, weight: int, *, now: datetime, shares: Iterable[str], owed: bool
) -> bool:
    name, limit = name_of(key), weights.of(key.venue, key.market).per_minute
    buckets = {name: limit * settings.VENUE_BUDGET_SHARE}
    for share in shares:
        buckets[f"{name}:{share.lower()}"] = limit * getattr(settings, share)
    arguments = [f"{now.timestamp():.6f}", weight, int(owed), *map(float, buckets.values())]
    return bool(_script(settings.REDIS_URL)(keys=list(buckets), args=arguments))


@cache
def _script(address: str) -> Any:
    return redis.Redis.from_url(address, socket_timeout=5).register_script(TAKE)
