"""The outbox by API: what was sent by which way, what was given up, and sending that again."""

import django_filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from operations.models import NotificationCategory, OutboxMessage
from operations.notifications.sent import resend
from users.api_tokens.access import token_access
from users.rest import REASON, Conflict, OwnRows
from users.strict.queries import IdFilter


class OutboxMessageOut(serializers.ModelSerializer[OutboxMessage]):
    class Meta:
        model = OutboxMessage
        fields = [
            *("id", "way", "message_id", "category", "level", "title", "message", "link"),
            *("status", "created_at", "due_at", "attempts", "last_error", "done_at"),
        ]
        read_only_fields = fields


class OutboxFilter(django_filters.FilterSet):  # type: ignore[misc]
    status = django_filters.ChoiceFilter(choices=OutboxMessage.OutboxStatus.choices)
    category = django_filters.ChoiceFilter(choices=NotificationCategory.choices)
    way = IdFilter()


@extend_schema(tags=["notifications"])
@token_access(GET="read", resend="trade", key_tokens=False)
class OutboxViewSet(OwnRows[OutboxMessage]):
    """Messages to your ways, newest first; `status=dead` lists those that were given up."""

    queryset = OutboxMessage.objects.all()
    serializer_class = OutboxMessageOut
    filterset_class = OutboxFilter

    @extend_schema(request=None, responses={202: OutboxMessageOut, 404: REASON, 409: REASON})
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, pk: str) -> Response:
        """Send a message that was given up once more, with the same id."""
        message = self.get_object()
        try:
            queued = resend.resend_message(message.user_id, message.pk, now=timezone.now())
        except resend.CannotResend as refused:
            raise Conflict(str(refused)) from None
        return Response(OutboxMessageOut(queued).data, status=status.HTTP_202_ACCEPTED)
