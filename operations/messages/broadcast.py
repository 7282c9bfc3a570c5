"""Messages of operators to every active user: one event each, in the order of user ids.

1. `begin_broadcast` saves the message with the highest user id, and queues a task.
2. Each batch adds events for the next users and moves the mark in one transaction, so a worker that
   goes on after a crash starts with the first user who has no event yet.
3. A worker that finds another at it leaves; beat looks for broadcasts that nobody works on.
"""

from datetime import datetime
from typing import Final

from celery import current_app
from django.db import transaction
from django.db.models import Count, Max

from operations.models import Broadcast, MessageLevel
from realtime import publish, streams
from realtime.shapes.events import SystemData
from realtime.shapes.notes import JobData
from realtime.values import format_time
from users.models import User

TASK: Final = "operations.send_broadcast"
BATCH = 500  # users per transaction, which locks their streams while it commits


def begin_broadcast(
    *,
    title: str,
    message: str = "",
    level: MessageLevel = MessageLevel.INFO,
    by: User | None,
    now: datetime,
) -> Broadcast:
    """Save a broadcast to all active users and queue it; a worker sends it."""
    users = User.objects.filter(is_active=True).aggregate(of=Count("pk"), last=Max("pk"))
    broadcast = Broadcast.objects.create(
        by=by,
        level=level,
        title=title,
        message=message,
        created_at=now,
        of=users["of"],
        last=users["last"] or 0,
    )
    transaction.on_commit(lambda: current_app.send_task(TASK, args=[broadcast.pk]), robust=True)
    return broadcast


def finish_broadcast(broadcast_id: int, *, now: datetime) -> None:
    """Send to all remaining users, unless another worker is at it."""
    while broadcast := send_batch(broadcast_id, now=now):
        _tell_operators(broadcast)


def unfinished_ids() -> list[int]:
    return list(Broadcast.objects.filter(finished_at=None).values_list("pk", flat=True))


def send_batch(broadcast_id: int, *, now: datetime) -> Broadcast | None:
    """Add events for the next users; None if all are done or another worker is at it."""
    with streams.unit() as unit:
        waiting = Broadcast.objects.filter(pk=broadcast_id, finished_at=None)
        broadcast = waiting.select_for_update(skip_locked=True).first()
        if broadcast is None:
            return None
        recipients = _next_recipients(broadcast)
        for user_id in recipients:
            unit.event(user_id=user_id, type="system", data=system_data(broadcast))
        broadcast.told += len(recipients)
        broadcast.reached = recipients[-1] if recipients else broadcast.last
        if len(recipients) < BATCH:
            broadcast.finished_at = now
        broadcast.save(update_fields=["told", "reached", "finished_at"])
    return broadcast


def system_data(broadcast: Broadcast) -> SystemData:
    return SystemData(
        id=broadcast.pk,
        level=broadcast.level,  # type: ignore[typeddict-item]  # a database constraint holds it to MessageLevel
        title=broadcast.title,
        message=broadcast.message,
        sent_at=format_time(broadcast.created_at),
    )


def _next_recipients(broadcast: Broadcast) -> list[int]:
    people = User.objects.filter(
        is_active=True, pk__gt=broadcast.reached, pk__lte=broadcast.last
    ).order_by("pk")
    return list(people.values_list("pk", flat=True)[:BATCH])


def _tell_operators(broadcast: Broadcast) -> None:
    name = f"broadcast {broadcast.pk}"
    data = JobData(
        id=name,
        name=f"Broadcast “{broadcast.title}”",
        state="done" if broadcast.finished_at else "running",
        done=broadcast.told,
        of=broadcast.of,
        words="",
        job=None,
        protected=False,
        paused=False,
        last_result=None,
        seconds=None,
        next_run_at=None,
    )
    publish.notify_staff(type="job_update", data=data, about=name)
