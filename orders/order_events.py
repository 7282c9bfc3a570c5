"""Write a change of an order into its history, with the events that tell its owner."""

from datetime import datetime
from functools import partial

import structlog
from django.db import transaction

from orders import fills as orders_fills
from orders import task_queue
from orders.lifecycle import history, states
from orders.models import Order, OrderChange
from orders.payloads import order_data, trade_data
from realtime import streams

log = structlog.get_logger(__name__)


def record_change(
    unit: streams.Unit, order: Order, *, source: str, actor: str, reason: str, at: datetime
) -> None:
    OrderChange.objects.create(
        order=order,
        version=order.version,
        at=at,
        status=order.status,
        filled=order.filled,
        source=source,
        actor=actor,
        reason=reason,
    )
    unit.event(
        user_id=order.user_id, key_id=order.key_id, type="order_update", data=order_data(order)
    )


def find_request_id() -> str:
    """Return the id of the request that this code runs in, or that queued this task."""
    return str(structlog.contextvars.get_contextvars().get("request_id") or "")[:64]


def log_status(order: Order, *, source: str) -> None:
    """Log once it is committed, so that one order is followed through all processes.

    A stream or a sweep knows no request: its line has the one that placed the order.
    """
    fields = {"order": order.pk, "key": order.key_id, "status": order.status, "source": source}
    if order.request_id and order.request_id != find_request_id():
        fields["placed_by_request"] = order.request_id
    transaction.on_commit(partial(log.info, "order status changed", **fields))


def record_decision(
    unit: streams.Unit,
    order: Order,
    before: states.OrderState,
    decision: states.Decision,
    *,
    source: str,
    actor: str,
    reason: str,
    at: datetime,
) -> None:
    """Write down what a report changed: its fills first, then the order, then its end."""
    _publish_fills(unit, order, decision)
    record_change(unit, order, source=source, actor=actor, reason=reason, at=at)
    if order.status != before.status:
        log_status(order, source=source)
    if order.status == states.FILLED != before.status:
        unit.event(
            user_id=order.user_id, key_id=order.key_id, type="order_filled", data=order_data(order)
        )
    # Have balances read if the key's stream did not tell what moved them.
    if source != "stream" and history.moves_money(before, decision):
        task_queue.request_holdings(order.key_id)


def _publish_fills(unit: streams.Unit, order: Order, decision: states.Decision) -> None:
    inserted = orders_fills.insert_fills(order, decision.new_fills)
    changed_fills = [*inserted, *orders_fills.add_fees(order, decision.completed_fills)]
    if changed_fills:
        task_queue.request_fill_count(order.key_id)
    for fill in changed_fills:
        unit.event(user_id=order.user_id, key_id=order.key_id, type="trade", data=trade_data(fill))
