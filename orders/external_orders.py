"""Match reports to orders. An order placed at the exchange itself becomes an external order here.

An external order is watched like any other, but never cancelled or changed from here.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import structlog
from django.db import IntegrityError
from django.db.models import Q, QuerySet

from exchanges.base import CONDITIONAL_PREFIX, OrderReport
from exchanges.models import ExchangeKey, Symbol
from orders import external_terms, reconciler
from orders.lifecycle import states
from orders.models import IS_OPEN, Order, OrderType, Origin, TimeInForce
from realtime import streams

log = structlog.get_logger(__name__)

MAX_TYPE_LENGTH: Final = 20
# The venues' types of orders and ours; any other keeps the venue's name.
VENUE_TYPES: Final = {
    "limit_maker": (OrderType.LIMIT, TimeInForce.PO),
    "post_only": (OrderType.LIMIT, TimeInForce.PO),
    "ioc": (OrderType.LIMIT, TimeInForce.IOC),
    "fok": (OrderType.LIMIT, TimeInForce.FOK),
    "stop": (OrderType.STOP_LOSS, TimeInForce.GTC),
    "stop_market": (OrderType.STOP_LOSS, TimeInForce.GTC),
    "stop_loss_limit": (OrderType.STOP_LOSS, TimeInForce.GTC),
    "take_profit_limit": (OrderType.TAKE_PROFIT, TimeInForce.GTC),
    "take_profit_market": (OrderType.TAKE_PROFIT, TimeInForce.GTC),
    "trailing_stop_market": (OrderType.TRAILING_STOP, TimeInForce.GTC),
    "move_order_stop": (OrderType.TRAILING_STOP, TimeInForce.GTC),
}


def merge_report(key_id: int, report: OrderReport, *, source: str, now: datetime) -> Order | None:
    """Merge a report about an order of a key, known or not; return None if it is not for us."""
    order_id = find_order_id(key_id, report)
    if order_id is None:
        key = ExchangeKey.objects.get(pk=key_id)
        if reason := _find_objection(key, report):
            name = report.exchange_order_id
            log.debug("external order ignored", key=key_id, venue_order=name, reason=reason)
            return None
        try:
            return reconciler.record_external(
                _build_order(key, report, now), report, source=source, now=now
            )
        except IntegrityError:  # stream and sweep saw it at the same moment: the other one won
            order_id = find_order_id(key_id, report)
            if order_id is None:
                raise
    return reconciler.apply_report(order_id, report, source=source, now=now)


def merge_reports(
    key_id: int, reports: Sequence[OrderReport], *, source: str, now: datetime
) -> None:
    """Merge reports about orders of a key in one transaction: all of them, or none."""
    with streams.unit():
        known = _lock_orders(key_id, {report.exchange_order_id for report in reports})
        for report in reports:
            if order_id := known.get((report.symbol, report.exchange_order_id)):
                reconciler.apply_report(order_id, report, source=source, now=now)
            else:
                merge_report(key_id, report, source=source, now=now)


def _lock_orders(key_id: int, exchange_order_ids: Collection[str]) -> dict[tuple[str, str], int]:
    """Lock the orders that one transaction will change; return them by symbol and venue's id.

    They are always locked in the same order, so that two transactions never wait for each other.
    """
    orders = Order.objects.filter(key_id=key_id, exchange_order_id__in=exchange_order_ids)
    locked = orders.exclude(exchange_order_id="").select_for_update(of=("self",), no_key=True)
    rows = locked.order_by("pk").values_list("symbol", "exchange_order_id", "pk")
    return {(symbol, name): pk for symbol, name, pk in rows}


def select_unknown(key_id: int, reports: Iterable[OrderReport]) -> list[OrderReport]:
    """Select the reports whose venue order id is not known here.

    An order whose end we only assumed counts as unknown, since its venue shows it after all.
    """
    by_name = {(report.symbol, report.exchange_order_id): report for report in reports}
    known = Order.objects.filter(
        key_id=key_id, exchange_order_id__in={name for _, name in by_name}, end_is_assumed=False
    ).values_list("symbol", "exchange_order_id")
    return [by_name[name] for name in by_name.keys() - set(known)]


def find_order_id(key_id: int, report: OrderReport) -> int | None:
    """Find the order of a report by the venue's id (unique within key and symbol), else by ours.

    Other programs may give one client order id to many orders, so theirs only leads from a
    conditional order to its successor.
    """
    matches = Q(symbol=report.symbol, exchange_order_id=report.exchange_order_id)
    if report.client_order_id:
        is_conditional = IS_OPEN & Q(exchange_order_id__startswith=CONDITIONAL_PREFIX)
        ours_or_waiting = Q(origin=Origin.FILLWATCH) | is_conditional
        matches |= Q(client_order_id=report.client_order_id) & ours_or_waiting
    order_ids = Order.objects.filter(key_id=key_id).values_list("pk", flat=True)
    known = order_ids.filter(matches).first()
    if known is not None or not report.exchange_order_id:
        return known
    former = Q(symbol__in=_list_former_symbols(key_id, report.symbol))
    return order_ids.filter(former, exchange_order_id=report.exchange_order_id).first()


def _list_former_symbols(key_id: int, symbol: str) -> QuerySet[Symbol, str]:
    """Return what we called a symbol before, by its venue's name of it, which stayed the same."""
    market = ExchangeKey.objects.get(pk=key_id).venue_market._asdict()
    names = Symbol.objects.filter(**market, name=symbol).exclude(venue_name="")
    former = Symbol.with_delisted.filter(**market, venue_name__in=names.values("venue_name"))
    return former.exclude(delisted_at=None).values_list("name", flat=True)


def _find_objection(key: ExchangeKey, report: OrderReport) -> str:
    """Return why a report is not taken for an external order, or an empty text."""
    if not (report.quantity or report.filled or report.closes_position):
        return "its amount is not said"
    if report.status in states.ENDED and (
        report.reported_at is None or report.reported_at < key.created_at
    ):
        return "it ended before its key was attached"
    if not report.client_order_id and _may_be_in_flight(key, report):
        return "it may be one of ours that is on its way"
    if report.client_order_id and _belongs_to_another_key(key, report.client_order_id):
        return "it was placed here, with another key of the same account"
    return ""


def _may_be_in_flight(key: ExchangeKey, report: OrderReport) -> bool:
    """Tell whether one of our orders without a venue id may be this one: its reply will tell."""
    open_orders = Order.objects.filter(IS_OPEN, key=key, symbol=report.symbol, side=report.side)
    return open_orders.filter(exchange_order_id="").exists()


def _belongs_to_another_key(key: ExchangeKey, client_order_id: str) -> bool:
    placed_here = Order.objects.filter(origin=Origin.FILLWATCH, client_order_id=client_order_id)
    return placed_here.filter(user_id=key.user_id).exclude(key=key).exists()


def _build_order(key: ExchangeKey, report: OrderReport, now: datetime) -> Order:
    order_type, time_in_force = VENUE_TYPES.get(
        report.type, (report.type[:MAX_TYPE_LENGTH], TimeInForce.GTC)
    )
    created_at = min(report.reported_at or now, now)
    terms = {"time_in_force": time_in_force} | external_terms.read_terms(report)
    return Order(
        user_id=key.user_id,
        key=key,
        origin=Origin.EXTERNAL,
        symbol=report.symbol,
        side=report.side,
        type=order_type,
        price=report.price,
        quantity=report.quantity or report.filled or Decimal(0),
        lacks_quantity=report.quantity is None,
        client_order_id=report.client_order_id or "",
        created_at=created_at,
        submitted_at=created_at,
        external_terms_at=report.reported_at,
        **terms,
    )
