"""Read what the sheet and the page of one order show: terms, group, history, fills."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from exchanges.instruments import is_inverse, profit_currency
from orders.lifecycle.conclusions import is_closable
from orders.models import Order, Role, Side
from orders.payloads import change_data, order_data, trade_data
from orders.web import row_text
from orders.web.change_pages import can_be_amended
from orders.web.listing.profits import describe_profits
from orders.web.shared_keys import SharedKey, mark_row

MAX_ROWS: Final = 200


def build_timeline_context(
    order: Order, now: datetime, shared: Mapping[int, SharedKey]
) -> dict[str, Any]:
    data = order_data(order)
    row = mark_row(row_text.build_cells(data, now=now), data, shared)
    is_closed = is_closable(status=order.status, ended_reason=order.ended_reason)
    legs = list_legs(order)
    may_change = row.get("changeable", True)
    fills = order.fills.order_by("-executed_at", "-pk")[:MAX_ROWS]
    changes = order.changes.order_by("-version")[:MAX_ROWS]
    return {
        "order": data,
        "row": row,
        "group": order.order_group,
        "legs": [order_data(leg) for leg in legs],
        "profit": describe_profits([order.pk]).get(order.pk),
        "currency": profit_currency(order.symbol),
        "is_inverse": is_inverse(order.symbol),
        "result": compute_result(legs),
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


def compute_result(legs: Sequence[Order]) -> tuple[Decimal, str] | None:
    """Compute what the exits of a bracket brought against its entry, before fees.

    It concerns this group alone: the PnL books count a key's whole position, and fees.
    """
    entry = next((leg for leg in legs if leg.role == Role.ENTRY), None)
    exits = [leg for leg in legs if leg.role != Role.ENTRY and leg.filled]
    if entry is None or entry.average_price is None or not exits or is_inverse(entry.symbol):
        return None
    brought = sum((leg.cost for leg in exits), Decimal(0))
    paid = entry.average_price * sum((leg.filled for leg in exits), Decimal(0))
    result = brought - paid if entry.side == Side.BUY else paid - brought
    return result, profit_currency(entry.symbol)
