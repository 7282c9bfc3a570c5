"""Stop everything: every bot, every order of ours; over when the venues have shown it, not before.

1. The wish is written down, and the first bots are stopped at once, so that little new is placed.
2. A worker stops the others, asks for the end of every order, and asks every venue what is open.
3. It does so again until nothing is. Should the worker die, the beat finds what is not over.

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
from orders import placement, queue
from orders.models import IS_OPEN, Order, Origin
from realtime import streams
from users.models import User

LOOK: Final = "bots.finish_stop_all"
WORDS: Final = "stopped with everything else"
AT_ONCE: Final = 100  # bots that whoever asks waits for
BATCH: Final = 500  # orders, after which it is seen that somebody still works on it
ALIVE: Final = timedelta(seconds=45)  # nobody has looked for so long: its worker is lost


def stop_all(user: User, *, now: datetime) -> StopAll:
    """Ask for the end of all there is; a second call while one is under way is the same one.

    Each bot and order in a transaction of its own: who held them all, and their events, would
    wait for workers that wait for him.
    """
    emergency = _declared(user, now=now)
    _stop(_at_work(user)[:AT_ONCE], now=now)
    return emergency


def see(number: int, *, now: datetime) -> bool:
    """Ask for the end of what is open, then look at every venue; says whether it is over."""
    from orders.checks import sweep  # brings ccxt, which only workers load

    emergency = StopAll.objects.select_related("user").filter(pk=number, ended_at=None).first()
    if emergency is None:
        return True
    _ask(emergency, now=now)
    silent = list(_switched_off(emergency.user))
    for key in ExchangeKey.objects.filter(user=emergency.user, is_active=True):
        outcome = sweep.reconcile_key(key.pk, full=True)
        if outcome.errors or outcome.skipped or outcome.deferred or outcome.busy:
            silent.append(key.label)
        _still_here(emergency)
    return _judge(number, silent)


def lost(*, now: datetime) -> list[int]:
    """Not over, and nobody looks any more."""
    unseen = Q(worked_at=None, asked_at__lt=now - ALIVE) | Q(worked_at__lt=now - ALIVE)
    return list(StopAll.objects.filter(unseen, ended_at=None).values_list("pk", flat=True))


def forget(*, before: datetime) -> int:
    """Those that were over before that."""
    return StopAll.objects.filter(ended_at__lt=before).delete()[0]


def _declared(user: User, *, now: datetime) -> StopAll:
    """Written down first, so that a worker sees it through whatever becomes of who asked."""
    with transaction.atomic():
        User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
        if under_way := StopAll.objects.filter(user=user, ended_at=None).first():
            return under_way
        awake, orders = _at_work(user).count(), _open(user).count()
        emergency = StopAll(user=user, asked_at=now, bots=awake, orders=orders, left=orders)
        emergency.save(force_insert=True)
        queue.send_on_commit(LOOK, emergency.pk)
    return emergency


def _ask(emergency: StopAll, *, now: datetime) -> None:
    """Bots first, so that nothing new is placed."""
    user = emergency.user
    _still_here(emergency)
    _stop(_at_work(user), now=now)
    while orders := list(_open(user).filter(cancel_requested_at=None)[:BATCH]):
        for order in orders:
            placement.cancel_order(order, by=user.get_username(), now=now)
        _still_here(emergency)


def _stop(bots: QuerySet[Bot], *, now: datetime) -> None:
    for bot_id in list(bots.values_list("pk", flat=True)):
        with suppress(Bot.DoesNotExist):  # it was on its way out, and is gone now
            lifecycle.stop(bot_id, words=WORDS, now=now)


def _still_here(emergency: StopAll) -> None:
    """By the clock: what was begun at `now` may take long."""
    StopAll.objects.filter(pk=emergency.pk).update(worked_at=timezone.now())


def _switched_off(user: User) -> Iterator[str]:
    """Keys whose venues are not asked, though they may have orders there."""
    off = ExchangeKey.objects.filter(user=user, is_active=False)
    for key in off.filter(orders__in=_open(user)).distinct():
        yield f"{key.label}, which is switched off"


def _judge(number: int, silent: list[str]) -> bool:
    now = timezone.now()  # it is over when the last venue has shown it, not when it was asked
    with streams.unit() as unit:
        emergency = StopAll.objects.select_for_update(no_key=True).get(pk=number)
        if emergency.ended_at:
            return True
        emergency.left = _open(emergency.user).count()
        emergency.message = f"Not shown yet by: {', '.join(silent)}." if silent else ""
        if not emergency.left and not silent and not _at_work(emergency.user).exists():
            emergency.ended_at = now
            words = f"Everything is stopped: {emergency.bots} bots, {emergency.orders} orders."
            level = LogEntry.Level.SUCCESS
            log.note(unit, user_id=emergency.user_id, level=level, message=words, now=now)
        emergency.save(update_fields=["left", "message", "ended_at"])
    return emergency.ended_at is not None


def _at_work(user: User) -> QuerySet[Bot]:
    """Also those that only stop in order to start again."""
    return Bot.objects.filter(limits.RUNS, user=user).order_by("pk")


def _open(user: User) -> QuerySet[Order]:
    return Order.objects.filter(IS_OPEN, user=user, origin=Origin.FILLWATCH).order_by("pk")
