"""Read what the sheet and the page of one order show: terms, group, history, fills."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from orders.lifecycle.conclusions import is_closable
from orders.models import Order
from orders.payloads import change_data, order_data, trade_data
from orders.web import row_text
from orders.web.change_pages import can_be_amended
from orders.web.shared_keys import SharedKey, mark_row

MAX_ROWS: Final = 200


def build_timeline_context(
    order: Order, now: datetime, shared: Mapping[int, SharedKey]
) -> dict[str, Any]:
    data = order_data(order)
    row = mark_row(row_text.build_cells(data, now=now), data, shared)
    is_closed = is_closable(status=order.status, ended_reason=order.ended_reason)
    may_change = row.get("changeable", True)
    fills = order.fills.order_by("-executed_at", "-pk")[:MAX_ROWS]
    changes = order.changes.order_by("-version")[:MAX_ROWS]
    return {
        "order": data,
        "row": row,
        "group": order.order_group,
        "legs": [order_data(leg) for leg in list_legs(order)],
        "closable": is_closed and may_change,
        "amendable": can_be_amended(order) and may_change,
        "changes": [change_data(change) for change in changes],
        "fills": [trade_data(fill) for fill in fills],
        "now": now,
    }


def list_legs(order: Order) -> list[Order]:
    """Return all orders of its group, the oldest first."""
    if order.order_group is None:
        return []
    legs = order.order_group.legs.select_related("key", "bot", "order_group")
    return list(legs.order_by("pk")[:MAX_ROWS])
