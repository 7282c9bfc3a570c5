"""Create a back-test for its owner: check it, store it, and have a worker run it."""

from datetime import datetime
from functools import partial
from typing import Final

from django.db import transaction

from bots.backtest import record, validation
from bots.models import Backtest
from exchanges import worker_calls

TASK: Final = "bots.run_backtests"


def create_backtest(backtest: Backtest, *, now: datetime) -> Backtest:
    """Raise InvalidSettings or BacktestRefused, or store it. Beat starts it if need be."""
    validation.check_backtest(backtest, now=now)
    with transaction.atomic():
        stored = record.queue_backtest(backtest, now=now)
        transaction.on_commit(partial(worker_calls.queue_task, TASK))
    return stored
