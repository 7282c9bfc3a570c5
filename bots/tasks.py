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
