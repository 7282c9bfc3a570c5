"""The audit log by API: all of it for staff with the permission, a user's own account for them."""

from collections.abc import Iterator
from typing import Any, Final

import django_filters
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.viewsets import ReadOnlyModelViewSet

from bots.pnl.csv_api import CsvRenderer
from bots.pnl.csv_stream import Table, stream_chunks, write_lines
from operations.models import AuditChange
from operations.models.audit import AuditAction, AuditActor
from users.api_tokens.access import token_access
from users.http import current_user
from users.rest import REASON, NewestFirst, StaffRight
from users.strict.queries import IdFilter, TimeFilter
from users.strict.views import KnownParametersOnly

VALUES_HELP: Final = "by column; of secrets only that they were set or changed"
COLUMNS: Final = (
    *("id", "at", "subject", "object_id", "object_name", "owner_id", "action", "actor"),
    *("actor_id", "actor_name", "role", "token_id", "via", "address", "request_id", "task_id"),
)
TABLE: Final = Table(
    columns={name: name for name in COLUMNS} | {"before": "before", "after": "after"},
    order_by=("id",),
)


class AuditChangeOut(serializers.ModelSerializer[AuditChange]):
    before = serializers.DictField(help_text=VALUES_HELP)
    after = serializers.DictField(help_text=VALUES_HELP)

    class Meta:
        model = AuditChange
        fields = (*COLUMNS, "before", "after")


class OwnChangeOut(AuditChangeOut):
    """A change of one's own account; from where somebody else acted is theirs to know."""

    def to_representation(self, instance: AuditChange) -> Any:
        data = super().to_representation(instance)
        if instance.actor_id != instance.owner_id:
            data["address"] = None
        return data


class OwnChangeFilter(django_filters.FilterSet):  # type: ignore[misc]
    subject = django_filters.CharFilter(help_text="a model, such as users.user")
    object = django_filters.CharFilter("object_id", help_text="its id")
    action = django_filters.ChoiceFilter(choices=AuditAction.choices)
    since = TimeFilter("at", "gte")
    until = TimeFilter("at", "lt")


class AuditFilter(OwnChangeFilter):
    user = IdFilter("owner_id", help_text="whose account it concerns")
    actor = IdFilter("actor_id", help_text="the id of the user who acted")
    by = django_filters.ChoiceFilter("actor", choices=AuditActor.choices)
    token = IdFilter("token_id")
    request = django_filters.CharFilter("request_id")
    task = django_filters.CharFilter("task_id")


@extend_schema(tags=["operators"])
@token_access(GET="operate", key_tokens=False)
class AuditViewSet(KnownParametersOnly, ReadOnlyModelViewSet[AuditChange]):
    """Changes by people and by Fillwatch: who, from where, and the values before and after."""

    queryset = AuditChange.objects.all()
    serializer_class = AuditChangeOut
    filterset_class = AuditFilter
    pagination_class = NewestFirst
    permission_classes = [StaffRight]
    right = "operations.view_auditchange"
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(filters=True, responses={(200, "text/csv"): OpenApiTypes.STR, 400: REASON})
    @action(
        detail=False,
        pagination_class=None,
        url_path="csv",
        renderer_classes=[JSONRenderer, CsvRenderer],
    )
    def export(self, request: Request) -> StreamingHttpResponse:
        """Download the same entries as a table, oldest first."""
        rows = self.filter_queryset(self.get_queryset())
        filename = f"fillwatch-audit-{timezone.now():%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            stream_chunks(_write_rows(rows)),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{filename}"',
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            },
        )


@extend_schema(tags=["account"])
@token_access(GET="read", key_tokens=False)
class OwnChangeViewSet(KnownParametersOnly, ReadOnlyModelViewSet[AuditChange]):
    """Changes of your account, keys, bots and settings, by you or somebody else."""

    queryset = AuditChange.objects.all()
    serializer_class = OwnChangeOut
    filterset_class = OwnChangeFilter
    pagination_class = NewestFirst
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[AuditChange]:
        if getattr(self, "swagger_fake_view", False):
            return AuditChange.objects.none()
        return super().get_queryset().filter(owner_id=current_user(self.request).pk)


def _write_rows(rows: QuerySet[AuditChange]) -> Iterator[str]:
    return write_lines(TABLE, iter([rows]))
