"""The only writer of signals: each is received once, waits, and is settled once."""

from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from bots.models import Signal
from realtime import streams
from realtime.shapes import SignalData
from realtime.values import format_money, format_time


class AlreadySettled(Exception):
    """What became of this signal is known, and does not change any more."""


def receive(
    *,
    user_id: int,
    source: str,
    symbol: str,
    side: Signal.Side,
    price: Decimal | None = None,
    message: str = "",
    raw: str = "",
    mark: str = "",
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
            dedup_key=mark,
            received_at=now,
        )
        _tell(unit, signal)
    return signal


def settle(
    signal_id: int,
    *,
    outcome: Signal.Status,
    words: str = "",
    order_id: int | None = None,
    by_itself: bool = False,
    now: datetime,
) -> Signal:
    """Say what became of it; whoever is first to say so has said it."""
    with streams.unit() as unit:
        signal = pending(signal_id)
        signal.status, signal.reason = outcome, words
        signal.order_id, signal.settled_at, signal.is_automatic = order_id, now, by_itself
        signal.save(update_fields=["status", "reason", "order", "settled_at", "is_automatic"])
        _tell(unit, signal)
    return signal


def remark(signal_id: int, words: str) -> Signal:
    """Something to know of one that waits on."""
    with streams.unit() as unit:
        signal = pending(signal_id)
        signal.reason = words
        signal.save(update_fields=["reason"])
        _tell(unit, signal)
    return signal


def pending(signal_id: int) -> Signal:
    """Locked, and still waiting."""
    signal = Signal.objects.select_for_update(of=("self",)).get(pk=signal_id)
    if signal.status != Signal.Status.PENDING:
        raise AlreadySettled(f"Signal {signal_id} is {signal.status} already.")
    return signal


def pending_of(user_id: int) -> QuerySet[Signal]:
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


def _tell(unit: streams.Unit, signal: Signal) -> None:
    unit.event(user_id=signal.user_id, type="signal", data=signal_data(signal))
