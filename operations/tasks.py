"""What workers do for operators. Each task translates and makes one call."""

from celery import shared_task
from django.utils import timezone


@shared_task(name="operations.broadcast")
def broadcast(broadcast_id: int) -> None:
    from operations import broadcasting

    broadcasting.finish(broadcast_id, now=timezone.now())


@shared_task(name="operations.finish_broadcasts")
def finish_broadcasts() -> None:
    """Those that a worker left when it died, or whose task never reached one."""
    from operations import broadcasting

    for broadcast_id in broadcasting.unfinished():
        broadcasting.finish(broadcast_id, now=timezone.now())


@shared_task(name="operations.look_at_keys")
def look_at_keys() -> None:
    from operations import key_alerts

    key_alerts.look(now=timezone.now())
