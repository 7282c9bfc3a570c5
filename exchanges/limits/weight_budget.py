"""Spend request weight within each venue's limit, in any number of processes.

Where a venue counts an address, all its keys share one window; where it counts keys, each has its
own. A part of the limit is left for placing and cancelling, and a part of the rest for what cannot
wait. What a stream tells anyway is asked for out of a smaller window besides, since such an audit
must not take what somebody else needs. So are whole lists, balances and positions, and public
prices, each out of theirs.

The windows are in Redis and one script spends from them, so that any number of processes together
stay within the limit.
"""

from datetime import datetime
from typing import Final

from django.conf import settings

from exchanges import venues
from exchanges.models import ExchangeKey, KeyOrMarket
from realtime.redis import redis_client, run_script

# The windows besides, by the setting of their share. Each is for what must not take what others
# need: audits of streams, full lists (after a start they would leave none), holdings, prices.
AUDIT: Final = "STREAM_AUDIT_SHARE"
LISTINGS: Final = "SURVEY_SHARE"
HOLDINGS: Final = "HOLDINGS_SHARE"
PRICES: Final = "PRICES_SHARE"
MINUTE: Final = 60
PATIENT: Final = 0.9  # of what checks may use: the rest is for orders that cannot wait

# KEYS: windows, each a hash of what was spent in which second. ARGV: now, the weight, whether it
# is owed anyway; for each window how much fits it, and how many seconds it is long. Something
# dearer than that waits for an empty one.
TAKE: Final = """
local now, weight, owed = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
for i, name in ipairs(KEYS) do
    local spent, entries = 0, redis.call('HGETALL', name)
    local fits, seconds = tonumber(ARGV[2 + 2 * i]), tonumber(ARGV[3 + 2 * i])
    for j = 1, #entries, 2 do
        if tonumber(entries[j]) > now - seconds - 1 then
            spent = spent + tonumber(entries[j + 1])
        else
            redis.call('HDEL', name, entries[j])
        end
    end
    if spent > 0 and spent + weight > fits and not owed then return 0 end
end
for i, name in ipairs(KEYS) do
    redis.call('HINCRBY', name, math.floor(now), weight)
    redis.call('EXPIRE', name, ARGV[3 + 2 * i] + 2)
end
return 1
"""


def try_spend(
    target: KeyOrMarket,
    weight: int,
    *,
    now: datetime,
    window: str = "",
    pressing: bool = False,
    owed: bool = False,
) -> bool:
    """Spend this weight and return True, or return False if it does not fit now."""
    costs = venues.get_weights(target.venue, target.market)
    share = settings.VENUE_BUDGET_SHARE * (1.0 if pressing else PATIENT)
    name = _window_name(target)
    windows: dict[str, tuple[float, int]] = {name: (costs.per_minute * share, MINUTE)}
    if window:
        fits = costs.per_minute * getattr(settings, window)
        windows[f"{name}:{window.lower()}"] = fits, MINUTE
    if costs.per_address:
        limit, seconds = costs.per_address
        windows[_address_window(target)] = limit * share, seconds
    moment = f"{now.timestamp():.6f}"
    sizes = [number for size in windows.values() for number in size]
    arguments: list[float | str] = [moment, weight, int(owed), *sizes]
    return bool(run_script(TAKE, keys=list(windows), args=arguments))


def record_overspend(key: ExchangeKey, weight: int, *, now: datetime) -> None:
    """Record weight that a plan did not foresee; later requests wait for it."""
    if weight > 0:
        try_spend(key, weight, now=now, owed=True)


def read_used_share(target: KeyOrMarket, *, now: datetime) -> float | None:
    """Return how much of a market's limit was spent in the last minute, from 0 to 1.

    None where the venue counts each key by itself.
    """
    costs = venues.get_weights(target.venue, target.market)
    if costs.per != "address":
        return None
    entries = redis_client().hgetall(_window_name(target))
    since = now.timestamp() - MINUTE
    spent = sum(int(weight) for second, weight in entries.items() if float(second) > since)
    return round(spent / costs.per_minute, 4)


def _window_name(target: KeyOrMarket) -> str:
    counted_by = venues.get_weights(target.venue, target.market).per
    if counted_by == "address":
        return _address_window(target)
    owner = target.pk if isinstance(target, ExchangeKey) else "public"
    return f"{_address_window(target)}:{owner}"


def _address_window(target: KeyOrMarket) -> str:
    return f"fillwatch:budget:{target.venue_market}"
