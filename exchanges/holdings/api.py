"""Balances and positions by API, from the database: no venue is asked."""

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.viewsets import GenericViewSet

from exchanges import payloads
from exchanges.models import Balance, Position
from realtime.shapes.events import BalanceData, PositionData
from users.api_tokens.access import filter_by_keys, token_access
from users.rest import make_shape_serializer
from users.sharing.access import note_use
from users.strict.queries import IdFilter
from users.strict.views import KnownParametersOnly

BalanceOut = make_shape_serializer(BalanceData, lambda row: payloads.balance_data(row, row.key))
PositionOut = make_shape_serializer(PositionData, lambda row: payloads.position_data(row, row.key))


class BalanceFilter(django_filters.FilterSet):  # type: ignore[misc]
    key = IdFilter("key_id")
    currency = django_filters.CharFilter(lookup_expr="iexact")


class PositionFilter(django_filters.FilterSet):  # type: ignore[misc]
    key = IdFilter("key_id")
    symbol = django_filters.CharFilter(lookup_expr="iexact")


@extend_schema(tags=["holdings"])
@token_access(GET="read", key_tokens=True)
class BalanceViewSet(KnownParametersOnly, ListModelMixin, GenericViewSet[Balance]):
    """The balances of your keys and of those shared with you, as last reported, without zeros."""

    serializer_class = BalanceOut
    queryset = Balance.objects.none()
    pagination_class = None
    filterset_class = BalanceFilter

    def get_queryset(self) -> QuerySet[Balance]:
        user_id = self.request.user.pk or 0
        grants = note_use(user_id, now=timezone.now())
        return filter_by_keys(payloads.list_balances(user_id, grants), self.request)


@extend_schema(tags=["holdings"])
@token_access(GET="read", key_tokens=True)
class PositionViewSet(KnownParametersOnly, ListModelMixin, GenericViewSet[Position]):
    """Your open futures positions; a quantity below zero is short."""

    serializer_class = PositionOut
    queryset = Position.objects.none()
    pagination_class = None
    filterset_class = PositionFilter

    def get_queryset(self) -> QuerySet[Position]:
        user_id = self.request.user.pk or 0
        grants = note_use(user_id, now=timezone.now())
        return filter_by_keys(payloads.list_positions(user_id, grants), self.request)
