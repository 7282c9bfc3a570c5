"""Decides what is now true of an order and writes it down with its events: the only writer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import structlog

from exchanges.base import FillReport, OrderReport
from orders import states
from orders.models import Change, Fill, Order
from orders.wire import moment, money, order_data, trade_data
from realtime import publish, streams

log = structlog.get_logger(__name__)

MISSES_TO_END: Final = 3
GRACE: Final = timedelta(seconds=20)  # venues show a new order late; see FAILURES 7 in the tests


def record_intent(order: Order) -> Order:
    """Write an order down before the venue hears of it."""
    with streams.unit() as unit:
        order.status = states.PENDING
        order.version = 1
        order.save(force_insert=True)
        _remember(unit, order, source="user", words="asked for", at=order.created_at)
    return order


def claim_submission(order_id: int, *, now: datetime) -> Order | None:
    """Take the right to send this order; one caller gets it, once, before anything is sent."""
    claimed = Order.objects.filter(
        pk=order_id, status=states.PENDING, submitted_at=None, cancel_requested_at=None
    ).update(submitted_at=now)
    return Order.objects.select_related("key", "bot").get(pk=order_id) if claimed else None


def release_submission(order_id: int) -> None:
    """Give the right back: the request did not leave, so it may be sent again."""
    Order.objects.filter(pk=order_id, status=states.PENDING).update(submitted_at=None)


def apply(
    order_id: int,
    report: OrderReport,
    *,
    source: str,
    now: datetime,
    fills: Sequence[FillReport] = (),
) -> Order:
    """Merge what the venue said of this order, and the executed parts it listed apart."""
    whole = replace(report, fills=(*report.fills, *fills))
    return _change(
        order_id,
        lambda truth: states.decide(truth, whole, now=now),
        source=source,
        now=now,
        raw=report.raw,
        heard=True,
    )


def apply_fills(order_id: int, fills: Iterable[FillReport], *, source: str, now: datetime) -> Order:
    """Merge executed parts that the venue listed apart from the order."""
    return _change(
        order_id,
        lambda truth: states.decide_fills(truth, tuple(fills), now=now),
        source=source,
        now=now,
    )


def refuse(order_id: int, *, status: str, words: str, source: str, now: datetime) -> Order:
    """The attempt was refused: denied by us, rejected by the venue, or cancelled before sending."""
    return _change(
        order_id,
        lambda truth: states.refuse(truth, status=status, words=words, now=now),
        source=source,
        now=now,
    )


def lose_sight(order_id: int, *, words: str, now: datetime) -> Order:
    """No answer came: from here on it is unknown until found by its client order id."""
    return _change(order_id, states.lose_sight, source="submit", now=now, words=words)


def miss(order_id: int, *, now: datetime) -> Order:
    """The venue answered that it has no such order; enough of these after a grace end it."""

    def decision(truth: states.Truth, order: Order) -> states.Decision:
        asked_since = order.submitted_at or order.created_at
        if order.misses + 1 < MISSES_TO_END or now - asked_since < GRACE:
            return states.Decision(truth=truth)
        return states.conclude_absent(truth, now=now)

    return _change(order_id, decision, source="poll", now=now, missed=True)


def request_cancel(order_id: int, *, by: str, now: datetime) -> Order:
    """Note the wish; an order that was never sent ends here, any other when its venue says so."""
    with streams.unit() as unit:
        order = _locked(order_id)
        if order.status not in states.OPEN or order.cancel_requested_at:
            return order
        order.cancel_requested_at = now
        order.version += 1
        if order.submitted_at is None and order.status == states.PENDING:
            truth = states.refuse(
                _truth(order, {}),
                status=states.CANCELED,
                words=f"cancelled by {by} before it was sent",
                now=now,
            ).truth
            _assign(order, truth)
        order.save()
        _remember(unit, order, source="user", words=f"cancel asked for by {by}", at=now)
    return order


def touch(orders: Iterable[Order], *, now: datetime) -> None:
    """These were seen at the venue, unchanged: only their freshness moves, and is told."""
    by_user: dict[int, list[int]] = {}
    for order in orders:
        by_user.setdefault(order.user_id, []).append(order.pk)
    ids = [pk for pks in by_user.values() for pk in pks]
    Order.objects.filter(pk__in=ids).update(checked_at=now, misses=0)
    for user_id, pks in by_user.items():
        publish.tell(
            user_id=user_id,
            type="orders_checked",
            data={"orders": pks, "checked_at": moment(now)},
        )


def says_nothing_new(order: Order, report: OrderReport, *, now: datetime) -> bool:
    """Whether merging would change nothing. Right without a lock, since truth only ever grows."""
    before = _truth(order, {})
    return states.decide(before, report, now=now).truth == before


def _change(
    order_id: int,
    decide: Callable[..., states.Decision],
    *,
    source: str,
    now: datetime,
    words: str = "",
    raw: Mapping[str, Any] | None = None,
    heard: bool = False,
    missed: bool = False,
) -> Order:
    """Lock, decide, write state, fills, history and events in one transaction."""
    with streams.unit() as unit:
        order = _locked(order_id)
        before = _truth(order, _fills(order))
        decision = decide(before, order) if missed else decide(before)
        order.misses = order.misses + 1 if missed else (0 if heard else order.misses)
        if heard or missed:
            order.checked_at = now
        for alarm in decision.alarms:
            log.warning("order report looks wrong", order=order.pk, source=source, alarm=alarm)
        if decision.truth == before:
            order.save(update_fields=["checked_at", "misses"])
            return order
        if raw:
            order.last_report = dict(raw)
        _assign(order, decision.truth)
        order.version += 1
        order.save()
        for fill in _write_fills(order, decision.new_fills):
            unit.event(user_id=order.user_id, type="trade", data=trade_data(fill))
        _remember(unit, order, source=source, words=words or _words(before, decision), at=now)
        if order.status == states.FILLED != before.status:
            unit.event(user_id=order.user_id, type="order_filled", data=order_data(order))
    return order


def _locked(order_id: int) -> Order:
    return (
        Order.objects.select_for_update(of=("self",)).select_related("key", "bot").get(pk=order_id)
    )


def _fills(order: Order) -> dict[str, FillReport]:
    if not order.fills_quantity:
        return {}
    return {fill.trade_id: _fill_report(order, fill) for fill in order.fills.all()}


def _fill_report(order: Order, fill: Fill) -> FillReport:
    return FillReport(
        symbol=fill.symbol,
        trade_id=fill.trade_id,
        exchange_order_id=order.exchange_order_id,
        side=fill.side,  # type: ignore[arg-type]  # held to Side by the database
        price=fill.price,
        quantity=fill.quantity,
        fee=fill.fee,
        fee_currency=fill.fee_currency or None,
        is_maker=fill.is_maker,
        executed_at=fill.executed_at,
    )


def _truth(order: Order, fills: dict[str, FillReport]) -> states.Truth:
    return states.Truth(
        status=order.status,
        quantity=order.quantity,
        filled=order.filled,
        cost=order.cost,
        fills=fills,
        exchange_order_id=order.exchange_order_id,
        ended_at=order.ended_at,
        ended_reason=order.ended_reason,
        assumed=order.end_is_assumed,
    )


def _assign(order: Order, truth: states.Truth) -> None:
    order.status = truth.status
    order.filled = truth.filled
    order.fills_quantity = truth.fills_quantity
    order.cost = truth.cost
    order.average_price = truth.average_price
    order.fees = _fees(truth.fills.values())
    order.exchange_order_id = truth.exchange_order_id
    order.ended_at = truth.ended_at
    order.ended_reason = truth.ended_reason
    order.end_is_assumed = truth.assumed


def _fees(fills: Iterable[FillReport]) -> dict[str, str]:
    """What was paid, by currency: never added up across them."""
    fees: dict[str, Decimal] = {}
    for fill in fills:
        if fill.fee and fill.fee_currency:
            fees[fill.fee_currency] = fees.get(fill.fee_currency, Decimal(0)) + fill.fee
    return {currency: money(fee) for currency, fee in sorted(fees.items())}


def _write_fills(order: Order, reports: Iterable[FillReport]) -> list[Fill]:
    return Fill.objects.bulk_create(
        Fill(
            order=order,
            user_id=order.user_id,
            key_id=order.key_id,
            fee_currency=report.fee_currency or "",
            **{
                name: value
                for name, value in asdict(report).items()
                if name not in ("exchange_order_id", "fee_currency")
            },
        )
        for report in reports
    )


def _remember(unit: streams.Unit, order: Order, *, source: str, words: str, at: datetime) -> None:
    Change.objects.create(
        order=order,
        version=order.version,
        at=at,
        status=order.status,
        filled=order.filled,
        source=source,
        words=words,
    )
    unit.event(user_id=order.user_id, type="order_update", data=order_data(order))


def _words(before: states.Truth, decision: states.Decision) -> str:
    after = decision.truth
    if after.ended_reason and after.ended_reason != before.ended_reason:
        return after.ended_reason
    if decision.new_fills:
        quantity = sum((fill.quantity for fill in decision.new_fills), Decimal(0))
        return f"filled {money(quantity)} more"
    if after.status != before.status:
        return "accepted by the venue" if after.status == states.NEW else ""
    return ""
