"""Stop everything: every bot, every order of ours; over when the venues have shown it, not before.

Orders that were placed at the exchange itself are left alone.
"""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from bots import diary, steering
from bots.models import Bot, Emergency, Line, Mode
from exchanges.models import ExchangeKey
from orders import handing, placement
from orders.models import IS_OPEN, Order, Origin
from realtime import streams
from users.models import User

LOOK: Final = "bots.see_the_end"
WORDS: Final = "stopped with everything else"


def stop_all(user: User, *, now: datetime) -> Emergency:
    """Ask for the end of all there is; a second call while one is under way is the same one."""
    with transaction.atomic():
        User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
        if under_way := Emergency.objects.filter(user=user, ended_at=None).first():
            _ask(user, now=now)
            return under_way
        emergency = Emergency(user=user, asked_at=now, bots=0, orders=_open(user).count(), left=0)
        emergency.bots = _ask(user, now=now)
        emergency.left = _open(user).count()
        emergency.save(force_insert=True)
        handing.on(LOOK, emergency.pk)
    return emergency


def see(number: int, *, now: datetime) -> bool:
    """Look at every venue; says whether it is over."""
    from orders import sweep  # brings ccxt, which only workers load

    emergency = Emergency.objects.select_related("user").get(pk=number)
    if emergency.ended_at:
        return True
    _ask(emergency.user, now=now)
    silent = []
    for key in ExchangeKey.objects.filter(user=emergency.user, is_active=True):
        outcome = sweep.reconcile(key.pk, whole=True)
        if outcome.errors or outcome.frozen or outcome.deferred or outcome.busy:
            silent.append(key.label)
    return _judge(emergency, silent, now=now)


def _ask(user: User, *, now: datetime) -> int:
    """Bots first, so that nothing new is placed; says how many had been at work."""
    awake = Bot.objects.filter(user=user, mode=Mode.RUNNING).values_list("pk", flat=True)
    for bot_id in list(awake):
        steering.stop(bot_id, words=WORDS, now=now)
    while orders := list(_open(user).filter(cancel_requested_at=None)[: placement.MOST_AT_ONCE]):
        for order in orders:
            placement.cancel(order, by=user.get_username(), now=now)
    return len(awake)


def _judge(emergency: Emergency, silent: list[str], *, now: datetime) -> bool:
    with streams.unit() as unit:
        emergency.left = _open(emergency.user).count()
        emergency.words = f"Not shown yet by: {', '.join(silent)}." if silent else ""
        if not emergency.left and not silent:
            emergency.ended_at = now
            words = f"Everything is stopped: {emergency.bots} bots, {emergency.orders} orders."
            level = Line.Level.SUCCESS
            diary.note(unit, user_id=emergency.user_id, level=level, message=words, now=now)
        emergency.save()
    return emergency.ended_at is not None


def _open(user: User) -> QuerySet[Order]:
    return Order.objects.filter(IS_OPEN, user=user, origin=Origin.FILLWATCH).order_by("pk")
