"""Filters of orders and fills in the API, with the same names as in a page's query string."""

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from orders.lifecycle.states import OPEN
from orders.models import Order, OrderType, Origin, Side, Status
from users.strict.queries import IdFilter, TimeFilter

STATUSES = [("open", gettext_lazy("Open, in any way")), *Status.choices]


class OrderFilter(django_filters.FilterSet):  # type: ignore[misc]
    status = django_filters.MultipleChoiceFilter(choices=STATUSES, method="filter_status")
    symbol = django_filters.CharFilter(lookup_expr="iexact")
    side = django_filters.ChoiceFilter(choices=Side.choices)
    type = django_filters.MultipleChoiceFilter(choices=OrderType.choices)
    owner = django_filters.CharFilter("user__username", label=gettext_lazy("The owner of its key"))
    origin = django_filters.ChoiceFilter(choices=Origin.choices)
    key = IdFilter("key_id")
    bot = IdFilter("bot_id")
    created_after = TimeFilter("created_at", "gte")
    created_before = TimeFilter("created_at", "lt")

    def filter_status(
        self, orders: QuerySet[Order], name: str, choices: list[str]
    ) -> QuerySet[Order]:
        statuses = set(choices)
        if "open" in statuses:
            statuses = statuses - {"open"} | OPEN
        return orders.filter(status__in=sorted(statuses)) if statuses else orders


class FillFilter(django_filters.FilterSet):  # type: ignore[misc]
    order = IdFilter("order_id")
    symbol = django_filters.CharFilter(lookup_expr="iexact")
    side = django_filters.ChoiceFilter(choices=Side.choices)
    key = IdFilter("key_id")
    executed_after = TimeFilter("executed_at", "gte")
    executed_before = TimeFilter("executed_at", "lt")
