"""Create and settle signals: the only writer of signals. Each is settled once."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from bots.models import Signal
from realtime import streams
from realtime.shapes.events import SignalData
from realtime.values import format_money_or_none, format_time, format_time_or_none
from users.languages.recipient import write_for


class AlreadySettled(Exception):
    """The signal is executed, failed, ignored or expired already."""


def create_signal(*, now: datetime, **values: Any) -> Signal:
    with streams.unit() as unit:
        signal = Signal.objects.create(received_at=now, **values)
        unit.event(user_id=signal.user_id, type="signal", data=signal_data(signal))
    return signal


def settle_signal(
    signal_id: int,
    *,
    outcome: Signal.Status,
    reason: str = "",
    order_id: int | None = None,
    is_automatic: bool = False,
    now: datetime,
) -> Signal:
    """Save a signal's outcome; only the first outcome counts."""
    return _change_signal(
        signal_id,
        status=outcome,
        reason=reason,
        order_id=order_id,
        settled_at=now,
        is_automatic=is_automatic,
    )


def set_reason(signal_id: int, reason: str) -> Signal:
    """Save a remark on a signal that goes on waiting."""
    return _change_signal(signal_id, reason=reason)


def _change_signal(signal_id: int, **values: Any) -> Signal:
    with streams.unit() as unit:
        signal = lock_pending(signal_id)
        for name, value in values.items():
            setattr(signal, name, value)
        if "reason" in values:
            signal.reason = write_for(signal.user, values["reason"])
        signal.save(update_fields=[*values])
        unit.event(user_id=signal.user_id, type="signal", data=signal_data(signal))
    return signal


def lock_pending(signal_id: int) -> Signal:
    """Lock a pending signal; raise AlreadySettled for any other."""
    signal = Signal.objects.select_for_update(of=("self",)).get(pk=signal_id)
    if signal.status != Signal.Status.PENDING:
        raise AlreadySettled(f"Signal {signal_id} is {signal.status} already.")
    return signal


def list_pending(user_id: int) -> QuerySet[Signal]:
    return Signal.objects.filter(user=user_id, status=Signal.Status.PENDING)


def signal_data(signal: Signal) -> SignalData:
    return SignalData(
        id=signal.pk,
        source=signal.source,
        symbol=signal.symbol,
        side=signal.side,  # type: ignore[typeddict-item]  # held to Side by the database
        price=format_money_or_none(signal.price),
        message=signal.message,
        status=signal.status,  # type: ignore[typeddict-item]  # and to Status
        words=signal.reason,
        order=signal.order_id,
        received_at=format_time(signal.received_at),
        settled_at=format_time_or_none(signal.settled_at),
    )
