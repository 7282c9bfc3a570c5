"""Notifications by API, each for its owner only."""

from typing import Any

import django_filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from operations.models import Notification, NotificationCategory
from operations.notifications import record as notifications
from realtime.shapes.events import NotificationData
from users.api_tokens.access import token_access
from users.http import current_user
from users.rest import REASON, OwnRows
from users.strict.queries import YesNoFilter


class NotificationOut(serializers.BaseSerializer[Notification]):
    shape = NotificationData

    def to_representation(self, instance: Notification) -> NotificationData:
        return notifications.notification_data(instance)


class ReadCount(serializers.Serializer[Any]):
    read = serializers.IntegerField(help_text="How many were unread")


class NotificationFilter(django_filters.FilterSet):  # type: ignore[misc]
    unread = YesNoFilter("read_at", "isnull")
    category = django_filters.ChoiceFilter(choices=NotificationCategory.choices)


@extend_schema(tags=["messages"])
@token_access(GET="read", POST="trade", key_tokens=False)
class NotificationViewSet(OwnRows[Notification]):
    """Your notifications, newest first; `unread=true` leaves out those you have read.

    Those that you dismissed are in no list.
    """

    queryset = Notification.objects.filter(dismissed_at=None)
    serializer_class = NotificationOut
    filterset_class = NotificationFilter

    @extend_schema(request=None, responses={200: NotificationOut, 404: REASON})
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Mark it as read; a second time changes nothing."""
        user_id = current_user(request).pk
        read = notifications.mark_read(int(pk), user_id=user_id, now=timezone.now())
        return Response(NotificationOut(read).data)

    @extend_schema(request=None, responses={200: NotificationOut, 404: REASON})
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: str) -> Response:
        """Take it off the list; a second time changes nothing."""
        user_id = current_user(request).pk
        dismissed = notifications.dismiss(int(pk), user_id=user_id, now=timezone.now())
        return Response(NotificationOut(dismissed).data)

    @extend_schema(request=None, responses={200: ReadCount})
    @action(detail=False, methods=["post"], url_path="read-all", pagination_class=None)
    def read_all(self, request: Request) -> Response:
        """Mark all of them as read."""
        count = notifications.mark_all_read(current_user(request).pk, now=timezone.now())
        return Response({"read": count})
