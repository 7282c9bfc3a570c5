"""Alerts by API, each for its owner only; operators have copies of theirs."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from operations.alerts import record as alerts
from operations.models import Alert, AlertChange
from operations.models.alert_rules import RIGHT
from realtime.shapes.events import AlertData
from users.api_tokens.access import token_access
from users.http import current_user
from users.rest import REASON, KnownFieldsOnly, OwnRows, StaffRight
from users.strict.queries import YesNoFilter


class AlertOut(serializers.BaseSerializer[Alert]):
    shape = AlertData

    def to_representation(self, instance: Alert) -> AlertData:
        return alerts.alert_data(instance)


class AlertChangeOut(serializers.ModelSerializer[AlertChange]):
    """A step in the life of an alert; `by` is empty where Fillwatch did it."""

    class Meta:
        model = AlertChange
        fields = ["step", "by", "note", "at"]
        read_only_fields = fields


class NoteRequest(KnownFieldsOnly):
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class AlertFilter(django_filters.FilterSet):  # type: ignore[misc]
    open = YesNoFilter("ended_at", "isnull")
    unacknowledged = YesNoFilter("acknowledged_at", "isnull")


class AlertBase(OwnRows[Alert]):
    """The steps that an owner takes with an alert."""

    queryset = Alert.objects.all()
    serializer_class = AlertOut
    filterset_class = AlertFilter

    @extend_schema(request=None, responses={200: AlertOut, 404: REASON})
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Hide its bar; the alert lasts until it ends."""
        read = alerts.mark_read(int(pk), user_id=current_user(request).pk, now=timezone.now())
        return Response(AlertOut(read).data)

    @extend_schema(request=NoteRequest, responses={200: AlertOut, 400: REASON, 404: REASON})
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Say that you take care of it; a second time changes nothing.

        An alert of operators is acknowledged for all of them.
        """
        return self._settle(request, alerts.acknowledge)

    @extend_schema(request=NoteRequest, responses={200: AlertOut, 400: REASON, 404: REASON})
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        """End it by hand. While its condition holds it comes again after the rule's cooldown."""
        return self._settle(request, alerts.resolve)

    @extend_schema(responses={200: AlertChangeOut(many=True), 404: REASON})
    @action(detail=True, pagination_class=None, filterset_class=None)
    def history(self, request: Request, pk: str) -> Response:
        """List its steps, oldest first."""
        return Response(AlertChangeOut(self.get_object().changes.all(), many=True).data)

    def _settle(self, request: Request, act: Any) -> Response:
        alert, user = self.get_object(), current_user(request)
        body = NoteRequest(data=request.data)
        body.is_valid(raise_exception=True)
        note = body.validated_data.get("note", "")
        settled = act(
            alert.pk, user_id=user.pk, by=user.get_username(), note=note, now=timezone.now()
        )
        return Response(AlertOut(settled[0]).data)


@extend_schema(tags=["messages"])
@token_access(GET="read", POST="trade", key_tokens=False)
class AlertViewSet(AlertBase):
    """Your alerts, newest first; `open=true` leaves out those that have ended."""


@extend_schema(tags=["operators"])
@token_access(GET="operate", POST="operate", key_tokens=False)
class OperatorAlertViewSet(AlertBase):
    """The alerts of operators, newest first: your copies. What one settles is settled for all."""

    permission_classes = [StaffRight]
    right = f"operations.{RIGHT}"

    def get_queryset(self) -> QuerySet[Alert]:
        return super().get_queryset().filter(rule__isnull=False, rule__user=None)
