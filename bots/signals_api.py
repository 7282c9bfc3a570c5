"""A user's signals by API: what came from outside, and what became of it."""

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.viewsets import ReadOnlyModelViewSet

from bots.models import Signal
from bots.signalling import signal_data
from orders.api import NewestFirst
from realtime.shapes import SignalData


class SignalOut(serializers.BaseSerializer[Signal]):
    shape = SignalData

    def to_representation(self, instance: Signal) -> SignalData:
        return signal_data(instance)


class SignalFilter(django_filters.FilterSet):  # type: ignore[misc]
    status = django_filters.MultipleChoiceFilter(choices=Signal.Status.choices)
    symbol = django_filters.CharFilter(lookup_expr="iexact")
    source = django_filters.CharFilter()

    class Meta:
        model = Signal
        fields: list[str] = []


@extend_schema(tags=["signals"])
class SignalViewSet(ReadOnlyModelViewSet[Signal]):
    """Your signals, the newest first."""

    queryset = Signal.objects.none()
    serializer_class = SignalOut
    pagination_class = NewestFirst
    filterset_class = SignalFilter
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[Signal]:
        return Signal.objects.filter(user=self.request.user.pk)
