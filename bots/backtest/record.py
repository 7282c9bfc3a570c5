"""Store back-tests: queue, claim, cancel and finish them. The only writer of their rows.

A worker holds a back-test by its attempt: when another one has taken it over, or its owner has
cancelled it, the worker's writes change no row, and it stops.
"""

from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from bots.models import UNFINISHED, Backtest, BacktestState
from users.languages.recipient import write_for
from users.models import User

log = structlog.get_logger(__name__)

MOST_UNFINISHED: Final = 3  # of a user
MOST_STORED: Final = 50  # of a user; the oldest finished ones make room
MOST_ATTEMPTS: Final = 20
SILENT_AFTER: Final = timedelta(minutes=1)
RETRY_AFTER: Final = timedelta(seconds=15)
TOO_OFTEN: Final = "its worker was lost again and again"


class BacktestRefused(Exception):
    """A back-test that is not taken now; the message is for its owner."""


class BacktestLost(Exception):
    """The worker's back-test was cancelled, deleted or taken over."""


def queue_backtest(backtest: Backtest, *, now: datetime) -> Backtest:
    """Save a checked back-test; the oldest finished ones of its owner make room for it."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=backtest.user_id)
        own = Backtest.objects.filter(user=backtest.user_id)
        if own.filter(state__in=UNFINISHED).count() >= MOST_UNFINISHED:
            message = _(
                "%(most_unfinished)s back-tests of yours wait already: let one finish first."
            ) % {"most_unfinished": MOST_UNFINISHED}
            raise BacktestRefused(message)
        kept = own.exclude(state__in=UNFINISHED).order_by("-pk").values("pk")[: MOST_STORED - 1]
        own.exclude(state__in=UNFINISHED).exclude(pk__in=kept).delete()
        backtest.created_at = backtest.due_at = now
        backtest.save(force_insert=True)
    return backtest


def cancel_backtest(backtest: Backtest, *, now: datetime) -> bool:
    """Cancel a back-test that has not finished; its worker stops at its next sign of life."""
    waiting = Backtest.objects.filter(pk=backtest.pk, state__in=UNFINISHED)
    return bool(waiting.update(state=BacktestState.CANCELLED, finished_at=now, message=""))


def delete_backtest(backtest: Backtest) -> None:
    """Delete it; a worker that runs it stops at its next sign of life."""
    Backtest.objects.filter(pk=backtest.pk).delete()


def claim_next(*, now: datetime) -> Backtest | None:
    """Take the oldest back-test that is due, unless one runs; the database lets one run alone."""
    _release_silent(now)
    due = Backtest.objects.filter(state=BacktestState.QUEUED, due_at__lte=now)
    try:
        with transaction.atomic():
            backtest = due.select_for_update(skip_locked=True).order_by("due_at", "pk").first()
            if backtest is None:
                return None
            backtest.state, backtest.worked_at = BacktestState.RUNNING, now
            backtest.attempt += 1
            backtest.save(update_fields=["state", "worked_at", "attempt"])
    except IntegrityError:
        return None
    return backtest


def note_progress(backtest: Backtest, percent: int, *, now: datetime) -> None:
    _write_own(backtest, progress=percent, worked_at=now)


def finish_backtest(backtest: Backtest, results: dict[str, Any], *, now: datetime) -> None:
    """Store the results."""
    done = {"state": BacktestState.DONE, "progress": 100, "finished_at": now, "message": ""}
    _write_own(backtest, **done, **results)


def fail_backtest(backtest: Backtest, message: str, *, now: datetime) -> None:
    text = write_for(backtest.user, message)
    _write_own(backtest, state=BacktestState.FAILED, message=text, finished_at=now)


def postpone_backtest(backtest: Backtest, message: str, *, now: datetime) -> None:
    """Put it back into the queue for a while; after many attempts it has failed."""
    if backtest.attempt >= MOST_ATTEMPTS:
        fail_backtest(backtest, message, now=now)
    else:
        due_at = now + RETRY_AFTER
        text = write_for(backtest.user, message)
        _write_own(backtest, state=BacktestState.QUEUED, message=text, due_at=due_at)


def _release_silent(now: datetime) -> None:
    """Queue a back-test anew whose worker was lost; one that loses each worker has failed."""
    silent = Backtest.objects.filter(state=BacktestState.RUNNING, worked_at__lt=now - SILENT_AFTER)
    failed = silent.filter(attempt__gte=MOST_ATTEMPTS)
    failed.update(state=BacktestState.FAILED, message=TOO_OFTEN, finished_at=now)
    if silent.update(state=BacktestState.QUEUED, due_at=now):
        log.warning("back-test queued again", reason="its worker was lost")


def _write_own(backtest: Backtest, **values: Any) -> None:
    own = Backtest.objects.filter(
        pk=backtest.pk, state=BacktestState.RUNNING, attempt=backtest.attempt
    )
    if not own.update(**values):
        raise BacktestLost
