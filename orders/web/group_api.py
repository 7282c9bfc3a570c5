"""The API of orders that belong together: two exits at once, a group with its orders, its end."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from orders.groups import actions
from orders.models import OrderGroup
from orders.payloads import order_data
from orders.placement import IdempotencyConflict, OrderDenied
from orders.sharing.acting_user import describe_actor, find_refusal
from orders.web.idempotency import IDEMPOTENCY, read_idempotency_key
from orders.web.serializers import GroupSerializer, OcoSerializer
from users.api_tokens.access import token_access
from users.http import current_user
from users.rest import REASON, Conflict
from users.sharing.access import visible_rows
from users.sharing.rows import list_tradable
from users.strict.views import api_view


@extend_schema(
    tags=["orders"],
    request=OcoSerializer,
    parameters=[IDEMPOTENCY],
    responses={201: GroupSerializer, 200: GroupSerializer, 400: REASON, 409: REASON},
)
@token_access(POST="trade", key_tokens=True)
@api_view(["POST"])
def place_oco(request: Request) -> Response:
    """Place a take profit and a stop loss for one quantity: the first that fills ends the other.

    On futures both only reduce the position. The answer comes at once, the venue's as events.
    """
    body = OcoSerializer(data=request.data, context={"request": request})
    body.is_valid(raise_exception=True)
    name, now = read_idempotency_key(request), timezone.now()
    wanted = actions.OcoRequest(**body.validated_data, idempotency_key=name)
    try:
        group = actions.place_oco(user=current_user(request), request=wanted, now=now)
    except OrderDenied as denied:
        raise ValidationError({denied.field: [denied.message]}) from None
    except IdempotencyConflict as conflict:
        raise Conflict(str(conflict)) from None
    is_new = group.created_at == now
    code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
    return Response(_build_group(group), status=code)


@extend_schema(tags=["orders"], responses={200: GroupSerializer, 404: REASON})
@token_access(GET="read", key_tokens=True)
@api_view(["GET"])
def show_group(request: Request, pk: int) -> Response:
    """A group with its state, and its orders from the first to the latest."""
    return Response(_build_group(get_object_or_404(_select_groups(request), pk=pk)))


@extend_schema(
    tags=["orders"],
    request=None,
    responses={202: GroupSerializer, 404: REASON, 409: REASON},
)
@token_access(POST="trade", key_tokens=True)
@api_view(["POST"])
def cancel_group(request: Request, pk: int) -> Response:
    """Ask for the end of all orders of a group; what its entry brought then has no exit."""
    group = get_object_or_404(_select_groups(request), pk=pk)
    user = current_user(request)
    may_trade = group.user_id == user.pk or group.key_id in list_tradable(user.pk)
    if refusal := find_refusal(may_trade=may_trade, has_bot=False):
        raise PermissionDenied({"detail": refusal.message, "code": refusal.code})
    try:
        actor = describe_actor(user, owner_id=group.user_id)
        group = actions.cancel_group(group, member_id=actor["member_id"], now=timezone.now())
    except actions.GroupHasEnded as ended:
        raise Conflict(str(ended)) from None
    return Response(_build_group(group), status=status.HTTP_202_ACCEPTED)


def _select_groups(request: Request) -> QuerySet[OrderGroup]:
    return visible_rows(OrderGroup.objects.all(), request)


def _build_group(group: OrderGroup) -> dict[str, Any]:
    orders = group.legs.select_related("key", "bot", "order_group").order_by("pk")
    return {
        "id": group.pk,
        "kind": group.kind,
        "state": group.state,
        "note": group.note,
        "orders": [order_data(order) for order in orders],
    }
