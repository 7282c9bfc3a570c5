"""Database work of a stream process, in threads: apply reports, reconcile.

Stream and sweep meet in the reconciler, which gives the same result in whatever order they come.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog
from django.db.models import Q
from django.utils import timezone

from exchanges.base import OrderReport
from exchanges.streams.threads import DatabaseThreads
from orders import external_orders
from orders.checks import sweep
from orders.lifecycle import bursts
from orders.models import IS_OPEN, Order, OrderChange

log = structlog.get_logger(__name__)

writing: Final = DatabaseThreads(4, thread_name_prefix="stream-writing")
asking: Final = DatabaseThreads(4, thread_name_prefix="stream-asking")  # waits for venues
leasing: Final = DatabaseThreads(1, thread_name_prefix="stream-leasing")  # waits for nobody


def apply_reports(key_id: int, reports: Sequence[OrderReport]) -> int:
    """Apply reports in their order, in one transaction; return how many could not be recorded."""
    try:
        combined = bursts.combine_reports(reports)
        external_orders.merge_reports(key_id, combined, source="stream", now=timezone.now())
    except Exception as error:  # noqa: BLE001 (any bad report undoes them all: retry one by one)
        log.info("reports are recorded one by one", key=key_id, error=repr(error))
        return sum(not _apply_report(key_id, report) for report in reports)
    return 0


def _apply_report(key_id: int, report: OrderReport) -> bool:
    try:
        external_orders.merge_report(key_id, report, source="stream", now=timezone.now())
    except Exception:  # the others must be recorded; the caller lists the key's orders in full
        log.exception("report not recorded", key=key_id, venue_order=report.exchange_order_id)
        return False
    return True


def reconcile_key(key_id: int, *, full: bool = False) -> bool:
    """Check all pending orders of this key; return whether all were checked and recorded."""
    outcome = sweep.reconcile_key(key_id, full=full)
    write_log = log.info if outcome.orders else log.debug
    write_log("key reconciled", key=key_id, **outcome.to_log_fields())
    return not (outcome.errors or outcome.skipped or outcome.deferred)


def was_checked(key_id: int, *, since: datetime) -> bool:
    """Tell whether checks have covered all pending orders of this key meanwhile."""
    waiting = Q(checked_at=None) | Q(checked_at__lt=since)
    return not Order.objects.filter(IS_OPEN, waiting, key_id=key_id).exists()


def poll_found_more(key_id: int, *, since: datetime) -> bool:
    """Tell whether a check has found what the stream should have reported."""
    return OrderChange.objects.filter(at__gte=since, source="poll", order__key_id=key_id).exists()
