"""Prune old entries of the audit log: what goes is at its beginning, and a checkpoint stays."""

from datetime import datetime
from typing import Final

import structlog
from django.db import connection, transaction

from operations.audit import chain
from operations.models import AuditChange, AuditCheckpoint, AuditSeal

log = structlog.get_logger(__name__)

ALLOW: Final = "SELECT set_config('fillwatch.prune_audit', 'on', true)"


def count_old_seals(before: datetime) -> int:
    last = _find_last_old(before)
    return AuditSeal.objects.filter(number__lte=last.number).count() if last else 0


def prune_changes(before: datetime, *, by: str, now: datetime) -> int:
    """Delete the sealed changes from before this time, in one transaction; return how many."""
    with transaction.atomic():
        chain.lock_chain()
        if (last := _find_last_old(before)) is None:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(ALLOW)
        seals = AuditSeal.objects.filter(number__lte=last.number)
        AuditChange.objects.filter(pk__in=seals.values("change_id")).delete()
        removed, _ = seals.delete()
        AuditCheckpoint.objects.create(
            number=last.number,
            hash=last.hash,
            signature=chain.sign(last.number, last.hash),
            removed=removed,
            by=by,
            at=now,
        )
        with connection.cursor() as cursor:
            cursor.execute(ALLOW.replace("'on'", "'off'"))
    log.warning("audit log pruned", changes=removed, checkpoint=str(last))
    return removed


def _find_last_old(before: datetime) -> AuditSeal | None:
    """Return the last seal of the unbroken beginning whose changes are all from before.

    A change that was sealed late stays with those after it, or the chain would have a hole.
    """
    newer = AuditChange.objects.filter(at__gte=before).values("pk")
    first_kept = AuditSeal.objects.filter(change_id__in=newer).order_by("number").first()
    old = AuditSeal.objects.order_by("-number")
    return (old.filter(number__lt=first_kept.number) if first_kept else old).first()
