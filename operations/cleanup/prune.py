"""Delete old rows in small batches, each a transaction of its own, so that nobody waits long."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from django.apps import apps
from django.conf import settings
from django.db.models import Q, QuerySet

from operations.cleanup.tables import PRUNED, PruneRule
from realtime import retention

log = structlog.get_logger(__name__)

BATCH: Final = 500
PAUSE_SECONDS: Final = 0.02  # between batches, so that others get at disk and locks
EVENTS: Final = "realtime.event"


@dataclass(frozen=True, slots=True)
class PruneResult:
    table: str
    rows: int  # deleted, or to be deleted in a dry run
    is_complete: bool  # else the time was up; the next run goes on


def prune_tables(
    *, now: datetime, seconds: float = float("inf"), dry_run: bool = False
) -> Iterator[PruneResult]:
    """Delete old rows of one table after the other; yield each result as it is known."""
    until = time.monotonic() + seconds
    for table, rule in PRUNED.items():
        rows = list_old_rows(table, rule, now=now)
        if dry_run:
            yield PruneResult(table, rows.count(), is_complete=True)
        else:
            yield _record_result(_delete_rows(table, rows, until))


def prune_all(
    *, now: datetime, seconds: float = float("inf"), dry_run: bool = False
) -> Iterator[PruneResult]:
    """Do what the nightly and the hourly job do: the tables, then the events."""
    until = time.monotonic() + seconds
    yield from prune_tables(now=now, seconds=seconds, dry_run=dry_run)
    yield _prune_events(now, until, dry_run=dry_run)


def list_old_rows(table: str, rule: PruneRule, *, now: datetime) -> QuerySet[Any]:
    before, old = rule.get_cutoff(now), Q()
    for name in rule.times:
        old |= Q(**{f"{name}__lt": before})
    rows: QuerySet[Any] = apps.get_model(table)._base_manager.filter(old).order_by("pk")
    return rows


def _delete_rows(table: str, rows: QuerySet[Any], until: float) -> PruneResult:
    deleted = 0
    while ids := list(rows.values_list("pk", flat=True)[:BATCH]):
        if time.monotonic() > until:
            return PruneResult(table, deleted, is_complete=False)
        _, counts = rows.model._base_manager.filter(pk__in=ids).delete()
        deleted += counts.get(rows.model._meta.label, 0)
        time.sleep(PAUSE_SECONDS)
    return PruneResult(table, deleted, is_complete=True)


def _prune_events(now: datetime, until: float, *, dry_run: bool) -> PruneResult:
    before = retention.get_cutoff(now, settings.REALTIME["KEEP_DAYS"])
    seconds = max(0.0, until - time.monotonic())
    pruned = retention.prune_old(before=before, seconds=seconds, dry_run=dry_run)
    return PruneResult(EVENTS, pruned.events, pruned.complete)


def _record_result(result: PruneResult) -> PruneResult:
    if result.rows:
        log.info("old rows deleted", table=result.table, rows=result.rows)
    return result
