"""Spend request weight within each venue's limit, in any number of processes.

Where a venue counts an address, all its keys share one window; where it counts keys, each has its
own. A part of the limit is left for placing and cancelling, and a part of the rest for what cannot
wait. What a stream tells anyway is asked for out of a smaller window besides, since such an audit
must not take what somebody else needs. So are whole lists, balances and positions, and public
prices, each out of theirs.

The windows are in Redis and one script spends from them, so that any number of processes together
stay within the limit.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.conf import settings

from exchanges import venues
from exchanges.models import ExchangeKey, KeyOrMarket
from realtime.redis import run_script

AUDIT: Final = ("STREAM_AUDIT_SHARE",)
SURVEY: Final = ("SURVEY_SHARE",)
HOLDINGS: Final = ("HOLDINGS_SHARE",)
PRICES: Final = ("PRICES_SHARE",)
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
    key: ExchangeKey, weight: int, *, now: datetime, audit: bool = False, pressing: bool = False
) -> bool:
    """Spend this weight for the key and return True, or return False if it does not fit now."""
    part = 1.0 if pressing else PATIENT
    return _spend_weight(key, weight, now=now, part=part, shares=AUDIT if audit else ())


def try_spend_on_listing(key: ExchangeKey, weight: int, *, now: datetime) -> bool:
    """Spend from the window of full listings, which after a start would leave none for audits."""
    return _spend_weight(key, weight, now=now, part=PATIENT, shares=SURVEY)


def try_spend_on_holdings(key: ExchangeKey, weight: int, *, now: datetime) -> bool:
    """Spend from the window of holdings, so that they never take what orders need."""
    return _spend_weight(key, weight, now=now, part=PATIENT, shares=HOLDINGS)


def try_spend_on_prices(target: KeyOrMarket, weight: int, *, now: datetime) -> bool:
    """Prices have a window of their own too, and need no key."""
    return _spend_weight(target, weight, now=now, part=PATIENT, shares=PRICES)


def record_overspend(key: ExchangeKey, weight: int, *, now: datetime) -> None:
    """Record weight that a plan did not foresee; later requests wait for it."""
    if weight > 0:
        _spend_weight(key, weight, now=now, owed=True)


def _window_name(target: KeyOrMarket) -> str:
    counted_by = venues.get_weights(target.venue, target.market).per
    if counted_by == "address":
        return _address_window(target)
    owner = target.pk if isinstance(target, ExchangeKey) else "public"
    return f"{_address_window(target)}:{owner}"


def _address_window(target: KeyOrMarket) -> str:
    return f"fillwatch:budget:{target.venue_market}"


def _spend_weight(
    target: KeyOrMarket,
    weight: int,
    *,
    now: datetime,
    part: float = 1.0,
    shares: Iterable[str] = (),
    owed: bool = False,
) -> bool:
    costs = venues.get_weights(target.venue, target.market)
    name, share = _window_name(target), settings.VENUE_BUDGET_SHARE * part
    windows: dict[str, tuple[float, int]] = {name: (costs.per_minute * share, MINUTE)}
    for portion in shares:
        fits = costs.per_minute * getattr(settings, portion)
        windows[f"{name}:{portion.lower()}"] = fits, MINUTE
    if costs.per_address:
        limit, seconds = costs.per_address
        windows[_address_window(target)] = limit * share, seconds
    moment = f"{now.timestamp():.6f}"
    sizes = [number for window in windows.values() for number in window]
    arguments: list[float | str] = [moment, weight, int(owed), *sizes]
    return bool(run_script(TAKE, keys=list(windows), args=arguments))
