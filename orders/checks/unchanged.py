"""Recognise and record orders that a check found as they were: nothing but their freshness."""

from collections.abc import Iterable
from datetime import datetime

from exchanges.base import OrderReport
from orders import external_terms, order_state
from orders.lifecycle import states
from orders.models import Order
from realtime import publish
from realtime.shapes.notes import OrdersCheckedData
from realtime.values import format_time
from users.sharing.rows import list_members


def record_unchanged(orders: Iterable[Order], *, now: datetime) -> None:
    """Record that these orders were seen unchanged, and publish how fresh they are."""
    unchanged = list(orders)
    ids = [order.pk for order in unchanged]
    Order.objects.filter(pk__in=ids).update(checked_at=now, misses=0)
    members = list_members({order.key_id for order in unchanged})
    by_user: dict[int, list[int]] = {}
    for order in unchanged:
        for user_id in (order.user_id, *members.get(order.key_id, ())):
            by_user.setdefault(user_id, []).append(order.pk)
    for user_id, pks in by_user.items():
        data = OrdersCheckedData(orders=pks, checked_at=format_time(now))
        publish.notify_user(user_id=user_id, type="orders_checked", data=data)


def changes_nothing(order: Order, report: OrderReport, *, now: datetime) -> bool:
    """Tell whether merging would change nothing. Needs no lock: a state only ever grows."""
    before = order_state.read_state(order, {})
    decision = states.merge_report(before, report, now=now)
    news = external_terms.find_news(order, report)
    return decision.state == before and not decision.alarms and not news
