"""Serializers of the orders API; its output has the shape of the events."""

from decimal import Decimal
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.plumbing import resolve_type_hint
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from exchanges.models import ExchangeKey
from orders.lifecycle.exits import Exits, ExitTerms
from orders.lifecycle.groups import EXITS
from orders.models import MarginMode, OrderGroup, OrderType, PositionSide, Side, TimeInForce
from orders.payloads import ChangeData, change_data, order_data, trade_data
from realtime.shapes.events import OrderData, TradeData
from users.api_tokens.access import filter_by_keys
from users.rest import KnownFieldsOnly, make_shape_serializer
from users.strict.fields import AmountField, OwnRowField, PercentField, WholeNumberField

POSITION_SIDES = [PositionSide.LONG, PositionSide.SHORT]

OrderSerializer = make_shape_serializer(OrderData, order_data)
FillSerializer = make_shape_serializer(TradeData, trade_data)
OrderChangeSerializer = make_shape_serializer(ChangeData, change_data)


class ShapeInSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Read the OpenAPI schema off the typed shapes of the events."""

    target_class = serializers.BaseSerializer
    match_subclasses = True
    priority = -1

    @classmethod
    def _matches(cls, target: Any) -> bool:
        return hasattr(target, "shape")

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        return str(self.target.shape.__name__.removesuffix("Data"))

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        return resolve_type_hint(self.target.shape)  # type: ignore[no-untyped-call]


class TradableKeyField(OwnRowField):
    """A key of the current user, or one shared to trade with; no other exists here."""

    default_error_messages = {"does_not_exist": "There is no such key."}

    def get_queryset(self) -> Any:
        request = self.context["request"]
        return filter_by_keys(ExchangeKey.objects.tradable_by(request.user.pk), request, "pk")


class OwnKeyField(TradableKeyField):
    """A key of the current user, for what is never done with a key of others."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(user=self.context["request"].user)


class OwnBotField(OwnRowField):
    default_error_messages = {"does_not_exist": "There is no such bot."}

    def get_queryset(self) -> Any:
        request = self.context["request"]
        return filter_by_keys(request.user.bots.all(), request)


class ExitSerializer(KnownFieldsOnly):
    trigger_price = AmountField()
    price = AmountField(
        required=False, allow_null=True, default=None, help_text="Its limit; null is at market"
    )

    def to_internal_value(self, data: Any) -> Any:
        return ExitTerms(**super().to_internal_value(data))


class WithExits(KnownFieldsOnly):
    """A body with a take profit and a stop loss, read as the exits of one request."""

    take_profit = ExitSerializer(required=False, allow_null=True, default=None)
    stop_loss = ExitSerializer(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = {role: attrs.pop(role) for role in EXITS}
        return {**attrs, "exits": Exits(**given)}


class NewOrderSerializer(WithExits):
    key = TradableKeyField()
    bot = OwnBotField(required=False, allow_null=True, default=None)
    symbol = serializers.CharField(max_length=40)
    side = serializers.ChoiceField(Side.choices)
    type = serializers.ChoiceField(OrderType.choices)
    time_in_force = serializers.ChoiceField(TimeInForce.choices, default=TimeInForce.GTC)
    quantity = AmountField(required=False, allow_null=True, default=None)
    quote_amount = AmountField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Instead of the quantity, of a spot market order: what it spends or brings",
    )
    price = AmountField(required=False, allow_null=True, default=None)
    trigger_price = AmountField(required=False, allow_null=True, default=None)
    trailing_percent = PercentField(required=False, allow_null=True, default=None)
    good_till = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="Of GTD: when it ends by itself"
    )
    reduce_only = serializers.BooleanField(default=False)
    position_side = serializers.ChoiceField(
        POSITION_SIDES,
        allow_blank=True,
        default="",
        help_text="Of a futures account in hedge mode: the position that it changes",
    )
    leverage = WholeNumberField(required=False, allow_null=True, default=None)
    margin_mode = serializers.ChoiceField(MarginMode.choices, allow_blank=True, default="")

    def validate_quantity(self, quantity: Decimal | None) -> Decimal:
        return quantity or Decimal(0)


class OcoSerializer(WithExits):
    key = TradableKeyField()
    symbol = serializers.CharField(max_length=40)
    side = serializers.ChoiceField(Side.choices)
    position_side = serializers.ChoiceField(
        POSITION_SIDES,
        allow_blank=True,
        default="",
        help_text="Of a futures account in hedge mode: the position that it changes",
    )
    quantity = AmountField()
    take_profit = ExitSerializer()
    stop_loss = ExitSerializer()


class GroupSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(OrderGroup.Kind.choices)
    state = serializers.ChoiceField(OrderGroup.State.choices)
    note = serializers.CharField(help_text="What to know about its state")
    orders = OrderSerializer(many=True)


class AmendSerializer(KnownFieldsOnly):
    price = AmountField(required=False, allow_null=True, default=None)
    trigger_price = AmountField(
        required=False, allow_null=True, default=None, help_text="Of a stop loss or take profit"
    )
    quantity = AmountField(
        required=False, allow_null=True, default=None, help_text="With what is filled already"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not any(attrs.values()):
            raise serializers.ValidationError("A price, a trigger price or a quantity is needed.")
        return attrs


class CancelAllSerializer(KnownFieldsOnly):
    key = TradableKeyField(required=False, default=None)
    symbol = serializers.CharField(max_length=40, required=False, default=None)


class StoppingBot(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


@extend_schema_serializer(component_name="Requested")
class CancelAllResultSerializer(serializers.Serializer[Any]):
    requested = serializers.IntegerField(help_text="How many cancels were asked for, 1,000 at most")
    left = serializers.IntegerField(help_text="How many stay open: ask again")
    bots = StoppingBot(
        many=True, help_text="Bots that ran with these orders: each stops when one of them ends"
    )
