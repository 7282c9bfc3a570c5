"""How often streams may be opened: venues count connects, and all our processes share the count.

The times of the latest connects are kept in Redis; one script looks and writes. Who has to wait
takes nothing, so whoever gives up while waiting costs the others nothing.
"""

from typing import Final

import redis
import structlog
from django.conf import settings
from django.utils import timezone

from exchanges import venues
from exchanges.limits import bans
from exchanges.models import ExchangeKey
from realtime import scripts

log = structlog.get_logger(__name__)

# KEYS: the latest connects, newest first. ARGV: how many are allowed, in how many milliseconds.
# By the clock of Redis, which all processes share. Answers how long to wait; 0 counts as one.
TAKE: Final = """
local most, span = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local oldest = redis.call('LINDEX', KEYS[1], most - 1)
if oldest and oldest + span > now then return oldest + span - now end
redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
redis.call('LTRIM', KEYS[1], 0, most - 1)
redis.call('PEXPIRE', KEYS[1], span)
return 0
"""
SIMULATED: Final = (1000, 1)  # paper streams of all venues together may open this often


def wait(key: ExchangeKey) -> float:
    """Seconds until the key's stream may be opened; with 0 this attempt is counted."""
    try:
        if end := bans.until(key, now=timezone.now()):
            return (end - timezone.now()).total_seconds()
        most, span = _limit(key)
        return float(scripts.run(TAKE, keys=[name_of(key)], args=[most, span])) / 1000
    except redis.RedisError as error:
        log.warning("connects cannot be counted; the stream opens all the same", error=str(error))
        return 0.0


def name_of(key: ExchangeKey) -> str:
    """Some venues count connects at each market's address, the others over all their markets."""
    market = f":{key.market}" if venues.get(key.venue).connects_per_market else ""
    return f"fillwatch:connects:{key.venue}{market}:{'paper' if key.is_paper else 'live'}"


def _limit(key: ExchangeKey) -> tuple[int, int]:
    """Return the venue's limit: connects, and the milliseconds they are counted in."""
    most, seconds = SIMULATED if key.is_paper else venues.get(key.venue).stream_connects
    setting = settings.STREAM_CONNECTS.get("simulated" if key.is_paper else key.venue)
    if setting:
        most, _, seconds = setting.partition("/")
    return int(most), int(float(seconds) * 1000)
