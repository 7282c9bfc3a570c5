"""A person's ways and preferences by API. Addresses and secrets are written and never read.

Adding a way and rotating a secret is closed to API tokens: a stolen one must not open a new ear.
"""

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges.secrets import sealing
from operations.models import NotificationWay
from operations.notifications.preferences import change_preferences, read_preferences
from operations.notifications.sent.api import OutboxMessageOut
from operations.notifications.ways import actions
from operations.notifications.ways.addresses import BadAddress
from operations.notifications.ways.serializers import (
    NewWayOut,
    PreferencesChange,
    PreferencesOut,
    PushKeyOut,
    WayChange,
    WayOut,
    WayRequest,
)
from users.api_tokens.access import token_access
from users.http import current_user
from users.rest import REASON, OwnRows
from users.strict.views import api_view
from users.throttling import UserRate

NO_STORE = {"Cache-Control": "no-store"}


class CannotSealNow(APIException):
    status_code = 503
    default_code = "cannot_seal"


class WayTestRate(UserRate):
    """Throttle tests: each sends something to a server that somebody named."""

    scope = "way_test"
    rate = "10/min"


@extend_schema(tags=["notifications"])
@token_access(GET="read", PATCH="trade", test="trade", key_tokens=False)
class WayViewSet(OwnRows[NotificationWay]):
    """Your ways to be told outside the application, newest first."""

    queryset = NotificationWay.objects.all()
    serializer_class = WayOut

    @extend_schema(request=WayRequest, responses={201: NewWayOut, 400: REASON, 503: REASON})
    def create(self, request: Request) -> Response:
        """Add a way. Its address is sealed at once and never comes back.

        The secret of a webhook is in this answer and can never be read again.
        """
        body = WayRequest(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        added = _refuse_in_words(lambda: _add_way(request, fields))
        return Response(_show_new(added), status=status.HTTP_201_CREATED, headers=NO_STORE)

    @extend_schema(request=WayChange, responses={200: WayOut, 400: REASON, 404: REASON})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename it, choose what it is told and when, or switch it off and on."""
        way = self.get_object()
        body = WayChange(data=request.data)
        body.is_valid(raise_exception=True)
        changes = dict(body.validated_data)
        changed = _refuse_in_words(
            lambda: actions.change_way(way.user_id, way.pk, now=timezone.now(), **changes)
        )
        return Response(WayOut(changed).data)

    @extend_schema(request=None, responses={204: None, 404: REASON})
    def destroy(self, request: Request, pk: str) -> Response:
        """Remove it, with the messages that wait for it."""
        if not actions.remove_way(current_user(request).pk, int(pk)):
            raise NotFound("You have no such way.")
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        request=None, responses={202: OutboxMessageOut, 400: REASON, 404: REASON, 429: REASON}
    )
    @action(detail=True, methods=["post"], throttle_classes=[WayTestRate])
    def test(self, request: Request, pk: str) -> Response:
        """Send a test message; `outbox/{id}/` says what became of it."""
        way = self.get_object()
        message = _refuse_in_words(
            lambda: actions.test_way(way.user_id, way.pk, now=timezone.now())
        )
        return Response(OutboxMessageOut(message).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={200: NewWayOut, 404: REASON, 503: REASON})
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, pk: str) -> Response:
        """Give a webhook a new secret; for 24 hours the former one signs too."""
        way = self.get_object()
        if way.kind != NotificationWay.WayKind.WEBHOOK:
            raise NotFound("Only a webhook has a secret.")
        rotated = _refuse_in_words(
            lambda: actions.rotate_secret(way.user_id, way.pk, now=timezone.now())
        )
        return Response(_show_new(rotated), headers=NO_STORE)


@extend_schema(tags=["notifications"], methods=["GET"], responses={200: PreferencesOut})
@extend_schema(
    tags=["notifications"],
    methods=["PATCH"],
    request=PreferencesChange,
    responses={200: PreferencesOut, 400: REASON},
)
@token_access(GET="read", PATCH="trade", key_tokens=False)
@api_view(["GET", "PATCH"])
def show_preferences(request: Request) -> Response:
    """Your quiet hours, and the categories that your list shows."""
    user_id = current_user(request).pk
    if request.method == "PATCH":
        body = PreferencesChange(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(PreferencesOut(change_preferences(user_id, **body.validated_data)).data)
    return Response(PreferencesOut(read_preferences(user_id)).data)


@extend_schema(tags=["notifications"], responses={200: PushKeyOut})
@token_access(GET="read", key_tokens=False)
@api_view(["GET"])
def show_push_key(request: Request) -> Response:
    """The public key with which a browser subscribes to Web Push."""
    return Response({"key": settings.VAPID_PUBLIC_KEY})


def _add_way(request: Request, fields: dict[str, Any]) -> actions.NewWay:
    user, name, kind = current_user(request), fields.pop("name"), fields.pop("kind")
    now = timezone.now()
    if kind == "web_push":
        subscription = fields.pop("subscription")
        return actions.add_browser(user, name, subscription, now=now, **fields)
    add = actions.add_webhook if kind == "webhook" else actions.add_service
    return add(user, name, fields.pop("url"), now=now, **fields)


def _refuse_in_words(act: Any) -> Any:
    try:
        return act()
    except actions.WayRefused as refused:
        raise ValidationError({refused.field: [refused.message]}) from None
    except BadAddress as bad:
        raise ValidationError({"url": [str(bad)]}) from None
    except (sealing.CannotSeal, sealing.BadSealingKey) as trouble:
        raise CannotSealNow(str(trouble)) from None


def _show_new(new: actions.NewWay) -> dict[str, Any]:
    return {**WayOut(new.way).data, "secret": new.secret}
