"""Tell owners that a dead man's switch ran out: their venue cancelled orders.

It is told when the switch is armed anew, or off: by then the key's orders were compared with the
venue, so their number is known.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from exchanges.models import DeadMansSwitch
from operations.models import MessageLevel
from operations.notifications import record as notifications
from orders.lifecycle import ended_by
from orders.models import Order
from realtime.values import format_time
from users.languages.recipient import write_for
from users.languages.text import Phrase


def tell_owners(*, now: datetime) -> int:
    """Tell what was not told yet, once; return how many."""
    is_back = Q(renewed_at__gte=F("fired_before")) | Q(seconds=0)
    fired = DeadMansSwitch.objects.filter(is_back, fired_before__isnull=False, told_at=None)
    return sum(_tell_owner(pk, now) for pk in list(fired.values_list("pk", flat=True)))


def _tell_owner(switch_id: int, now: datetime) -> bool:
    with transaction.atomic():
        rows = DeadMansSwitch.objects.select_for_update(of=("self",)).select_related("key")
        switch = rows.filter(pk=switch_id, told_at=None).first()
        if switch is None or switch.fired_after is None or switch.fired_before is None:
            return False
        key = switch.key
        cancelled = Order.objects.filter(
            key=key, ended_by=ended_by.SWITCH, ended_at__gte=switch.fired_after
        ).count()
        title = Phrase(
            "Dead man's switch at %(venue)s: orders cancelled: %(count)s",
            venue=key.venue_label,
            count=cancelled,
        )
        message = Phrase(
            "Fillwatch was silent, so the switch of “%(key)s” ran out at %(time)s. Bots of these"
            " orders have stopped.",
            key=key.label,
            time=format_time(switch.fired_before),
        )
        notifications.notify(
            user_id=key.user_id,
            title=write_for(key.user, title)[:120],
            message=write_for(key.user, message),
            level=MessageLevel.WARNING,
            link="/orders/",
            now=now,
        )
        switch.told_at = now
        switch.save(update_fields=["told_at"])
    return True
