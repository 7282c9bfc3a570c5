"""Filters of orders and fills in the API, with the same names as in a page's query string."""

import django_filters
from django.db.models import QuerySet

from orders.lifecycle.states import OPEN
from orders.models import Order, OrderType, Origin, Side, Status

STATUSES = [("open", "Open, in any way"), *Status.choices]


class OrderFilter(django_filters.FilterSet):  # type: ignore[misc]
    status = django_filters.MultipleChoiceFilter(choices=STATUSES, method="filter_status")
    symbol = django_filters.CharFilter(lookup_expr="iexact")
    side = django_filters.ChoiceFilter(choices=Side.choices)
    type = django_filters.MultipleChoiceFilter(choices=OrderType.choices)
    origin = django_filters.ChoiceFilter(choices=Origin.choices)
    key = django_filters.NumberFilter(field_name="key_id", min_value=0, max_value=2**63 - 1)
    bot = django_filters.NumberFilter(field_name="bot_id", min_value=0, max_value=2**63 - 1)
    created_after = django_filters.IsoDateTimeFilter("created_at", "gte")
    created_before = django_filters.IsoDateTimeFilter("created_at", "lt")

    def filter_status(
        self, orders: QuerySet[Order], name: str, choices: list[str]
    ) -> QuerySet[Order]:
        statuses = set(choices)
        if "open" in statuses:
            statuses = statuses - {"open"} | OPEN
        return orders.filter(status__in=sorted(statuses)) if statuses else orders


class FillFilter(django_filters.FilterSet):  # type: ignore[misc]
    order = django_filters.NumberFilter(field_name="order_id", min_value=0, max_value=2**63 - 1)
    symbol = django_filters.CharFilter(lookup_expr="iexact")
    side = django_filters.ChoiceFilter(choices=Side.choices)
    key = django_filters.NumberFilter(field_name="key_id", min_value=0, max_value=2**63 - 1)
    executed_after = django_filters.IsoDateTimeFilter("executed_at", "gte")
    executed_before = django_filters.IsoDateTimeFilter("executed_at", "lt")
