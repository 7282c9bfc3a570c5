"""Tasks of orders: each makes one call and decides when to try again."""

from typing import Any, Final

from celery import Task, shared_task

from exchanges import worker_calls
from exchanges.base import VenueDown
from exchanges.worker_calls import CallUnavailable

RETRY_DELAYS: Final = (0.5, 1, 2, 5, 10)  # seconds until an unknown outcome is asked for again


@shared_task(name="orders.submit", bind=True, max_retries=len(RETRY_DELAYS))
def submit_order(self: "Task[Any, Any]", order_id: int) -> None:
    from orders import submission  # brings ccxt, which only workers load

    try:
        submission.submit_order(order_id)
    except submission.StillUnknown:
        look_up_order.apply_async(args=(order_id,), countdown=RETRY_DELAYS[0])
    except VenueDown as error:
        if self.request.retries < len(RETRY_DELAYS):
            raise self.retry(countdown=RETRY_DELAYS[self.request.retries]) from error


@shared_task(name="orders.look_up", bind=True, max_retries=len(RETRY_DELAYS))
def look_up_order(self: "Task[Any, Any]", order_id: int) -> None:
    """Look up an order whose outcome is unknown; after the last retry the sweep goes on."""
    from orders import submission

    try:
        submission.look_up_order(order_id)
    except submission.StillUnknown as error:
        if self.request.retries + 1 < len(RETRY_DELAYS):
            countdown = RETRY_DELAYS[self.request.retries + 1]
            raise self.retry(countdown=countdown) from error


@shared_task(name="orders.cancel")
def cancel_order(order_id: int) -> None:
    from orders import submission

    submission.cancel_at_venue(order_id)


@shared_task(name="orders.amend")
def amend_order(order_id: int) -> None:
    from orders import submission

    submission.amend_at_venue(order_id)


@shared_task(name="orders.evaluate_group")
def evaluate_group(group_id: int) -> None:
    """Carry out what a group of orders needs, since one of them changed."""
    from django.utils import timezone

    from orders.groups import evaluation

    evaluation.evaluate_group(group_id, now=timezone.now())


@shared_task(name="orders.check_key", bind=True, max_retries=10)
def check_key(self: "Task[Any, Any]", key_id: int) -> None:
    """Compare all orders of this key with its venue at once, whether due or not."""
    from orders.checks import full_listing, sweep

    if sweep.read_full_lists(full_listing.load_key(key_id)).busy:
        raise self.retry(countdown=1)


@shared_task(name="orders.check_pending")
def check_pending() -> None:
    """Sweep the pending orders that are due; the beat starts this every 5 seconds."""
    from orders.checks import sweep

    sweep.run_sweep()


@shared_task(name="orders.list_all_open")
def list_all_open() -> None:
    """Read full lists of open orders, to find those placed at the exchanges themselves."""
    from django.utils import timezone

    from orders.checks import full_listing, sweep

    sweep.read_full_lists(full_listing.take_batch(now=timezone.now()))


@shared_task(name="orders.renew_switches")
def renew_switches(key_id: int | None = None) -> None:
    """Renew the dead man's switches that are due, or at once that of one key."""
    from orders.dead_mans_switch import renewal

    renewal.renew_switches(key_id)


@shared_task(name="orders.disarm_switch")
def disarm_switch(key_id: int, result_name: str) -> None:
    """Stop the venue's countdown of a key that is to be removed, and tell who waits for it."""
    from orders.dead_mans_switch import renewal

    if failure := renewal.disarm_switch(key_id):
        worker_calls.send_error(result_name, CallUnavailable(failure))
    else:
        worker_calls.send_result(result_name, {})
