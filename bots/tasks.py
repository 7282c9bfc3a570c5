"""What workers do for bots."""

from typing import Any, Final

from celery import Task, group, shared_task
from django.utils import timezone

SOON: Final = 1.0
LONGEST: Final = 600  # looks; then a person has read the words, and the sweep goes on cancelling


@shared_task(name="bots.see_the_end", bind=True, max_retries=LONGEST)
def see_the_end(self: "Task[Any, Any]", number: int) -> None:
    """Ask every venue again until nothing is open there."""
    from bots import emergency

    if not emergency.see(number, now=timezone.now()):
        raise self.retry(countdown=SOON)


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


@shared_task(name="bots.reckon")
def reckon(key_id: int) -> None:
    """Fills of this key are to be counted."""
    from bots import reckoning

    while reckoning.reckon(key_id):
        pass


@shared_task(name="bots.reckon_all")
def reckon_all() -> None:
    """Whatever nobody has counted yet, and prices that are not needed any more."""
    from bots import prices, reckoning

    for key_id in reckoning.keys_with_work():
        reckon.delay(key_id)
    prices.forget(now=timezone.now())


@shared_task(name="bots.expire_signals")
def expire_signals() -> None:
    """Signals that nobody executed in time."""
    from bots import executing

    executing.expire(now=timezone.now())
