"""What workers do for orders. Each task translates, makes one call, and says when to try again."""

from typing import Any, Final

from celery import Task, shared_task

from exchanges.base import VenueDown

COUNTDOWNS: Final = (0.5, 1, 2, 5, 10)  # seconds until an unknown outcome is asked for again


@shared_task(name="orders.submit", bind=True, max_retries=len(COUNTDOWNS))
def submit(self: "Task[Any, Any]", order_id: int) -> None:
    from orders import submission  # brings ccxt, which only workers load

    try:
        submission.submit(order_id)
    except submission.StillUnknown:
        look_up.apply_async(args=(order_id,), countdown=COUNTDOWNS[0])
    except VenueDown as error:
        if self.request.retries < len(COUNTDOWNS):
            raise self.retry(countdown=COUNTDOWNS[self.request.retries]) from error


@shared_task(name="orders.look_up", bind=True, max_retries=len(COUNTDOWNS))
def look_up(self: "Task[Any, Any]", order_id: int) -> None:
    """After the last try the sweep goes on asking."""
    from orders import submission

    try:
        submission.look_up(order_id)
    except submission.StillUnknown as error:
        if self.request.retries + 1 < len(COUNTDOWNS):
            countdown = COUNTDOWNS[self.request.retries + 1]
            raise self.retry(countdown=countdown) from error


@shared_task(name="orders.cancel")
def cancel(order_id: int) -> None:
    from orders import submission

    submission.cancel(order_id)


@shared_task(name="orders.check_key", bind=True, max_retries=10)
def check_key(self: "Task[Any, Any]", key_id: int) -> None:
    """A wish: compare all of this key with its venue, whether its turn or not."""
    from orders.checks import full_listing, sweep

    if sweep.look_over(full_listing.of(key_id)).busy:
        raise self.retry(countdown=1)


@shared_task(name="orders.check_pending")
def check_pending() -> None:
    """The beat's question: what became of everything pending?"""
    from orders.checks import sweep

    sweep.sweep()


@shared_task(name="orders.list_all_open")
def list_all_open() -> None:
    """The beat's other question: what was placed at the exchanges themselves?"""
    from django.utils import timezone

    from orders.checks import full_listing, sweep

    sweep.look_over(full_listing.take(now=timezone.now()))
