"""Venues by API: whether each may be asked, and the listen keys of those that have them."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exchanges.keys import listen_keys
from exchanges.limits import venue_status
from exchanges.models import ExchangeKey
from realtime.shapes import VenueData
from users.http import current_user
from users.rest import REASON, KnownFieldsOnly
from users.throttling import UserRate

LONGEST = 200


class VenueOut(serializers.BaseSerializer[VenueData]):
    shape = VenueData

    def to_representation(self, instance: VenueData) -> VenueData:
        return instance


MINE = OpenApiParameter("mine", bool, description="Only where you have an active key.")


@extend_schema(tags=["venues"], parameters=[MINE], responses={200: VenueOut(many=True)})
@api_view(["GET"])
def venues(request: Request) -> Response:
    """Which venues are served, and whether each may be asked now or is left alone until when."""
    now = timezone.now()
    if request.query_params.get("mine") != "true":
        return Response(venue_status.list_all(now=now))
    keys = ExchangeKey.objects.filter(user=current_user(request), is_active=True)
    return Response(venue_status.list_for_keys(keys, now=now))


class ListenKeyRate(UserRate):
    """Each one costs the venue's limit, which all users share."""

    scope = "listen_key"
    rate = "30/min"


class ListenKeyName(KnownFieldsOnly):
    listen_key = serializers.CharField(
        max_length=LONGEST,
        required=False,
        default="",
        help_text="Which; left out, the account's only one.",
    )


class ListenKeyOut(serializers.Serializer[Any]):
    listen_key = serializers.CharField()
    expires_at = serializers.DateTimeField(help_text="Extend it before that.")


class NoListenKey(APIException):
    """Its status says whose turn it is: 409 never, 503 later, 504 nobody has answered yet."""

    def __init__(self, trouble: listen_keys.Trouble) -> None:
        super().__init__(str(trouble), code=type(trouble).__name__.lower())
        self.status_code = STATUSES[type(trouble)]


STATUSES: dict[type[listen_keys.Trouble], int] = {
    listen_keys.NotHere: status.HTTP_409_CONFLICT,
    listen_keys.Refused: status.HTTP_409_CONFLICT,
    listen_keys.NotNow: status.HTTP_503_SERVICE_UNAVAILABLE,
    listen_keys.NoAnswer: status.HTTP_504_GATEWAY_TIMEOUT,
}
TROUBLES = {404: REASON, 409: REASON, 429: REASON, 503: REASON, 504: REASON}


@extend_schema(tags=["venues"])
class ListenKeyView(APIView):
    """A listen key opens the venue's own stream of your account to whoever has it: keep it secret.

    Fillwatch follows that stream itself; your own client does better with `/ws/` here.
    """

    throttle_classes = [ListenKeyRate]

    @extend_schema(request=None, responses={200: ListenKeyOut} | TROUBLES)
    def post(self, request: Request, key: int) -> Response:
        """Open the account's stream, or name the listen key that is open already."""
        return self._answer(request, key, "create")

    @extend_schema(request=ListenKeyName, responses={200: ListenKeyOut} | TROUBLES)
    def put(self, request: Request, key: int) -> Response:
        """Keep it open for as long again."""
        return self._answer(request, key, "keep")

    @extend_schema(
        request=ListenKeyName,
        responses={204: OpenApiResponse(description="Closed")} | TROUBLES,
    )
    def delete(self, request: Request, key: int) -> Response:
        """Close it. Fillwatch, if it follows the same stream, opens a new one."""
        self._answer(request, key, "close")
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _answer(self, request: Request, number: int, act: listen_keys.Act) -> Response:
        key = get_object_or_404(ExchangeKey, pk=number, user=current_user(request))
        name = ListenKeyName(data=request.data)
        name.is_valid(raise_exception=True)
        try:
            answer = listen_keys.ask(key, act, name.validated_data["listen_key"])
        except listen_keys.Trouble as trouble:
            raise NoListenKey(trouble) from None
        return Response(ListenKeyOut(answer).data)
