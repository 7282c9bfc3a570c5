"""The Celery tasks of bots and signals.

The web imports this module to register them, so what they call imports ccxt only when it needs it.
"""

from typing import Any, Final

import structlog
from celery import Task, shared_task
from django.core.cache import cache
from django.utils import timezone

from bots.market_analysis import record as analysis_record
from bots.pnl import fee_lookup, fill_counter
from bots.portfolio import snapshots
from bots.prices import market_view
from bots.running import runner, schedule, stop_all
from bots.signals import execute

log = structlog.get_logger(__name__)

VALUING_LOCK: Final = "valuing"
INCOME_LOCK: Final = "reading-income"
PROOF_LOCK: Final = "proving-books"
SHORTEST_WAIT: Final = 0.5
EXPIRES: Final = 10  # seconds an evaluation may wait for a worker: later it only delays orders
LONGEST_WAIT: Final = 15.0  # seconds between two queries of a venue that is away for long


@shared_task(name="bots.finish_stop_all", bind=True, max_retries=None)
def finish_stop_all(self: "Task[Any, Any]", number: int) -> None:
    """Ask the venues until nothing is open there, less and less often."""
    if not stop_all.advance_stop_all(number, now=timezone.now()):
        seconds = SHORTEST_WAIT * (1 + self.request.retries / 4)
        raise self.retry(countdown=min(seconds, LONGEST_WAIT))


@shared_task(name="bots.resume_stop_alls")
def resume_stop_alls() -> None:
    """Resume the requests whose worker was lost."""
    for number in stop_all.list_abandoned(now=timezone.now()):
        finish_stop_all.apply_async(args=(number,), expires=LONGEST_WAIT)


@shared_task(name="bots.read_income")
def read_income() -> None:
    """Read from the venues what moved the keys' money without a trade."""
    from bots.income import fetch

    if cache.add(INCOME_LOCK, 1, timeout=300):  # else the round before has not ended
        try:
            log.info("statements read", keys=fetch.read_due(now=timezone.now()))
        finally:
            cache.delete(INCOME_LOCK)


@shared_task(name="bots.prove_books")
def prove_books() -> None:
    """Prove the keys whose last proof is a day old, or differed a while ago."""
    from bots.proof import daily

    if cache.add(PROOF_LOCK, 1, timeout=600):  # else the round before has not ended
        try:
            log.info("keys proven", keys=daily.prove_due(now=timezone.now()))
        finally:
            cache.delete(PROOF_LOCK)


@shared_task(name="bots.evaluate")
def evaluate_bot(bot_id: int) -> None:
    """Evaluate a bot after a change of its orders, or a command of its owner."""
    runner.evaluate_bot(bot_id, now=timezone.now())
    runner.submit_new_orders(bot_id)


@shared_task(name="bots.evaluate_due")
def evaluate_due() -> None:
    """Evaluate the bots whose interval is over."""
    _queue_evaluations(schedule.claim_due(now=timezone.now()))


@shared_task(name="bots.evaluate_missed")
def evaluate_missed() -> None:
    """Evaluate the bots that missed the message about a change of their orders."""
    _queue_evaluations(schedule.list_missed(now=timezone.now()))


def _queue_evaluations(bots: list[int]) -> None:
    for batch in schedule.split_batches(bots):
        evaluate_many.apply_async(args=(batch,), expires=EXPIRES)


@shared_task(name="bots.evaluate_many")
def evaluate_many(bots: list[int]) -> None:
    """Evaluate each bot; an error in one does not stop the others."""
    for bot_id in bots:
        try:
            runner.evaluate_bot(bot_id, now=timezone.now())
        except Exception:  # the batch's other bots must run; the next round retries this one
            log.exception("bot evaluation failed", bot=bot_id)


@shared_task(name="bots.record_prices")
def record_prices() -> None:
    """Follow the prices that bots watch, and save those of this minute."""
    schedule.record_prices(now=timezone.now())


@shared_task(name="bots.analyse_markets")
def analyse_markets() -> None:
    """Analyse the last hour of the prices that are watched, and ask venues for its volume."""
    from bots.market_analysis import volumes

    now = timezone.now()
    analysis_record.record_analyses(now=now)
    volumes.add_volumes(now=now)


@shared_task(name="bots.run_backtests")
def run_backtests() -> None:
    """Run the next back-test that waits; others, and other tasks, have their turn in between."""
    from bots.backtest import run

    if run.run_next(clock=timezone.now):
        run_backtests.delay()


@shared_task(name="bots.count_fills")
def count_fills(key_id: int) -> None:
    """Count the key's new fills in its PnL books."""
    while fill_counter.count_fills(key_id):
        pass


@shared_task(name="bots.count_all_fills")
def count_all_fills() -> None:
    """Count fills that no task has counted yet, and delete old prices."""
    for key_id in fill_counter.keys_with_work():
        count_fills.delay(key_id)
    market_view.delete_old_minutes(now=timezone.now())


@shared_task(name="bots.value_fees")
def value_fees() -> None:
    """Value fees in other currencies that had no price when they were counted."""
    fee_lookup.look_up_fees(now=timezone.now())


@shared_task(name="bots.record_portfolio_values")
def record_portfolio_values() -> None:
    """Fetch the missing prices, then record what every user's balances are worth."""
    if cache.add(VALUING_LOCK, 1, timeout=120):  # else the previous run is still working
        try:
            snapshots.fetch_prices(now=timezone.now())
            snapshots.record_values(now=timezone.now())
        finally:
            cache.delete(VALUING_LOCK)


@shared_task(name="bots.thin_portfolio_values")
def thin_portfolio_values() -> None:
    """Delete old portfolio values, of which fewer are enough."""
    snapshots.thin_values(now=timezone.now())


@shared_task(name="bots.expire_signals")
def expire_signals() -> None:
    """Expire the signals that nobody executed in time."""
    execute.expire_signals(now=timezone.now())
