"""Stop every bot and cancel every order placed here; it has ended once all venues confirm it.

1. The request is saved, and the first bots are stopped at once, so that little new is placed.
2. A worker stops the others, cancels every order, and asks every venue what is open.
3. It repeats that until nothing is open. If the worker dies the beat resumes the request.

Orders that were placed at the exchange itself are left alone.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from bots.activity import log
from bots.models import Bot, LogEntry, StopAll
from bots.running import lifecycle, limits
from exchanges.models import ExchangeKey
from orders import placement, task_queue
from orders.models import IS_OPEN, Order, Origin
from realtime import streams
from users.languages.recipient import write_for
from users.languages.text import CountPhrase, Phrase
from users.models import User

TASK: Final = "bots.finish_stop_all"
REASON: Final = Phrase("stopped by stop all")
BOTS_AT_ONCE: Final = 100  # bots that are stopped before the user gets an answer
BATCH: Final = 500  # orders between two marks that a worker still works on it
ABANDONED_AFTER: Final = timedelta(seconds=45)  # without a mark: its worker is lost


def stop_all(user: User, *, now: datetime) -> StopAll:
    """Save the request and stop the first bots; a second call returns the unfinished request.

    Each bot and order gets a transaction of its own: one transaction that locks them all would
    deadlock with the workers.
    """
    stop_request = _create_request(user, now=now)
    _stop_bots(_running_bots(user)[:BOTS_AT_ONCE], now=now)
    return stop_request


def advance_stop_all(number: int, *, now: datetime) -> bool:
    """Cancel what is open, then ask every venue; return whether the request has ended."""
    from orders.checks import sweep  # brings ccxt, which only workers load

    stop_request = StopAll.objects.select_related("user").filter(pk=number, ended_at=None).first()
    if stop_request is None:
        return True
    _cancel_everything(stop_request, now=now)
    unconfirmed = list(_inactive_keys(stop_request.user))
    for key in ExchangeKey.objects.filter(user=stop_request.user, is_active=True):
        outcome = sweep.reconcile_key(key.pk, full=True)
        if outcome.errors or outcome.skipped or outcome.deferred or outcome.busy:
            unconfirmed.append(key.label)
        _mark_worked_on(stop_request)
    return _record_progress(number, unconfirmed)


def list_abandoned(*, now: datetime) -> list[int]:
    """Return the unfinished requests that no worker has marked for a while."""
    oldest = now - ABANDONED_AFTER
    is_abandoned = Q(worked_at=None, asked_at__lt=oldest) | Q(worked_at__lt=oldest)
    return list(StopAll.objects.filter(is_abandoned, ended_at=None).values_list("pk", flat=True))


def _create_request(user: User, *, now: datetime) -> StopAll:
    """Save the request first: a worker then finishes it, even if this process dies."""
    with transaction.atomic():
        User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
        if under_way := StopAll.objects.filter(user=user, ended_at=None).first():
            return under_way
        running, orders = _running_bots(user).count(), _open_orders(user).count()
        stop_request = StopAll(user=user, asked_at=now, bots=running, orders=orders, left=orders)
        stop_request.save(force_insert=True)
        task_queue.send_on_commit(TASK, stop_request.pk)
    return stop_request


def _cancel_everything(stop_request: StopAll, *, now: datetime) -> None:
    """Stop the bots first, so that they place nothing new, then cancel the orders."""
    user = stop_request.user
    _mark_worked_on(stop_request)
    _stop_bots(_running_bots(user), now=now)
    while orders := list(_open_orders(user).filter(cancel_requested_at=None)[:BATCH]):
        for order in orders:
            placement.cancel_order(order, by=user.get_username(), now=now)
        _mark_worked_on(stop_request)


def _stop_bots(bots: QuerySet[Bot], *, now: datetime) -> None:
    for bot_id in list(bots.values_list("pk", flat=True)):
        with suppress(Bot.DoesNotExist):  # it was being removed, and is gone now
            lifecycle.stop_bot(bot_id, reason=REASON, now=now)


def _mark_worked_on(stop_request: StopAll) -> None:
    """Mark that a worker works on it, by the clock: the work may have begun long ago."""
    StopAll.objects.filter(pk=stop_request.pk).update(worked_at=timezone.now())


def _inactive_keys(user: User) -> Iterator[str]:
    """Name the inactive keys with open orders: their venues cannot be asked."""
    inactive = ExchangeKey.objects.filter(user=user, is_active=False)
    for key in inactive.filter(orders__in=_open_orders(user)).distinct():
        yield write_for(user, Phrase("%(key)s, which is switched off", key=key.label))


def _record_progress(number: int, unconfirmed: list[str]) -> bool:
    now = timezone.now()  # it ends when the last venue has answered, not when it was asked
    with streams.unit() as unit:
        stop_request = StopAll.objects.select_for_update(no_key=True).get(pk=number)
        if stop_request.ended_at:
            return True
        user = stop_request.user
        stop_request.left = _open_orders(user).count()
        waits_for = Phrase("Not confirmed by: %(keys)s.", keys=", ".join(unconfirmed))
        stop_request.message = write_for(user, waits_for) if unconfirmed else ""
        if not (stop_request.left or unconfirmed or _running_bots(user).exists()):
            stop_request.ended_at = now
            message = Phrase(
                "Everything is stopped: %(bots)s, %(orders)s.",
                bots=CountPhrase("%(count)s bot", "%(count)s bots", count=stop_request.bots),
                orders=CountPhrase(
                    "%(count)s order", "%(count)s orders", count=stop_request.orders
                ),
            )
            log.note(unit, user=user, level=LogEntry.Level.SUCCESS, message=message, now=now)
        stop_request.save(update_fields=["left", "message", "ended_at"])
    return stop_request.ended_at is not None


def _running_bots(user: User) -> QuerySet[Bot]:
    """Return the running bots, and those that only stop to start again."""
    return Bot.objects.filter(limits.RUNS_OR_RESTARTS, user=user).order_by("pk")


def _open_orders(user: User) -> QuerySet[Order]:
    return Order.objects.filter(IS_OPEN, user=user, origin=Origin.FILLWATCH).order_by("pk")
