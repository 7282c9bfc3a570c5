"""What workers do for operators. Each task translates and makes one call."""

from typing import Any, Final

from celery import Task, shared_task
from django.utils import timezone

SOON: Final = 2.0


@shared_task(name="operations.send_broadcast")
def send_broadcast(broadcast_id: int) -> None:
    from operations.messages import broadcast as messages_broadcast

    messages_broadcast.finish(broadcast_id, now=timezone.now())


@shared_task(name="operations.finish_broadcasts")
def finish_broadcasts() -> None:
    """Those that a worker left when it died, or whose task never reached one."""
    from operations.messages import broadcast as messages_broadcast

    for broadcast_id in messages_broadcast.unfinished():
        messages_broadcast.finish(broadcast_id, now=timezone.now())


@shared_task(name="operations.check_refused_keys")
def check_refused_keys() -> None:
    from operations.messages import key_alerts

    key_alerts.look(now=timezone.now())


# Acknowledged when done: nothing else would take it up after a worker that was killed.
@shared_task(name="operations.finish_demo", bind=True, max_retries=100, acks_late=True)
def finish_demo(self: "Task[Any, Any]") -> None:
    from exchanges.paper import SimulatorAway
    from operations.demo import bots

    try:
        bots.finish(now=timezone.now())
    except (SimulatorAway, bots.NotYet) as why:
        raise self.retry(exc=why, countdown=SOON) from why
