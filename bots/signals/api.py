"""The API of signals, of the user's hook and of the auto-trade settings."""

from typing import Any

import django_filters
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from bots.models import AutoTrade, Hook, Signal
from bots.signals import auto_trade as signals_auto_trade
from bots.signals import execute as signals_execute
from bots.signals import hooks, record
from bots.signals.record import signal_data
from bots.strategies.settings import InvalidSettings
from orders.web.serializers import OwnBotField
from realtime.shapes.events import SignalData
from users.api_tokens.access import token_access
from users.http import current_user
from users.rest import REASON, Conflict, KnownFieldsOnly, OwnRows
from users.sign_in.recent import is_recent_call
from users.strict.fields import AmountField, WholeNumberField
from users.strict.views import api_view


class SignalOut(serializers.BaseSerializer[Signal]):
    shape = SignalData

    def to_representation(self, instance: Signal) -> SignalData:
        return signal_data(instance)


class Execution(KnownFieldsOnly):
    bot = OwnBotField(required=False, allow_null=True, default=None)


class SignalFilter(django_filters.FilterSet):  # type: ignore[misc]
    status = django_filters.MultipleChoiceFilter(choices=Signal.Status.choices)
    symbol = django_filters.CharFilter(lookup_expr="iexact")
    source = django_filters.CharFilter()

    class Meta:
        model = Signal
        fields: list[str] = []


@extend_schema(tags=["signals"])
@token_access(GET="read", POST="trade", key_tokens=False)
class SignalViewSet(OwnRows[Signal]):
    """Your signals, the newest first."""

    queryset = Signal.objects.all()
    serializer_class = SignalOut
    filterset_class = SignalFilter

    def handle_exception(self, exc: Exception) -> Response:
        settled = isinstance(exc, record.AlreadySettled)
        return super().handle_exception(Conflict(str(exc)) if settled else exc)

    @extend_schema(
        request=Execution, responses={200: SignalOut, 400: REASON, 404: REASON, 409: REASON}
    )
    @action(detail=True, methods=["post"])
    def execute(self, request: Request, pk: str) -> Response:
        """Have a manual bot act on this signal, at most once. `status` says whether it could."""
        serializer = Execution(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        signal_id, bot = self.get_object().pk, serializer.validated_data["bot"]
        signal = signals_execute.execute_signal(signal_id, bot=bot, now=timezone.now())
        return Response(signal_data(signal))

    @extend_schema(request=None, responses={200: SignalOut, 404: REASON, 409: REASON})
    @action(detail=True, methods=["post"])
    def ignore(self, request: Request, pk: str) -> Response:
        """Put this signal aside: it stays in the list, and no bot acts on it."""
        signal = signals_execute.ignore_signal(self.get_object().pk, now=timezone.now())
        return Response(signal_data(signal))


class HookOut(serializers.Serializer[Any]):
    url = serializers.CharField()
    secret = serializers.CharField(
        allow_null=True,
        help_text="Null, unless you signed in with this token or session in the last quarter of an"
        " hour. In the body, or for `X-Signature: sha256=<hex>`, the HMAC-SHA256 with it of "
        "`<X-Timestamp>.<body>`, where `X-Timestamp` is now, in whole seconds.",
    )
    former_until = serializers.DateTimeField(allow_null=True)
    heard_at = serializers.DateTimeField(allow_null=True)


@extend_schema(tags=["signals"], responses={200: HookOut})
@api_view(["GET"])
def show_hook(request: Request) -> Response:
    """The address of your webhook, and the secret that authenticates its senders."""
    return _hook_response(request, hooks.for_user(current_user(request).pk))


@extend_schema(tags=["signals"], request=None, responses={200: HookOut})
@api_view(["POST"])
def rotate_secret(request: Request) -> Response:
    """A new secret; the one before is taken for another hour."""
    hook = hooks.rotate_secret(current_user(request).pk, now=timezone.now())
    return _hook_response(request, hook)


@extend_schema(tags=["signals"], request=None, responses={200: HookOut})
@api_view(["POST"])
def move_hook(request: Request) -> Response:
    """A new address with a new secret; nothing is heard at the one before from this moment on."""
    return _hook_response(request, hooks.move_hook(current_user(request).pk))


def _hook_response(request: Request, hook: Hook) -> Response:
    return Response(
        {
            "url": request.build_absolute_uri(reverse("hook", args=[hook.name])),
            "secret": hooks.derive_secret(hook) if is_recent_call(request) else None,
            "former_until": hook.former_until,
            "heard_at": hook.heard_at,
        },
        headers={"Cache-Control": "no-store"},
    )


class AutoTradeOut(KnownFieldsOnly, serializers.ModelSerializer[AutoTrade]):
    bot = OwnBotField(required=False, allow_null=True)
    symbols = serializers.ListField(
        child=serializers.CharField(max_length=40),
        max_length=100,
        help_text="Only these, as BTC/USDT or BTCUSDT; an empty list: all.",
    )
    amount = AmountField(required=False, allow_null=True, help_text="Null: as the bot is set")
    per_day = WholeNumberField(
        min_value=0, max_value=1000, help_text="Opens so many positions in 24 hours at most"
    )

    class Meta:
        model = AutoTrade
        fields = list(signals_auto_trade.SETTINGS)


@extend_schema(tags=["signals"], request=AutoTradeOut, responses={200: AutoTradeOut, 400: REASON})
@token_access(GET="read", PATCH="trade", key_tokens=False)
@api_view(["GET", "PATCH"])
def auto_trade_settings(request: Request) -> Response:
    """The automatic execution of your signals. Switched on, it only tests at first."""
    user_id = current_user(request).pk
    auto_trade = signals_auto_trade.for_user(user_id)
    if request.method == "PATCH":
        serializer = AutoTradeOut(
            auto_trade, request.data, partial=True, context={"request": request}
        )
        serializer.is_valid(raise_exception=True)
        changes, now = serializer.validated_data, timezone.now()
        try:
            auto_trade = signals_auto_trade.change_settings(user_id, changes, now=now)
        except InvalidSettings as error:
            raise ValidationError({name: [text] for name, text in error.errors.items()}) from None
    return Response(AutoTradeOut(auto_trade).data)
