"""The chain of seals: each change's hash includes the hash before it.

A job seals every few seconds, so that a transaction waits for no other one's. Changes get their
place in the chain when they are sealed; a transaction that commits late is sealed late.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.core.signing import BadSignature, Signer
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from operations.models import AuditChange, AuditCheckpoint, AuditSeal
from realtime.values import format_time

log = structlog.get_logger(__name__)

BATCH: Final = 1000
LOCK: Final = 7_262_001  # PostgreSQL's advisory lock of the one who seals or prunes
START: Final = "0" * 64  # the hash before the first
LONGEST_TRANSACTION: Final = timedelta(days=1)
SALT: Final = "fillwatch.audit"
FIELDS: Final = (
    *("id", "subject", "object_id", "object_name", "owner_id", "action", "before", "after"),
    *("actor", "actor_id", "actor_name", "role", "token_id", "via", "address"),
    *("request_id", "task_id"),
)


def seal_changes(*, now: datetime) -> int:
    """Seal all changes that are not sealed yet, in batches; return how many."""
    total = 0
    while count := _seal_batch(now):
        total += count
    return total


def hash_change(previous: str, change: AuditChange) -> str:
    values = {name: getattr(change, name) for name in FIELDS} | {"at": format_time(change.at)}
    text = json.dumps(values, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}{text}".encode()).hexdigest()


def sign(number: int, digest: str) -> str:
    return Signer(salt=SALT).signature(f"{number}:{digest}")


def is_signed(number: int, digest: str, signature: str) -> bool:
    """Tell whether this installation signed it, with SECRET_KEY or one of its fallbacks."""
    try:
        Signer(salt=SALT).unsign(f"{number}:{digest}:{signature}")
    except BadSignature:
        return False
    return True


def lock_chain() -> None:
    """Wait until nobody else seals or prunes, and keep them out until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def find_head() -> tuple[int, str]:
    """Return the number and hash of the last seal; of the last checkpoint if none is left."""
    head = AuditSeal.objects.order_by("-number").first() or AuditCheckpoint.objects.first()
    return (head.number, head.hash) if head else (0, START)


def unsealed_changes() -> QuerySet[AuditChange]:
    seals = AuditSeal.objects.filter(change_id=OuterRef("pk"))
    return AuditChange.objects.filter(~Exists(seals)).order_by("pk")


def _seal_batch(now: datetime) -> int:
    with transaction.atomic():
        lock_chain()
        number, digest = find_head()
        seals = list(_make_seals(number, digest, _find_recent_unsealed()[:BATCH], now))
        AuditSeal.objects.bulk_create(seals)
    if seals:
        # The head outside of the database: a chain cut off at its end is found by it.
        log.info("audit log sealed", changes=len(seals), head=str(seals[-1]))
    return len(seals)


def _find_recent_unsealed() -> QuerySet[AuditChange]:
    """Leave out what is so old that it was sealed for sure, or the search takes ever longer."""
    last = AuditSeal.objects.order_by("-number").first()
    change = AuditChange.objects.filter(pk=last.change_id).first() if last else None
    rows = unsealed_changes()
    return rows.filter(at__gte=change.at - LONGEST_TRANSACTION) if change else rows


def _make_seals(
    number: int, digest: str, changes: Iterable[AuditChange], now: datetime
) -> Iterator[AuditSeal]:
    for change in changes:
        number, digest = number + 1, hash_change(digest, change)
        signature = sign(number, digest)
        yield AuditSeal(
            number=number, change_id=change.pk, hash=digest, signature=signature, sealed_at=now
        )
