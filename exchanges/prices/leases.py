"""Leases in Redis: one process follows each market. A lease expires unless it is renewed."""

from collections.abc import Iterable, Sequence
from typing import Final

from exchanges.streams.threads import DatabaseThreads
from realtime.prices import FOLLOWED
from realtime.redis import run_script

threads: Final = DatabaseThreads(2, thread_name_prefix="feeds")  # for all that feeds wait for
LASTS_MS: Final = 4000  # a dead process's feeds are another's within this, and a turn

# KEYS: feeds. ARGV: who wants them, for how many milliseconds. Answers which are theirs now.
HOLD: Final = """
local held = {}
for i, name in ipairs(KEYS) do
    local holder = redis.call('GET', name)
    if not holder or holder == ARGV[1] then
        redis.call('SET', name, ARGV[1], 'PX', ARGV[2])
        table.insert(held, i)
    end
end
return held
"""
LET_GO: Final = """
for _, name in ipairs(KEYS) do
    if redis.call('GET', name) == ARGV[1] then redis.call('DEL', name) end
end
"""


def hold_markets(holder: str, feeds: Sequence[str]) -> set[str]:
    """Take or renew the leases of these markets, and return those that are ours."""
    if not feeds:
        return set()
    holdings = run_script(HOLD, keys=_lease_names(feeds), args=[holder, LASTS_MS])
    return {feeds[index - 1] for index in holdings}


def release_markets(holder: str, feeds: Iterable[str]) -> None:
    """Release leases after following has ended."""
    if names := _lease_names(feeds):
        run_script(LET_GO, keys=names, args=[holder])


def _lease_names(feeds: Iterable[str]) -> list[str]:
    return [FOLLOWED + feed for feed in feeds]
