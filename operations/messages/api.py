"""Notifications and alerts by API, each for its owner only."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from operations.messages import alerts, notifications
from operations.models import Alert, Notification
from realtime.shapes.events import AlertData, NotificationData
from users.rest import REASON, NewestFirst


class NotificationOut(serializers.BaseSerializer[Notification]):
    shape = NotificationData

    def to_representation(self, instance: Notification) -> NotificationData:
        return notifications.notification_data(instance)


class AlertOut(serializers.BaseSerializer[Alert]):
    shape = AlertData

    def to_representation(self, instance: Alert) -> AlertData:
        return alerts.alert_data(instance)


class ReadCount(serializers.Serializer[Any]):
    read = serializers.IntegerField(help_text="How many were unread")


class NotificationFilter(django_filters.FilterSet):  # type: ignore[misc]
    unread = django_filters.BooleanFilter("read_at", "isnull")

    class Meta:
        model = Notification
        fields: list[str] = []


class AlertFilter(django_filters.FilterSet):  # type: ignore[misc]
    open = django_filters.BooleanFilter("ended_at", "isnull")

    class Meta:
        model = Alert
        fields: list[str] = []


@extend_schema(tags=["messages"])
class NotificationViewSet(ReadOnlyModelViewSet[Notification]):
    """Your notifications, newest first; `unread=true` leaves out those you have read."""

    queryset = Notification.objects.none()
    serializer_class = NotificationOut
    pagination_class = NewestFirst
    filterset_class = NotificationFilter
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[Notification]:
        return Notification.objects.filter(user=self.request.user.pk)

    @extend_schema(request=None, responses={200: NotificationOut, 404: REASON})
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Mark it as read; a second time changes nothing."""
        try:
            notification = notifications.mark_read(
                int(pk), user_id=request.user.pk or 0, now=timezone.now()
            )
        except Notification.DoesNotExist:
            raise Http404 from None
        return Response(NotificationOut(notification).data)

    @extend_schema(request=None, responses={200: ReadCount})
    @action(detail=False, methods=["post"], url_path="read-all", pagination_class=None)
    def read_all(self, request: Request) -> Response:
        """Mark all of them as read."""
        return Response(
            {"read": notifications.mark_all_read(request.user.pk or 0, now=timezone.now())}
        )


@extend_schema(tags=["messages"])
class AlertViewSet(ReadOnlyModelViewSet[Alert]):
    """Your alerts, newest first; `open=true` leaves out those that have ended."""

    queryset = Alert.objects.none()
    serializer_class = AlertOut
    pagination_class = NewestFirst
    filterset_class = AlertFilter
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[Alert]:
        return Alert.objects.filter(user=self.request.user.pk)

    @extend_schema(request=None, responses={200: AlertOut, 404: REASON})
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Hide its bar; the alert lasts until it ends."""
        try:
            alert = alerts.mark_read(int(pk), user_id=request.user.pk or 0, now=timezone.now())
        except Alert.DoesNotExist:
            raise Http404 from None
        return Response(AlertOut(alert).data)
