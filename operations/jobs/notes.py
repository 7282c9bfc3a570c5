"""Tell operators when a job changes: the event `job_update`, of which the newest wins."""

from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from operations.jobs.payloads import job_row
from realtime import publish
from realtime.shapes.notes import JobData

RELATED = ("job_state", "interval", "crontab", "solar", "clocked")


def tell_operators(name: str) -> None:
    """Send the job's state to connected operators, if the job is still there."""
    job = PeriodicTask.objects.select_related(*RELATED).filter(name=name).first()
    if job is None:
        return
    row = job_row(job, now=timezone.now())
    data = JobData(
        id=f"job {job.pk}",
        name=job.name,
        state=row["state"],
        done=row["runs"],
        of=None,
        words=row["last_message"],
        job=job.pk,
        protected=row["protected"],
        paused=row["paused"],
        last_result=row["last_result"],
        seconds=row["last_seconds"],
        next_run_at=row["next_run_at"],
    )
    publish.notify_staff(type="job_update", data=data, about=data["id"])
