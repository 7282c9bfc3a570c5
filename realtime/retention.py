"""Pruning of old events, a few at a time; a client that was away longer starts over."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from realtime import streams
from realtime.counters import counts

log = structlog.get_logger(__name__)

BATCH = 1_000  # events of one user: a few milliseconds, during which that user's writers wait
USERS = 500  # whose logs are looked at in one query


@dataclass(frozen=True, slots=True)
class Pruned:
    events: int
    users: int
    complete: bool  # else the time was up; the next run goes on where this one stopped


def prune_old(*, before: datetime, seconds: float = float("inf"), dry_run: bool = False) -> Pruned:
    """Prune events before a time, for about `seconds`. Nothing is locked between batches."""
    until = time.monotonic() + seconds
    events = users = 0
    for user_id, floor in _find_old_logs(before):
        users += 1
        for last in _find_batch_ends(user_id, floor, before):
            events += last - floor if dry_run else streams.prune_events(user_id, floor, last)
            floor = last
            if time.monotonic() > until:
                return _record_result(Pruned(events, users, complete=False), dry_run=dry_run)
    return _record_result(Pruned(events, users, complete=True), dry_run=dry_run)


def get_cutoff(now: datetime, days: float) -> datetime:
    return now - timedelta(days=days)


def _find_old_logs(before: datetime) -> Iterator[tuple[int, int]]:
    after = 0
    while rows := streams.find_old_logs(after, USERS, before):
        yield from ((user_id, floor) for user_id, floor, is_old in rows if is_old)
        after = rows[-1][0]


def _find_batch_ends(user_id: int, floor: int, before: datetime) -> Iterator[int]:
    """Yield the last number of each batch."""
    last: int | None = floor
    while last is not None and (last := streams.find_last_old(user_id, last, before, BATCH)):
        yield last


def _record_result(pruned: Pruned, *, dry_run: bool) -> Pruned:
    if not dry_run:
        counts.pruned += pruned.events
        if pruned.events:
            log.info("old events pruned", events=pruned.events, users=pruned.users)
    return pruned
