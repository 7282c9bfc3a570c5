"""A key's dead man's switch: its venue cancels the orders if Fillwatch falls silent.

Owners switch it here. A worker arms it at the venue and renews it (orders/dead_mans_switch), as
long as it is sure that the orders are watched.
"""

from datetime import datetime, timedelta
from typing import Final, TypedDict

import structlog
from celery import current_app
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from exchanges import venues, worker_calls
from exchanges.models import DeadMansSwitch, ExchangeKey
from exchanges.venue_row import SwitchSpec
from exchanges.worker_calls import CallError
from realtime.values import format_time

log = structlog.get_logger(__name__)

EARLY: Final = timedelta(seconds=3)  # the venue's clock may be ahead of ours
LATE: Final = timedelta(seconds=15)  # it takes time to cancel, and to write down when
RENEW_TASK: Final = "orders.renew_switches"
DISARM_TASK: Final = "orders.disarm_switch"
DISARM_SECONDS: Final = 8.0


class SwitchUnsupported(Exception):
    """This market has no dead man's switch; the argument says so."""


class SecondsOutOfRange(Exception):
    """The venue does not count so short or so long."""


class SwitchArmed(Exception):
    """The key's venue counts down and could not be told to stop; the argument says so."""


class SwitchData(TypedDict):
    """A switch as its owner sees it."""

    seconds: int
    state: str
    armed_until: str | None
    renewed_at: str | None
    fired_at: str | None
    last_error: str


def get_spec(key: ExchangeKey) -> SwitchSpec:
    """Return what the key's venue offers."""
    spec = venues.get(key.venue).get_switch(key.market)
    if spec is None:
        place = f"{key.venue_label} {key.market}"
        raise SwitchUnsupported(
            _(
                "%(place)s has no dead man's switch: if Fillwatch falls silent, orders stay"
                " open there."
            )
            % {"place": place}
        )
    return spec


def find_switch(key: ExchangeKey) -> DeadMansSwitch:
    return DeadMansSwitch.objects.filter(key=key).first() or DeadMansSwitch(key=key)


def set_seconds(key: ExchangeKey, seconds: int) -> DeadMansSwitch:
    """Switch it on with this span, or off by 0; a worker tells the venue at once."""
    spec = get_spec(key)
    if seconds and not spec.least <= seconds <= spec.most:
        raise SecondsOutOfRange(
            _("From %(least)s to %(most)s seconds at %(venue_label)s, or 0: off.")
            % {"least": spec.least, "most": spec.most, "venue_label": key.venue_label}
        )
    switch, _is_new = DeadMansSwitch.objects.get_or_create(key=key)
    switch.seconds, switch.last_error = seconds, ""
    switch.save(update_fields=["seconds", "last_error"])
    queue_renewal(key.pk)
    return switch


def queue_renewal(key_id: int) -> None:
    """Have a worker tell the venue at once, when this transaction is committed."""
    transaction.on_commit(lambda: _send_task(key_id), robust=True)


def disarm_before_removal(key_id: int, *, now: datetime) -> None:
    """Have a worker stop the venue's countdown of a key; raise SwitchArmed if that fails.

    Nobody could stop it once the key is gone, and it would cancel what others place there.
    """
    running = DeadMansSwitch.objects.filter(key=key_id, armed_until__gt=now)
    switch = running.select_related("key").first()
    if switch is None or switch.armed_until is None or not switch.key.has_switch:
        return
    try:
        worker_calls.call_worker(
            DISARM_TASK, key_id, seconds=DISARM_SECONDS, expires=DISARM_SECONDS, if_late=""
        )
    except CallError as error:
        raise SwitchArmed(
            _(
                "“%(key)s” stays: its dead man's switch could not be disarmed at"
                " %(venue_label)s. %(error)s Unless it is renewed, the venue cancels all orders"
                " at %(armed_until)s UTC. Try again."
            )
            % {
                "key": switch.key.label,
                "venue_label": switch.key.venue_label,
                "error": error,
                "armed_until": f"{switch.armed_until:%H:%M:%S}",
            }
        ) from None


def arm_again(key_id: int) -> None:
    """Have a worker arm the switch of a key that stays after all."""
    if DeadMansSwitch.objects.filter(key=key_id, seconds__gt=0).update(renewed_at=None):
        queue_renewal(key_id)


def _send_task(key_id: int) -> None:
    try:
        current_app.send_task(RENEW_TASK, args=[key_id], retry=False, expires=60)
    except OperationalError as error:
        log.warning("broker unreachable, left to the timetable", key=key_id, error=repr(error))


def describe_state(switch: DeadMansSwitch, *, now: datetime) -> str:
    """Return the state in one word; docs/dead-mans-switch.md says what each means."""
    if not switch.key.has_switch:
        return "unsupported"
    is_running = switch.armed_until is not None and switch.armed_until > now
    if not switch.seconds:
        return "disarming" if is_running else "off"
    if switch.armed_until and not is_running:
        return "fired"
    if switch.silent_since:
        return "silent"
    if is_running and switch.renewed_at:  # else only a part of it
        return "armed"
    return "idle" if switch.renewed_at else "arming"


def switch_data(switch: DeadMansSwitch, *, now: datetime) -> SwitchData:
    state = describe_state(switch, now=now)
    fired_at = switch.armed_until if state == "fired" else switch.fired_before
    return SwitchData(
        seconds=switch.seconds,
        state=state,
        armed_until=_write_time(switch.armed_until) if state != "fired" else None,
        renewed_at=_write_time(switch.renewed_at),
        fired_at=_write_time(fired_at),
        last_error=switch.last_error,
    )


def has_fired(key_id: int, *, at: datetime) -> bool:
    """Tell whether the venue's countdown ran out about this time."""
    running = Q(armed_for_sure__lte=at + EARLY, armed_until__gte=at - LATE)
    last = Q(fired_after__lte=at + EARLY, fired_before__gte=at - LATE)
    return DeadMansSwitch.objects.filter(running | last, key=key_id).exists()


def note_end(switch: DeadMansSwitch, *, now: datetime) -> bool:
    """Note that the countdown ran out, if it did. Of two workers one does."""
    ended = DeadMansSwitch.objects.filter(pk=switch.pk, armed_until__lte=now)
    return bool(
        ended.update(
            fired_after=F("armed_for_sure"),
            fired_before=F("armed_until"),
            armed_until=None,
            armed_for_sure=None,
            symbols=[],
            told_at=None,
        )
    )


def _write_time(moment: datetime | None) -> str | None:
    return format_time(moment) if moment else None
