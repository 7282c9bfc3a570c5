"""Endpoints through which operators push: staff only, throttled, and each call recorded."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operations.models import Push
from operations.push import actions, record
from operations.push import serializers as shapes
from users.api_tokens.access import token_access
from users.http import current_user
from users.rest import Conflict
from users.strict.views import KnownParametersOnly
from users.throttling import UserRate

LONGEST_KEY = 100
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    location=OpenApiParameter.HEADER,
    description="Any text of yours, 100 characters at most. Sent again it does nothing again:"
    " the first answer comes back, with `Idempotency-Replayed: true`.",
)


class PushRate(UserRate):
    """Throttle pushes: each reaches people, and a script may run wild."""

    scope = "push"
    rate = "120/min"


class MayPush(IsAdminUser):
    """Let in those of the staff who may add what this endpoint makes, as Django's groups say."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        assert isinstance(view, PushView)  # noqa: S101
        self.message = f"This needs the permission {view.right}."
        return super().has_permission(request, view) and request.user.has_perm(view.right)


@token_access(POST="operate", key_tokens=False)
class PushView(KnownParametersOnly):
    permission_classes = [MayPush]
    throttle_classes = [PushRate]
    kind: Push.Kind
    right: str
    fields: type[serializers.Serializer[Any]]

    def post(self, request: Request) -> Response:
        operator = current_user(request)
        try:
            row, fresh = record.record_push(
                operator, self._read_request(request), now=timezone.now()
            )
        except record.IdempotencyKeyReused as conflict:
            self._record_refusal(request, str(conflict))
            raise Conflict(str(conflict)) from None
        except actions.PushRefused as refused:
            self._record_refusal(request, {refused.field: [refused.message]})
            raise ValidationError({refused.field: [refused.message]}) from None
        except APIException as refusal:  # a wrong field, or no JSON at all
            self._record_refusal(request, refusal.detail)
            raise
        headers = {} if fresh else {"Idempotency-Replayed": "true"}
        return Response(row.result, status=status.HTTP_201_CREATED, headers=headers)

    def _read_request(self, request: Request) -> record.PushRequest:
        key = request.headers.get("Idempotency-Key", "").strip()
        if len(key) > LONGEST_KEY or not key.isprintable():
            raise ValidationError({"Idempotency-Key": ["At most 100 printable characters."]})
        serializer = self.fields(data=request.data)
        serializer.is_valid(raise_exception=True)
        return record.PushRequest(
            kind=self.kind, body=request.data, fields=serializer.validated_data, idempotency_key=key
        )

    def _record_refusal(self, request: Request, reason: object) -> None:
        try:
            body = request.data
        except APIException:
            body = None  # no JSON
        operator = current_user(request)
        record.record_refusal(operator, self.kind, body=body, reason=reason, now=timezone.now())


def document_push(fields: type[serializers.Serializer[Any]], **examples: dict[str, Any]) -> Any:
    """Document one of these endpoints."""
    return extend_schema_view(
        post=extend_schema(
            tags=["operators"],
            parameters=[IDEMPOTENCY_KEY],
            request=fields,
            responses={
                201: shapes.Pushed,
                400: OpenApiResponse(description="Why not, in words; nothing was done"),
                403: OpenApiResponse(description="For operators with the permission only"),
                409: OpenApiResponse(description="The key was used for another push"),
                429: OpenApiResponse(description="Too many; wait"),
            },
            examples=[
                OpenApiExample(name.replace("_", " "), value=value, request_only=True)
                for name, value in examples.items()
            ],
        )
    )


@document_push(
    shapes.NotificationPush,
    to_one_user={"user": "ada", "title": "Your report is ready", "link": "/orders/"},
    to_all_operators={"staff": True, "title": "Maintenance on Sunday", "level": "warning"},
)
class NotificationView(PushView):
    """Something to read, in the list behind the bell until it was read."""

    kind, fields = Push.Kind.NOTIFICATION, shapes.NotificationPush
    right = "operations.add_notification"


@document_push(
    shapes.AlertPush,
    begin={"user": "ada", "name": "margin", "level": "critical", "title": "Margin is low"},
    end={"user": "ada", "name": "margin", "ended": True},
)
class AlertView(PushView):
    """Something that is wrong, shown until you say that it has ended."""

    kind, fields = Push.Kind.ALERT, shapes.AlertPush
    right = "operations.add_alert"


@document_push(
    shapes.SignalPush,
    long={
        "user": 7,
        "source": "desk",
        "symbol": "BTC/USDT",
        "side": "long",
        "price": "50000",
        "message": "Breakout",
    },
)
class SignalView(PushView):
    """A signal as if it had come from outside; nothing is traded by it here."""

    kind, fields = Push.Kind.SIGNAL, shapes.SignalPush
    right = "bots.add_signal"


@document_push(
    shapes.MarketPush,
    price={"instrument": "binance.spot.paper:BTC/USDT", "last": "50000.10"},
    book={
        "instrument": "binance.spot.paper:BTC/USDT",
        "bid": "50000",
        "bid_quantity": "2",
        "ask": "50000.20",
        "ask_quantity": "0.5",
    },
)
class MarketView(PushView):
    """A price of a simulated instrument, to whoever watches it: for testing frontends."""

    kind, fields = Push.Kind.MARKET, shapes.MarketPush
    right = "operations.add_push"


@document_push(
    shapes.BroadcastPush,
    to_everybody={"title": "Closed on Sunday from 02:00 to 03:00 UTC", "level": "warning"},
)
class BroadcastView(PushView):
    """A message to every active user. The answer comes at once; a worker sends it."""

    kind, fields = Push.Kind.BROADCAST, shapes.BroadcastPush
    right = "operations.add_broadcast"


VIEWS = (MarketView, SignalView, NotificationView, AlertView, BroadcastView)
