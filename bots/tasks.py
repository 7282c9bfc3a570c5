"""What workers do for bots."""

from celery import group, shared_task
from django.utils import timezone


@shared_task(name="bots.act")
def act(bot_id: int) -> None:
    """Something happened to one of its orders, or its owner wants something of it."""
    from bots import runner

    runner.look(bot_id, now=timezone.now())


@shared_task(name="bots.look")
def look() -> None:
    """The beat's round: what time and prices ask of bots."""
    from bots import runner

    group(act.s(bot_id) for bot_id in runner.look_at_all(now=timezone.now())).delay()
