"""The operators' words to everybody: in each active user's stream once, in the order of users.

1. `begin` writes the words down with the last user there is, and a task takes them up.
2. Each step tells the next users and moves the mark in one transaction, so whoever goes on after
   a worker that died begins with the first who was not told.
3. Whoever finds another at it leaves; beat looks now and then for what nobody is at.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from celery import current_app
from django.db import transaction
from django.db.models import Count, Max

from operations.models import Broadcast, MessageLevel
from realtime import publish, streams
from realtime.shapes import JobData, SystemData
from realtime.values import format_time
from users.models import User

TASK: Final = "operations.send_broadcast"
BATCH = 500  # users of one transaction, which holds their streams while it commits


def begin(
    *,
    title: str,
    message: str = "",
    level: MessageLevel = MessageLevel.INFO,
    by: User | None,
    now: datetime,
) -> Broadcast:
    """For everybody who is active now; a worker does it, whoever asks need not wait."""
    people = User.objects.filter(is_active=True).aggregate(of=Count("pk"), last=Max("pk"))
    made = Broadcast.objects.create(
        by=by,
        level=level,
        title=title,
        message=message,
        created_at=now,
        of=people["of"],
        last=people["last"] or 0,
    )
    transaction.on_commit(lambda: _hand_on(made.pk), robust=True)
    return made


def finish(broadcast_id: int, *, now: datetime) -> None:
    """Go on to the end, or until another is found at it."""
    for broadcast in _steps(broadcast_id, now):
        _tell_operators(broadcast)


def unfinished() -> list[int]:
    return list(Broadcast.objects.filter(finished_at=None).values_list("pk", flat=True))


def step(broadcast_id: int, *, now: datetime) -> Broadcast | None:
    """Tell the next users; None if there is nothing left to do, or another is doing it."""
    with streams.unit() as unit:
        waiting = Broadcast.objects.filter(pk=broadcast_id, finished_at=None)
        broadcast = waiting.select_for_update(skip_locked=True).first()
        if broadcast is None:
            return None
        next_ones = _next(broadcast)
        for user_id in next_ones:
            unit.event(user_id=user_id, type="system", data=system_data(broadcast))
        broadcast.told += len(next_ones)
        broadcast.reached = next_ones[-1] if next_ones else broadcast.last
        if len(next_ones) < BATCH:
            broadcast.finished_at = now
        broadcast.save(update_fields=["told", "reached", "finished_at"])
    return broadcast


def system_data(broadcast: Broadcast) -> SystemData:
    return SystemData(
        id=broadcast.pk,
        level=broadcast.level,  # type: ignore[typeddict-item]  # held to Level by the database
        title=broadcast.title,
        message=broadcast.message,
        sent_at=format_time(broadcast.created_at),
    )


def _steps(broadcast_id: int, now: datetime) -> Iterator[Broadcast]:
    while broadcast := step(broadcast_id, now=now):
        yield broadcast


def _next(broadcast: Broadcast) -> list[int]:
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
    )
    publish.tell_staff(type="job_update", data=data, about=name)


def _hand_on(broadcast_id: int) -> None:
    current_app.send_task(TASK, args=[broadcast_id])
