"""Find groups whose orders changed since the last decision: their task was lost, or is not due."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, Q, Sum

from orders import task_queue
from orders.models import OrderGroup

# A fill may be reported after the end of its order, so ended groups are still looked at.
LATE: Final = timedelta(days=1)
AT_ONCE: Final = 1000


def list_due(*, now: datetime) -> list[int]:
    at_work = Q(ended_at__isnull=True) | Q(ended_at__gt=now - LATE)
    groups = OrderGroup.objects.filter(at_work).annotate(versions=Sum("legs__version", default=0))
    is_due = ~Q(versions=F("seen_versions")) | Q(due_at__lte=now)
    return list(groups.filter(is_due).order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


def queue_due(*, now: datetime, expires: float) -> int:
    """Queue the evaluation of these groups; the tasks expire by the next sweep."""
    due = list_due(now=now)
    for group_id in due:
        task_queue.send_task(task_queue.EVALUATE_GROUP, group_id, expires=expires)
    return len(due)
