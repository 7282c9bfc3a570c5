"""Limit how often streams open: venues count connects, and all our processes share the count.

The times of the latest connects are kept in Redis; one script looks and writes. Who has to wait
takes nothing, so whoever gives up while waiting costs the others nothing.
"""

from typing import Final

import redis
import structlog
from django.conf import settings
from django.utils import timezone

from exchanges import venues
from exchanges.instruments import VenueMarket
from exchanges.limits import bans
from exchanges.models import KeyOrMarket
from realtime.redis import run_script

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


def request_connect(target: KeyOrMarket) -> float:
    """Count a connect and return 0, or return for how many seconds the caller must wait."""
    market, now = target.venue_market, timezone.now()
    try:
        if end := bans.get_end(target, now=now):
            return (end - now).total_seconds()
        limit, span = _read_limit(market)
        return float(run_script(TAKE, keys=[get_counter_name(market)], args=[limit, span])) / 1000
    except redis.RedisError as error:
        log.warning("stream connect not counted", error=str(error))
        return 0.0


def get_counter_name(target: KeyOrMarket) -> str:
    """Name the counter: some venues count connects per market, others over all their markets."""
    market = target.venue_market
    if not venues.get(market.venue).connects_per_market:
        market = market._replace(market="all")
    return f"fillwatch:connects:{market}"


def _read_limit(market: VenueMarket) -> tuple[int, int]:
    """Return the venue's limit: connects, and the milliseconds they are counted in."""
    most, seconds = SIMULATED if market.is_paper else venues.get(market.venue).stream_connects
    setting = settings.STREAM_CONNECTS.get("simulated" if market.is_paper else market.venue)
    if setting:
        most, _, seconds = setting.partition("/")
    return int(most), int(float(seconds) * 1000)
