"""Asking anew, on demand: a worker compares everything pending of a key with its venue."""

from typing import cast

from celery import current_app
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from kombu.exceptions import OperationalError
from rest_framework import serializers, status
from rest_framework.decorators import api_view, throttle_classes
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges.models import ExchangeKey
from orders.models import IS_OPEN, LACKS_FILLS, Order
from users.models import User
from users.rest import REASON, Conflict
from users.throttling import UserRate

ANSWER = inline_serializer("Resync", {"pending": serializers.IntegerField()})


class QueueAway(Exception):
    """No worker can be told; nothing was asked."""


class ResyncRate(UserRate):
    """Each one costs the venue's limit, which all users share."""

    scope = "resync"
    rate = "10/min"


def request(key: ExchangeKey) -> int:
    """Hand it on; says about how many orders the venue will be asked."""
    try:
        current_app.send_task("orders.check_key", args=[key.pk], retry=False)
        current_app.send_task("exchanges.refresh_holdings", args=[key.pk], retry=False)
    except OperationalError as error:
        raise QueueAway("the task queue cannot be reached; is Redis running?") from error
    return Order.objects.filter(IS_OPEN | LACKS_FILLS, key=key).count()


@extend_schema(
    tags=["keys"],
    request=None,
    responses={202: OpenApiResponse(ANSWER), 404: REASON, 409: REASON, 503: REASON},
)
@api_view(["POST"])
@throttle_classes([ResyncRate])
def view(asked: Request, pk: int) -> Response:
    """Compare everything pending of a key with its venue now; changes come as events."""
    key = get_object_or_404(ExchangeKey, pk=pk, user=cast(User, asked.user))
    if not key.is_active:
        raise Conflict(f"The key “{key.label}” is switched off, so its venue is not asked.")
    try:
        return Response({"pending": request(key)}, status=status.HTTP_202_ACCEPTED)
    except QueueAway as away:
        return Response({"detail": str(away)}, status=status.HTTP_503_SERVICE_UNAVAILABLE)
