"""Read the timetable: jobs with their newest runs, and which beat is active."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django_celery_beat.models import PeriodicTask

from operations.jobs import beat_lock
from operations.jobs.allowed_tasks import ALLOWED
from operations.jobs.notes import RELATED
from operations.jobs.payloads import JobRow, job_row


def list_jobs() -> QuerySet[PeriodicTask]:
    jobs: QuerySet[PeriodicTask] = PeriodicTask.objects.select_related(*RELATED).order_by("name")
    return jobs


def find_job(text: str) -> PeriodicTask | None:
    """Return the job of this number or name; upper and lower case are the same."""
    if text.isascii() and text.isdigit() and len(text) < 18:
        return list_jobs().filter(pk=int(text)).first()
    return list_jobs().filter(name__iexact=text).first()


def build_status(*, now: datetime) -> Mapping[str, Any]:
    """Return which beat is active, and the names of jobs by what they do."""
    holder = beat_lock.find_holder(connection)
    rows = [job_row(job, now=now) for job in list_jobs()]
    return {
        "active": holder is not None and holder.is_alive,
        "beat": holder.host if holder else None,
        "active_since": holder.active_since if holder else None,
        "last_tick_at": holder.ticked_at if holder else None,
        "jobs": len(rows),
        "paused": [row["name"] for row in rows if row["paused"]],
        "running": [row["name"] for row in rows if row["state"] == "running"],
        "waiting": [row["name"] for row in rows if row["state"] == "waiting"],
        "failed": [row["name"] for row in rows if has_failed(row)],
    }


def has_failed(row: JobRow) -> bool:
    return row["last_result"] in ("failed", "unfinished")


def list_tasks() -> list[dict[str, Any]]:
    """List the tasks that may be put into the timetable, with their arguments."""
    return [
        {
            "task": name,
            "description": allowed.description,
            "arguments": [
                {"name": argument, "required": field.required}
                for argument, field in allowed.arguments.items()
            ],
        }
        for name, allowed in sorted(ALLOWED.items())
    ]
