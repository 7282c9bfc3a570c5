"""Jobs of the timetable that nobody may pause, change or delete: without them nobody watches.

config/beat_scheduler.py restores them.
"""

from typing import Final

from django_celery_beat.models import PeriodicTask

PROTECTED: Final = frozenset(
    {
        "Check pending orders",
        "Check health",
        "Evaluate alert rules",
        "Record prices that bots watch",
        "Renew dead man's switches",
        "Value positions at live prices",
    }
)


def list_paused() -> list[str]:
    """List the jobs that somebody has switched off."""
    jobs = PeriodicTask.objects.filter(enabled=False)
    return sorted(jobs.values_list("name", flat=True))
