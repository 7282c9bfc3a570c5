"""The API of the activity log: actions of bots and their reasons, with search and counts."""

from typing import Any

import django_filters
from django.db.models import Count
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bots.activity.log import log_entry_data
from bots.models import LogEntry
from realtime.shapes.events import LogData
from users.api_tokens.access import token_access
from users.rest import OwnRows
from users.strict.queries import IdFilter, TimeFilter


class LogEntryOut(serializers.BaseSerializer[LogEntry]):
    shape = LogData

    def to_representation(self, instance: LogEntry) -> LogData:
        return log_entry_data(instance)


class LogFilter(django_filters.FilterSet):  # type: ignore[misc]
    level = django_filters.MultipleChoiceFilter(choices=LogEntry.Level.choices)
    bot = IdFilter("bot_id")
    order = IdFilter("order_id")
    q = django_filters.CharFilter(field_name="message", lookup_expr="icontains")
    since = TimeFilter("created_at", "gte")
    until = TimeFilter("created_at", "lt")

    class Meta:
        model = LogEntry
        fields: list[str] = []


@extend_schema(tags=["logs"])
@token_access(GET="read", key_tokens=False)
class LogEntryViewSet(OwnRows[LogEntry]):
    """The log of your bots, the newest entry first."""

    queryset = LogEntry.objects.all()
    serializer_class = LogEntryOut
    filterset_class = LogFilter

    @extend_schema(
        filters=True,
        responses={200: OpenApiResponse(description="The number of entries of each level")},
    )
    @action(detail=False, pagination_class=None)
    def counts(self, request: Request) -> Response:
        """Count the entries of each level, with the same filters."""
        entries = self.filter_queryset(self.get_queryset()).order_by()
        counts = dict(entries.values_list("level").annotate(entries=Count("*")))
        return Response({level: counts.get(level, 0) for level in LogEntry.Level.values})

    @extend_schema(
        request=None,
        filters=True,
        responses={200: OpenApiResponse(description="The number of deleted entries")},
    )
    @action(detail=False, methods=["post"], pagination_class=None)
    def clear(self, request: Request) -> Response:
        """Delete the entries that the same filters find."""
        deleted: tuple[int, Any] = self.filter_queryset(self.get_queryset()).delete()
        return Response({"cleared": deleted[0]}, status=status.HTTP_200_OK)
