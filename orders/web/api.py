"""The orders API: list, place, cancel, history. Answers come from the database, not from venues."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers, status
from rest_framework.decorators import action, throttle_classes
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from exchanges.models import ExchangeKey
from orders import placement
from orders.changes.amend import CannotAmend, amend_order
from orders.checks import on_demand
from orders.lifecycle.states import OPEN
from orders.models import Fill, Order
from orders.payloads import change_data
from orders.sharing.acting_user import describe_actor, find_order_refusal
from orders.web.filters import FillFilter, OrderFilter
from orders.web.idempotency import IDEMPOTENCY, read_idempotency_key
from orders.web.serializers import (
    AmendSerializer,
    CancelAllResultSerializer,
    CancelAllSerializer,
    FillSerializer,
    NewOrderSerializer,
    OrderChangeSerializer,
    OrderSerializer,
)
from users.api_tokens.access import filter_by_keys, token_access
from users.http import current_user
from users.rest import REASON, Conflict, NewestFirst
from users.sharing.access import visible_rows
from users.strict.views import KnownParametersOnly, api_view
from users.throttling import UserRate

RESYNC = inline_serializer("Resync", {"pending": serializers.IntegerField()})


@extend_schema(tags=["orders"])
@token_access(GET="read", POST="trade", key_tokens=True)
class OrderViewSet(KnownParametersOnly, ReadOnlyModelViewSet[Order]):
    queryset = Order.objects.none()
    serializer_class = OrderSerializer
    pagination_class = NewestFirst
    filterset_class = OrderFilter
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[Order]:
        orders = visible_rows(Order.objects.all(), self.request)
        return orders.select_related("key", "bot", "order_group")

    def _get_order_to_change(self) -> Order:
        """Return the order if this person may change it, before the body is read."""
        order = self.get_object()
        if refusal := find_order_refusal(current_user(self.request), order):
            raise PermissionDenied({"detail": refusal.message, "code": refusal.code})
        return order

    @extend_schema(
        request=NewOrderSerializer,
        parameters=[IDEMPOTENCY],
        responses={201: OrderSerializer, 200: OrderSerializer, 400: REASON, 409: REASON},
    )
    def create(self, request: Request) -> Response:
        """Write the intent down and answer at once; the venue's answer follows as an event."""
        body = NewOrderSerializer(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        name = read_idempotency_key(request)
        now = timezone.now()
        try:
            order = placement.place_order(
                user=current_user(request),
                request=placement.PlacementRequest(**body.validated_data, idempotency_key=name),
                now=now,
            )
        except placement.OrderDenied as denied:
            raise ValidationError({denied.field: [denied.message]}) from None
        except placement.IdempotencyConflict as conflict:
            raise Conflict(str(conflict)) from None
        is_new = order.created_at == now
        return Response(
            OrderSerializer(order).data,
            status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK,
        )

    @extend_schema(request=None, responses={202: OrderSerializer, 404: REASON, 409: REASON})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Ask the venue to cancel; the order ends when the venue says so."""
        order = self._get_order_to_change()
        if order.status not in OPEN:
            raise Conflict(f"This order has already ended: {order.ended_reason or order.status}.")
        try:
            actor = describe_actor(current_user(request), owner_id=order.user_id)
            order = placement.cancel_order(order, **actor, now=timezone.now())
        except placement.OrderIsExternal as error:
            raise Conflict(str(error)) from None
        return Response(OrderSerializer(order).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={200: OrderSerializer, 404: REASON, 409: REASON})
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """End an order here of which its venue cannot say any more how it ended.

        Such an order has the status unknown, and its reason says why: its symbol was delisted, or
        it is older than what its venue keeps. Should its venue find it after all, that counts.
        """
        order = self._get_order_to_change()
        actor = describe_actor(current_user(request), owner_id=order.user_id)
        try:
            order = placement.close_order(order, **actor, now=timezone.now())
        except placement.OrderNotClosable as error:
            raise Conflict(str(error)) from None
        return Response(OrderSerializer(order).data)

    @extend_schema(
        request=AmendSerializer,
        responses={202: OrderSerializer, 400: REASON, 404: REASON, 409: REASON},
    )
    @action(detail=True, methods=["post"])
    def amend(self, request: Request, pk: str) -> Response:
        """Ask the venue for other prices or another amount; the order changes when it says so.

        The amount counts what is filled already.
        """
        order, body = self._get_order_to_change(), AmendSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        actor = describe_actor(current_user(request), owner_id=order.user_id)
        try:
            order = amend_order(order, **body.validated_data, **actor, now=timezone.now())
        except placement.OrderDenied as denied:
            raise ValidationError({denied.field: [denied.message]}) from None
        except (placement.OrderIsExternal, CannotAmend) as error:
            raise Conflict(str(error)) from None
        return Response(OrderSerializer(order).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        request=CancelAllSerializer, responses={202: CancelAllResultSerializer, 400: REASON}
    )
    @action(detail=False, methods=["post"], url_path="cancel-all")
    def cancel_all(self, request: Request) -> Response:
        """Ask for the end of every open order, or of those at one key or symbol.

        Orders of a key that is shared with you are only cancelled if you name that key.
        Bots do not go on without their orders, so those that had some stop; the answer names them.
        """
        body = CancelAllSerializer(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        key, symbol = body.validated_data["key"], body.validated_data["symbol"]
        user, key_id = current_user(request), key.pk if key else None
        orders = placement.select_open_orders(user, key_id=key_id, symbol=symbol)
        orders = filter_by_keys(orders, request)
        bots = [{"id": pk, "name": name} for pk, name in placement.list_bots_at_work(orders)]
        actor = describe_actor(user, owner_id=key.user_id if key else user.pk)
        asked = placement.cancel_open_orders(orders, **actor, now=timezone.now())
        left = placement.count_uncancelled(orders)
        data = {"requested": len(asked), "left": left, "bots": bots}
        return Response(data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses={200: OrderChangeSerializer(many=True), 404: REASON})
    @action(detail=True, filterset_class=None, pagination_class=None)
    def history(self, request: Request, pk: str) -> Response:
        """Every step of one order: what became true, who or what said so, and why."""
        return Response([change_data(change) for change in self.get_object().changes.all()])


@extend_schema(tags=["orders"])
@token_access(GET="read", key_tokens=True)
class FillViewSet(KnownParametersOnly, ReadOnlyModelViewSet[Fill]):
    queryset = Fill.objects.none()
    serializer_class = FillSerializer
    pagination_class = NewestFirst
    filterset_class = FillFilter
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[Fill]:
        return visible_rows(Fill.objects.all(), self.request)


class ResyncRate(UserRate):
    """Ten a minute, since each resync spends the venue's rate limit that all users share."""

    scope = "resync"
    rate = "10/min"


@extend_schema(
    tags=["keys"],
    request=None,
    responses={202: OpenApiResponse(RESYNC), 404: REASON, 409: REASON, 503: REASON},
)
@token_access(POST="trade", key_tokens=True)
@api_view(["POST"])
@throttle_classes([ResyncRate])
def resync_key(request: Request, pk: int) -> Response:
    """Compare everything pending of a key with its venue now; changes come as events."""
    keys = ExchangeKey.objects.tradable_by(request.user.pk)
    key = get_object_or_404(filter_by_keys(keys, request, "pk"), pk=pk)
    if not key.is_active:
        raise Conflict(f"The key “{key.label}” is switched off, so its venue is not asked.")
    try:
        pending = on_demand.request_check(key)
    except on_demand.QueueUnreachable as error:
        return Response({"detail": str(error)}, status=status.HTTP_503_SERVICE_UNAVAILABLE)
    return Response({"pending": pending}, status=status.HTTP_202_ACCEPTED)
