"""The API of the limits that all bots of a user share, and of how much of them is used."""

from collections import defaultdict
from decimal import Decimal
from typing import Any, Final

from django.db.models import Sum
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bots.models import Bot, BotLimits
from bots.running import limits
from exchanges.instruments import profit_currency
from orders.models import IS_OPEN, Order
from realtime.values import format_money
from users.api_tokens.access import token_access
from users.http import current_user
from users.rest import REASON, KnownFieldsOnly
from users.strict.fields import AmountField, WholeNumberField
from users.strict.views import api_view

MOST_CURRENCIES: Final = 50
CURRENCY: Final = r"^[A-Z0-9]{1,20}$"


class ChangedLimits(KnownFieldsOnly):
    most_running = WholeNumberField(min_value=0, max_value=10_000)
    most_orders = WholeNumberField(min_value=0, max_value=100_000)
    budgets = serializers.DictField(
        child=AmountField(), help_text="By quote currency; all of them are replaced"
    )

    def validate_budgets(self, serializer: dict[str, Decimal]) -> dict[str, str]:
        if len(serializer) > MOST_CURRENCIES:
            raise serializers.ValidationError(f"At most {MOST_CURRENCIES} currencies.")
        name = serializers.RegexField(CURRENCY)
        return {
            name.run_validation(currency): format_money(amount)
            for currency, amount in serializer.items()
        }


class BoundOut(serializers.Serializer[Any]):
    currency = serializers.CharField()
    simulated = serializers.BooleanField()
    bound = serializers.CharField()


class LimitsOut(serializers.ModelSerializer[BotLimits]):
    """Bots that exceed a limit already go on, and place nothing more."""

    budgets = serializers.DictField(child=serializers.CharField())
    running = serializers.SerializerMethodField(help_text="Bots that run now")
    orders = serializers.SerializerMethodField(help_text="Open orders of all bots now")
    bound = serializers.SerializerMethodField(help_text="As bots found it at their last look")

    class Meta:
        model = BotLimits
        fields = ["most_running", "most_orders", "budgets", "running", "orders", "bound"]

    def get_running(self, bot_limits: BotLimits) -> int:
        return Bot.objects.filter(limits.RUNS_OR_RESTARTS, user=bot_limits.user_id).count()

    def get_orders(self, bot_limits: BotLimits) -> int:
        return Order.objects.filter(IS_OPEN, user=bot_limits.user_id, bot__isnull=False).count()

    @extend_schema_field(BoundOut(many=True))
    def get_bound(self, bot_limits: BotLimits) -> list[dict[str, Any]]:
        active = Bot.objects.filter(limits.ACTIVE, user=bot_limits.user_id).order_by()
        bound_by_kind = defaultdict[tuple[str, bool], Decimal](Decimal)
        sums = active.values_list("symbol", "key__is_paper").annotate(Sum("bound"))
        for symbol, paper, bound in sums:
            bound_by_kind[profit_currency(symbol), paper] += bound
        return [
            {"currency": currency, "simulated": paper, "bound": format_money(bound)}
            for (currency, paper), bound in sorted(bound_by_kind.items())
        ]


@extend_schema(tags=["bots"], methods=["GET"], responses={200: LimitsOut})
@extend_schema(
    tags=["bots"], methods=["PATCH"], request=ChangedLimits, responses={200: LimitsOut, 400: REASON}
)
@token_access(GET="read", PATCH="trade", key_tokens=False)
@api_view(["GET", "PATCH"])
def shared_limits(request: Request) -> Response:
    """The limits of all your bots together, in addition to the limits of each."""
    user = current_user(request)
    if request.method == "PATCH":
        serializer = ChangedLimits(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        limits.change_limits(user, serializer.validated_data)
    return Response(LimitsOut(limits.for_user(user)).data)
