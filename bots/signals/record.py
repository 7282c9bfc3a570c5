"""Create and settle signals: the only writer of signals. Each is settled once."""

from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from bots.models import Signal
from realtime import streams
from realtime.shapes.events import SignalData
from realtime.values import format_money, format_time


class AlreadySettled(Exception):
    """The signal is executed, failed, ignored or expired already."""


def create_signal(
    *,
    user_id: int,
    source: str,
    symbol: str,
    side: Signal.Side,
    price: Decimal | None = None,
    message: str = "",
    raw: str = "",
    dedup_key: str = "",
    now: datetime,
) -> Signal:
    with streams.unit() as unit:
        signal = Signal.objects.create(
            user_id=user_id,
            source=source,
            symbol=symbol,
            side=side,
            price=price,
            message=message,
            raw=raw,
            dedup_key=dedup_key,
            received_at=now,
        )
        _add_event(unit, signal)
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
    with streams.unit() as unit:
        signal = lock_pending(signal_id)
        signal.status, signal.reason = outcome, reason
        signal.order_id, signal.settled_at, signal.is_automatic = order_id, now, is_automatic
        signal.save(update_fields=["status", "reason", "order", "settled_at", "is_automatic"])
        _add_event(unit, signal)
    return signal


def set_reason(signal_id: int, reason: str) -> Signal:
    """Save a remark on a signal that goes on waiting."""
    with streams.unit() as unit:
        signal = lock_pending(signal_id)
        signal.reason = reason
        signal.save(update_fields=["reason"])
        _add_event(unit, signal)
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
        price=None if signal.price is None else format_money(signal.price),
        message=signal.message,
        status=signal.status,  # type: ignore[typeddict-item]  # and to Status
        words=signal.reason,
        order=signal.order_id,
        received_at=format_time(signal.received_at),
        settled_at=format_time(signal.settled_at) if signal.settled_at else None,
    )


def _add_event(unit: streams.Unit, signal: Signal) -> None:
    unit.event(user_id=signal.user_id, type="signal", data=signal_data(signal))
