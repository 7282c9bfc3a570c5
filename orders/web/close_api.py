"""Close the position of a symbol by API."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges.models import Position
from orders import placement
from orders.close_position import CloseUnderWay, NoPosition, close_position
from orders.web.idempotency import IDEMPOTENCY, read_idempotency_key
from orders.web.serializers import OrderSerializer, TradableKeyField
from users.api_tokens.access import token_access
from users.http import current_user
from users.rest import REASON, Conflict, KnownFieldsOnly
from users.strict.views import api_view


class ClosePosition(KnownFieldsOnly):
    key = TradableKeyField()
    symbol = serializers.CharField(max_length=40)
    side = serializers.ChoiceField(
        Position.Side.choices, required=False, default="", help_text="Where there are two"
    )
    cancel_orders = serializers.BooleanField(
        default=False,
        help_text="Cancel the open orders of this key and symbol too: they may open it anew",
    )


@extend_schema(
    tags=["holdings"],
    request=ClosePosition,
    parameters=[IDEMPOTENCY],
    responses={201: OrderSerializer, 200: OrderSerializer, 400: REASON, 404: REASON, 409: REASON},
)
@token_access(POST="trade", key_tokens=True)
@api_view(["POST"])
def close_by_symbol(request: Request) -> Response:
    """Close the futures position of a symbol with a reduce-only market order, as a whole.

    404: nothing is held. 409: an order that closes it is on its way.
    """
    body = ClosePosition(data=request.data, context={"request": request})
    body.is_valid(raise_exception=True)
    now, name = timezone.now(), read_idempotency_key(request)
    try:
        order = close_position(
            user=current_user(request), now=now, idempotency_key=name, **body.validated_data
        )
    except placement.OrderDenied as denied:
        raise ValidationError({denied.field: [denied.message]}) from None
    except NoPosition as error:
        raise NotFound(str(error)) from None
    except (CloseUnderWay, placement.IdempotencyConflict) as conflict:
        raise Conflict(str(conflict)) from None
    is_new = order.created_at == now
    code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
    return Response(OrderSerializer(order).data, status=code)
