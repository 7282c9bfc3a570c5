"""What workers do for bots."""

from datetime import timedelta
from typing import Any, Final

import structlog
from celery import Task, shared_task
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

log = structlog.get_logger(__name__)

VALUING: Final = "valuing"
SOON: Final = 0.5
LATEST: Final = 10  # seconds a look may wait for a worker: orders are not to wait behind many
RARELY: Final = 15.0  # seconds between two looks at a venue that is away for long


@shared_task(name="bots.finish_stop_all", bind=True, max_retries=None)
def finish_stop_all(self: "Task[Any, Any]", number: int) -> None:
    """Ask every venue again until nothing is open there; less and less often."""
    from bots.running import stop_all

    if not stop_all.see(number, now=timezone.now()):
        raise self.retry(countdown=min(SOON * (1 + self.request.retries / 4), RARELY))


@shared_task(name="bots.resume_stop_alls")
def resume_stop_alls() -> None:
    """The beat's round: those whose worker was lost before the end."""
    from bots.running import stop_all

    for number in stop_all.lost(now=timezone.now()):
        finish_stop_all.apply_async(args=(number,), expires=RARELY)


@shared_task(name="bots.evaluate")
def evaluate(bot_id: int) -> None:
    """Something happened to one of its orders, or its owner wants something of it."""
    from bots.running import runner

    runner.look(bot_id, now=timezone.now())
    runner.submit_new_orders(bot_id)


@shared_task(name="bots.evaluate_due")
def evaluate_due() -> None:
    """The beat's round: whose time has come."""
    from bots.running import schedule

    for some in schedule.batches(schedule.due(now=timezone.now())):
        evaluate_many.apply_async(args=(some,), expires=LATEST)


@shared_task(name="bots.evaluate_missed")
def evaluate_missed() -> None:
    """The beat's other round: whom a word about an order has not reached."""
    from bots.running import schedule

    for some in schedule.batches(schedule.missed(now=timezone.now())):
        evaluate_many.apply_async(args=(some,), expires=LATEST)


@shared_task(name="bots.evaluate_many")
def evaluate_many(bots: list[int]) -> None:
    """One of them that cannot be looked at does not hold up the others."""
    from bots.running import runner

    for bot_id in bots:
        try:
            runner.look(bot_id, now=timezone.now())
        except Exception:  # whatever it is, it is that bot's alone: seen in the log, tried again
            log.exception("bot could not be looked at", bot=bot_id)


@shared_task(name="bots.record_prices")
def record_prices() -> None:
    """What bots watch is followed, and this minute's prices are kept."""
    from bots.running import schedule

    schedule.see_prices(now=timezone.now())


@shared_task(name="bots.count_fills")
def count_fills(key_id: int) -> None:
    """Fills of this key are to be counted."""
    from bots.pnl import recorder

    while recorder.count_fills(key_id):
        pass


@shared_task(name="bots.count_all_fills")
def count_all_fills() -> None:
    """Whatever nobody has counted yet, and prices that are not needed any more."""
    from bots.pnl import recorder
    from bots.prices import market_view

    for key_id in recorder.keys_with_work():
        count_fills.delay(key_id)
    market_view.delete_old_minutes(now=timezone.now())


@shared_task(name="bots.value_fees")
def value_fees() -> None:
    """Fees in other currencies, whose worth nobody knew when they were counted."""
    from bots.pnl import fee_lookup

    fee_lookup.look_up_fees(now=timezone.now())


@shared_task(name="bots.record_portfolio_values")
def record_portfolio_values() -> None:
    """Prices that this round has not asked for yet, then what everybody's holdings come to."""
    from bots.portfolio import snapshots

    if cache.add(VALUING, 1, timeout=120):  # else the round before is still under way
        try:
            snapshots.fetch_prices(now=timezone.now())
            snapshots.record_values(now=timezone.now())
        finally:
            cache.delete(VALUING)


@shared_task(name="bots.thin_portfolio_values")
def thin_portfolio_values() -> None:
    """Old points of curves, of which fewer are enough."""
    from bots.portfolio import snapshots

    snapshots.thin_values(now=timezone.now())


@shared_task(name="bots.expire_signals")
def expire_signals() -> None:
    """Signals that nobody executed in time."""
    from bots.signals import execute

    execute.expire(now=timezone.now())


@shared_task(name="bots.prune_activity")
def prune_activity() -> None:
    """Old lines of the activity log, emergencies that were over long ago, and old signals."""
    from bots.activity import retention
    from bots.models import LogEntry, Signal
    from bots.running import stop_all

    now = timezone.now()
    before = now - timedelta(days=settings.LOG_DAYS)
    lines = retention.delete_older(LogEntry.objects, "created_at", before=before)
    over = stop_all.forget(before=before)
    before = now - timedelta(days=settings.SIGNAL_DAYS)
    signals = retention.delete_older(Signal.objects, "received_at", before=before)
    if lines or over or signals:
        log.info("old rows forgotten", lines=lines, emergencies=over, signals=signals)
