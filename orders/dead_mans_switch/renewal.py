"""Renew the dead man's switches at the venues, as long as the orders are really watched.

A key's orders are watched if sweeps run and its own stream is live and compared. If either is not
so, nobody renews and the venue cancels: that is what the switch is for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone

from exchanges import pool
from exchanges.adapters import Call
from exchanges.base import Adapter, VenueDown
from exchanges.keys import dead_mans_switch
from exchanges.limits import bans, weight_budget
from exchanges.limits.failures import note_failure
from exchanges.models import DeadMansSwitch, ExchangeKey
from exchanges.streams import leases
from exchanges.venue_row import SwitchSpec
from orders.checks import last_sweep
from orders.models import IS_OPEN, Order

log = structlog.get_logger(__name__)

LOCK_SECONDS: Final = 60  # longer than any call takes
RENEWALS: Final = 3  # within one span, so that two may fail
# A stream notices by its own clock that no sweep comes, and then leaves the venue's socket.
STREAM_SLACK: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class SwitchRequest:
    """A request to a venue: so many seconds for these symbols, and 0 for those.

    `counting` is what the venue counts down so far: a request may fail half-way.
    """

    seconds: int
    armed: Sequence[str | None] = ()
    disarmed: Sequence[str | None] = ()
    counting: list[str | None] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.armed) + len(self.disarmed)


def renew_switches(key_id: int | None = None) -> int:
    """Renew what is due, arm what is new, disarm what is off; return how many keys were asked."""
    now = timezone.now()
    in_use = Q(seconds__gt=0) | Q(armed_until__isnull=False)
    rows = DeadMansSwitch.objects.filter(in_use).select_related("key__stream", "key__user")
    for switch in rows.filter(armed_until__lte=now):
        if dead_mans_switch.note_end(switch, now=now):
            log.warning("dead man's switch ran out", key=switch.key_id)
    requests: dict[ExchangeKey, tuple[DeadMansSwitch, SwitchRequest]] = {}
    for switch in rows if key_id is None else rows.filter(key=key_id):
        if not switch.key.has_switch:  # its venue is not served any more
            continue
        request = plan_request(switch, now=now)
        if request.count and _may_ask(switch, now):
            requests[switch.key] = switch, request
    return _send_requests(requests, now)


def disarm_switch(key_id: int) -> str:
    """Stop the venue's countdown of one key now; return why that failed, or nothing."""
    now = timezone.now()
    rows = DeadMansSwitch.objects.select_related("key__user")
    switch = rows.filter(key=key_id, armed_until__isnull=False).first()
    if switch is None:
        return ""
    if not _may_ask(switch, now):
        return "It is renewed just now, or the venue told us to wait."
    per_symbol = dead_mans_switch.get_spec(switch.key).per_symbol
    request = SwitchRequest(0, disarmed=switch.symbols if per_symbol else [None])
    _send_requests({switch.key: (switch, request)}, now)
    switch.refresh_from_db()
    return switch.last_error if switch.armed_until else ""


def _may_ask(switch: DeadMansSwitch, now: datetime) -> bool:
    """Leave out keys that are being asked, by a venue that hangs, and those that have to wait."""
    if end := bans.get_end(switch.key, now=now):
        _record_failure(switch, VenueDown(f"the venue told us to wait until {end:%H:%M:%S} UTC"))
        return False
    return bool(cache.add(_name_lock(switch.key), 1, timeout=LOCK_SECONDS))


def _name_lock(key: ExchangeKey) -> str:
    return f"renewing-switch:{key.pk}"


def plan_request(switch: DeadMansSwitch, *, now: datetime) -> SwitchRequest:
    """Decide what a switch needs now."""
    spec = dead_mans_switch.get_spec(switch.key)
    if not (switch.seconds and switch.key.is_active):
        armed = switch.symbols if spec.per_symbol else [None]
        return SwitchRequest(0, disarmed=armed if switch.armed_until else ())
    is_watched = is_sweep_recent(now) and leases.is_complete(switch.key, now=now)
    _note_silence(switch, is_watched=is_watched, now=now)
    if not is_watched:
        return SwitchRequest(0)
    if not spec.per_symbol:
        return SwitchRequest(switch.seconds, armed=[None] if _is_due(switch, now) else ())
    symbols = _list_symbols(switch.key)
    if not symbols and switch.armed_until is None and _is_due(switch, now):
        switch.renewed_at = now  # nothing is open, so there is nothing to ask the venue
        switch.save(update_fields=["renewed_at"])
    if not (_is_due(switch, now) or set(symbols) != set(switch.symbols)):
        return SwitchRequest(0)
    # A countdown left behind would cancel what is placed there by hand later.
    left = sorted(set(switch.symbols) - set(symbols))
    return SwitchRequest(switch.seconds, armed=symbols, disarmed=left)


def is_sweep_recent(now: datetime) -> bool:
    """Tell whether sweeps run; without Redis nobody knows, and no worker gets its tasks."""
    last = last_sweep.read_last_sweep()
    return last is not None and last_sweep.find_delay(last, now=now) is None


def _is_due(switch: DeadMansSwitch, now: datetime) -> bool:
    span = timedelta(seconds=switch.seconds / RENEWALS)
    return switch.renewed_at is None or now >= switch.renewed_at + span


def _list_symbols(key: ExchangeKey) -> list[str]:
    orders = Order.objects.filter(IS_OPEN, key=key).order_by("symbol")
    return list(orders.values_list("symbol", flat=True).distinct())


def _note_silence(switch: DeadMansSwitch, *, is_watched: bool, now: datetime) -> None:
    if is_watched == (switch.silent_since is not None):
        switch.silent_since = None if is_watched else now
        switch.save(update_fields=["silent_since"])


def _send_requests(
    requests: Mapping[ExchangeKey, tuple[DeadMansSwitch, SwitchRequest]], now: datetime
) -> int:
    """Ask all venues at once: a slow one must not let the switches of others run out."""
    for key, (_, request) in requests.items():
        weight = dead_mans_switch.get_spec(key).weight * request.count
        weight_budget.record_overspend(key, weight, now=now)
    calls = {key: _make_call(request) for key, (_, request) in requests.items()}
    for key, answer in pool.call_many(calls):
        switch, request = requests[key]
        cache.delete(_name_lock(key))
        if isinstance(answer, Exception):
            _record_failure(switch, answer)
            if request.counting:
                _record_part(switch, request, sent_at=now)
        else:
            _record_success(switch, request, sent_at=now)
    return len(requests)


def _make_call(request: SwitchRequest) -> Call[None]:
    async def send(adapter: Adapter) -> None:
        for symbol in request.armed:
            await adapter.set_switch(request.seconds, symbol)
            request.counting.append(symbol)
        for symbol in request.disarmed:
            await adapter.set_switch(0, symbol)

    return send


def _record_success(switch: DeadMansSwitch, request: SwitchRequest, *, sent_at: datetime) -> None:
    """Note until when the venue waits: at least from before the request, at most from now on."""
    now, facts = timezone.now(), dict[str, Any]()
    if request.armed:
        span = timedelta(seconds=request.seconds)
        slack = find_slack(dead_mans_switch.get_spec(switch.key))
        facts = {"armed_for_sure": sent_at + span, "armed_until": now + span + slack}
        facts["symbols"] = [symbol for symbol in request.armed if symbol]
    else:
        facts = {"armed_for_sure": None, "armed_until": None, "symbols": []}
    facts |= {"renewed_at": sent_at, "last_error": ""}
    DeadMansSwitch.objects.filter(pk=switch.pk).update(**facts)


def _record_part(switch: DeadMansSwitch, request: SwitchRequest, *, sent_at: datetime) -> None:
    """Note what a failed request has armed: the venue cancels there if it is not renewed."""
    now, span = timezone.now(), timedelta(seconds=request.seconds)
    until = now + span + find_slack(dead_mans_switch.get_spec(switch.key))
    armed = {symbol for symbol in request.counting if symbol}
    DeadMansSwitch.objects.filter(pk=switch.pk).update(
        armed_for_sure=switch.armed_for_sure or sent_at + span,
        armed_until=max(switch.armed_until or until, until),
        symbols=sorted(armed.union(switch.symbols)),
    )


def _record_failure(switch: DeadMansSwitch, error: Exception) -> None:
    note_failure(switch.key, error, now=timezone.now())
    log.warning("dead man's switch not renewed", key=switch.key_id, error=str(error))
    DeadMansSwitch.objects.filter(pk=switch.pk).update(last_error=str(error)[:300])


def find_slack(spec: SwitchSpec) -> timedelta:
    """Return how much later a venue begins to count than we stop to renew."""
    if not spec.by_socket:
        return timedelta()
    sweeps = timedelta(seconds=last_sweep.TICKS * settings.ORDER_CHECK_SECONDS)
    return sweeps + STREAM_SLACK
