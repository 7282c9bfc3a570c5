"""The timetable's tasks for the log of events."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from realtime import retention

PRUNE_SECONDS = 240.0  # of an hour; what is left over is for the next


@shared_task(name="realtime.prune_events")
def prune_events() -> None:
    before = retention.get_cutoff(timezone.now(), settings.REALTIME["KEEP_DAYS"])
    retention.prune_old(before=before, seconds=PRUNE_SECONDS)
