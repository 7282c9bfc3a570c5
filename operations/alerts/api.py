"""Alerts by API, each for its owner only."""

import django_filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from operations.alerts import record as alerts
from operations.models import Alert
from realtime.shapes.events import AlertData
from users.api_tokens.access import token_access
from users.http import current_user
from users.rest import REASON, OwnRows
from users.strict.queries import YesNoFilter


class AlertOut(serializers.BaseSerializer[Alert]):
    shape = AlertData

    def to_representation(self, instance: Alert) -> AlertData:
        return alerts.alert_data(instance)


class AlertFilter(django_filters.FilterSet):  # type: ignore[misc]
    open = YesNoFilter("ended_at", "isnull")


@extend_schema(tags=["messages"])
@token_access(GET="read", POST="trade", key_tokens=False)
class AlertViewSet(OwnRows[Alert]):
    """Your alerts, newest first; `open=true` leaves out those that have ended."""

    queryset = Alert.objects.all()
    serializer_class = AlertOut
    filterset_class = AlertFilter

    @extend_schema(request=None, responses={200: AlertOut, 404: REASON})
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Hide its bar; the alert lasts until it ends."""
        read = alerts.mark_read(int(pk), user_id=current_user(request).pk, now=timezone.now())
        return Response(AlertOut(read).data)
