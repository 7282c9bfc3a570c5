"""Delete old messages: those sent or given up, and notifications that were read or dismissed."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Q, QuerySet

from operations.models import Notification, OutboxMessage, TelegramLink

BATCH: Final = 1000


def prune_messages(*, now: datetime) -> int:
    """Delete in batches, so that no lock lasts; return how many rows went."""
    before = now - timedelta(days=settings.NOTIFICATION_DAYS)
    old = Q(dismissed_at__lt=before) | Q(read_at__lt=before)
    TelegramLink.objects.filter(expires_at__lt=now).delete()
    return _delete_batches(OutboxMessage.objects.filter(done_at__lt=before)) + _delete_batches(
        Notification.objects.filter(old)
    )


def _delete_batches(rows: QuerySet[Any]) -> int:
    total = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        total += rows.model._default_manager.filter(pk__in=ids).delete()[0]
    return total
