"""The API of income: what moved money without a trade, the newest first."""

from typing import Any, TypedDict

import django_filters
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.viewsets import GenericViewSet

from bots.models import IncomeEntry, IncomeKind
from realtime.values import format_money, format_time
from users.api_tokens.access import filter_by_keys, token_access
from users.rest import CursorPages, make_shape_serializer
from users.strict.queries import IdFilter, TimeFilter
from users.strict.views import KnownParametersOnly


class IncomeData(TypedDict):
    """A line of a venue's statement; `amount` is below zero where it was paid."""

    id: int
    key: int
    bot: int | None
    simulated: bool
    kind: str
    asset: str
    amount: str
    symbol: str
    venue_id: str
    at: str


def income_data(entry: IncomeEntry) -> IncomeData:
    return {
        "id": entry.pk,
        "key": entry.key_id,
        "bot": entry.bot_id,
        "simulated": entry.key.is_paper,
        "kind": entry.kind,
        "asset": entry.asset,
        "amount": format_money(entry.amount),
        "symbol": entry.symbol,
        "venue_id": entry.venue_id,
        "at": format_time(entry.at),
    }


IncomeOut = make_shape_serializer(IncomeData, income_data)


class NewestIncome(CursorPages):
    ordering = ("-at", "-id")

    def is_position(self, text: str) -> bool:
        try:
            return parse_datetime(text) is not None
        except ValueError:
            return False


class IncomeFilter(django_filters.FilterSet):  # type: ignore[misc]
    key = IdFilter("key_id")
    bot = IdFilter("bot_id")
    kind = django_filters.MultipleChoiceFilter(choices=IncomeKind.choices)
    asset = django_filters.CharFilter(lookup_expr="iexact")
    symbol = django_filters.CharFilter(lookup_expr="iexact")
    since = TimeFilter("at", "gte")
    until = TimeFilter("at", "lt")

    class Meta:
        model = IncomeEntry
        fields: list[str] = []


@extend_schema(tags=["analytics"])
@token_access(GET="read", key_tokens=True)
class IncomeViewSet(KnownParametersOnly, ListModelMixin, GenericViewSet[IncomeEntry]):
    """Funding, interest, rebates, deposits, withdrawals and transfers, as your venues told them."""

    queryset = IncomeEntry.objects.none()
    serializer_class = IncomeOut
    pagination_class = NewestIncome
    filterset_class = IncomeFilter

    def get_queryset(self) -> QuerySet[IncomeEntry]:
        own: Any = IncomeEntry.objects.filter(user=self.request.user.pk).select_related("key")
        return filter_by_keys(own, self.request)
