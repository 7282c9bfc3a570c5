"""Listen keys by API."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges.keys import listen_keys
from exchanges.models import ExchangeKey
from exchanges.worker_calls import RESPONSES, CallError, CallFailed
from users.api_tokens.access import filter_by_keys, token_access
from users.http import current_user
from users.rest import KnownFieldsOnly
from users.strict.views import KnownParametersOnly
from users.throttling import UserRate

MAX_LENGTH = 200


class ListenKeyRate(UserRate):
    """Each one costs the venue's limit, which all users share."""

    scope = "listen_key"
    rate = "30/min"


class ListenKeyName(KnownFieldsOnly):
    listen_key = serializers.CharField(
        max_length=MAX_LENGTH,
        required=False,
        default="",
        help_text="Which; left out, the account's only one.",
    )


class ListenKeyOut(serializers.Serializer[Any]):
    listen_key = serializers.CharField()
    expires_at = serializers.DateTimeField(help_text="Extend it before that.")


@extend_schema(tags=["venues"])
@token_access(POST="trade", PUT="trade", DELETE="trade", key_tokens=True)
class ListenKeyView(KnownParametersOnly):
    """A listen key opens the venue's own stream of your account to whoever has it: keep it secret.

    Fillwatch follows that stream itself; your own client does better with `/ws/` here.
    """

    throttle_classes = [ListenKeyRate]

    @extend_schema(request=None, responses={200: ListenKeyOut} | RESPONSES)
    def post(self, request: Request, key: int) -> Response:
        """Open the account's stream, or name the listen key that is open already."""
        return self._manage_listen_key(request, key, "create")

    @extend_schema(request=ListenKeyName, responses={200: ListenKeyOut} | RESPONSES)
    def put(self, request: Request, key: int) -> Response:
        """Keep it open for as long again."""
        return self._manage_listen_key(request, key, "keep")

    @extend_schema(
        request=ListenKeyName,
        responses={204: OpenApiResponse(description="Closed")} | RESPONSES,
    )
    def delete(self, request: Request, key: int) -> Response:
        """Close it; refused (409) while Fillwatch follows the same stream by it."""
        self._manage_listen_key(request, key, "close")
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _manage_listen_key(self, request: Request, number: int, act: listen_keys.Act) -> Response:
        own_keys = ExchangeKey.objects.filter(user=current_user(request))
        key = get_object_or_404(filter_by_keys(own_keys, request, "pk"), pk=number)
        name = ListenKeyName(data=request.data)
        name.is_valid(raise_exception=True)
        try:
            answer = listen_keys.manage_listen_key(key, act, name.validated_data["listen_key"])
        except CallError as error:
            raise CallFailed(error) from None
        return Response(ListenKeyOut(answer).data)
