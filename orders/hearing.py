"""What a stream process does with the database: applies reports, reconciles. Sync, in threads.

Stream and poll meet in the reconciler, which gives the same result in whatever order they come.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

import structlog
from django.db import close_old_connections
from django.db.models import Max, Q
from django.utils import timezone

from exchanges.base import OrderReport
from orders import reconciler, sweep
from orders.models import Change, Order

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
writing: Final = ThreadPoolExecutor(4, thread_name_prefix="stream-writing")
asking: Final = ThreadPoolExecutor(4, thread_name_prefix="stream-asking")  # waits for venues
leasing: Final = ThreadPoolExecutor(1, thread_name_prefix="stream-leasing")  # waits for nobody


async def run(
    threads: ThreadPoolExecutor, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """The one crossing from the stream process's loop into the database."""

    def work() -> T:
        close_old_connections()  # one that broke is replaced, as at the start of a request
        return function(*args, **kwargs)

    return await asyncio.get_running_loop().run_in_executor(threads, work)


def apply(key_id: int, reports: Sequence[OrderReport]) -> int:
    """Write down what was heard, in its order; says how many could not be written."""
    failed = 0
    for report in reports:
        try:
            _apply_one(key_id, report)
        except Exception:  # one that cannot be written must not stop the others: seen in the log
            failed += 1
            log.exception("report not written", key=key_id, venue_order=report.exchange_order_id)
    return failed


def reconcile(key_id: int) -> bool:
    """Whether everything pending of this key could be asked and written."""
    outcome = sweep.reconcile(key_id)
    say = log.info if outcome.orders else log.debug
    say("key reconciled", key=key_id, **outcome.line())
    return not (outcome.errors or outcome.frozen or outcome.deferred)


def newest_change() -> int:
    newest: int | None = Change.objects.aggregate(newest=Max("pk"))["newest"]
    return newest or 0


def polls_found_more(key_id: int, *, after: int) -> bool:
    """Whether asking has shown what the stream should have told."""
    return Change.objects.filter(pk__gt=after, source="poll", order__key_id=key_id).exists()


def _apply_one(key_id: int, report: OrderReport) -> None:
    order_id = _whose(key_id, report)
    if order_id is None:
        log.debug("not our order", key=key_id, venue_order=report.exchange_order_id)
        return
    reconciler.apply(order_id, report, source="stream", now=timezone.now())


def _whose(key_id: int, report: OrderReport) -> int | None:
    """By our name, else by the venue's, which is only unique within key and symbol."""
    named = Q(symbol=report.symbol, exchange_order_id=report.exchange_order_id)
    if report.client_order_id:
        named |= Q(client_order_id=report.client_order_id)
    found = Order.objects.filter(named, key_id=key_id).values_list("pk", flat=True)
    return found.first()
