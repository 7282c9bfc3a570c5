"""Orders of keys that others share with a user; a report shows them while they are shared."""

from collections.abc import Mapping
from typing import Any

from exchanges.models import ExchangeKey
from operations.reports.figures import order_counts
from operations.reports.figures.order_counts import OrderRows
from operations.reports.periods import ReportPeriod
from orders.models import Fill, Order
from users.sharing.rows import find_grants

Row = dict[str, Any]


def list_shared_keys(user_id: int, period: ReportPeriod) -> list[Row]:
    """Describe the orders of each key that is shared with the user; profits are its owner's."""
    key_ids = [grant.key_id for grant in find_grants(user_id)]
    keys = ExchangeKey.objects.filter(pk__in=key_ids).select_related("user").order_by("pk")
    return [_describe_key(key, period) for key in keys]


def hide_ended(content: Mapping[str, Any], user_id: int | None) -> dict[str, Any]:
    """Return a report's content without the keys that are shared with the user no more."""
    if not content.get("shared"):
        return dict(content)
    shared = {grant.key_id for grant in find_grants(user_id)}
    return {**content, "shared": [row for row in content["shared"] if row["key"] in shared]}


def _describe_key(key: ExchangeKey, period: ReportPeriod) -> Row:
    rows = OrderRows(Order.objects.filter(key=key), Fill.objects.filter(key=key))
    by_symbol = order_counts.list_by_symbol(rows, period)
    return {
        "key": key.pk,
        "label": key.label,
        "owner": key.user.get_username(),
        "simulated": key.is_paper,
        "by_symbol": by_symbol,
        "counts": order_counts.sum_counts(by_symbol),
        "fees": order_counts.sum_fees(rows, period),
    }
