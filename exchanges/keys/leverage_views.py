"""Leverage by API and by page."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import throttle_classes
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges.keys import leverage
from exchanges.keys.call_errors import CallFailed
from exchanges.keys.leverage import MARGIN_MODES, MAX_LEVERAGE
from exchanges.models import ExchangeKey
from exchanges.venues import MarketKind
from exchanges.worker_calls import CallError
from users.api_tokens.access import filter_by_keys, token_access
from users.http import current_user
from users.rest import REASON, KnownFieldsOnly
from users.strict.fields import WholeNumberField
from users.strict.views import api_view
from users.throttling import UserRate


class LeverageRate(UserRate):
    """Each one costs the venue's limit, which all users share."""

    scope = "leverage"
    rate = "30/min"


@extend_schema_serializer(component_name="LeverageWish")  # its public name
class LeverageChange(KnownFieldsOnly):
    symbol = serializers.CharField(max_length=40)
    leverage = WholeNumberField(min_value=1, max_value=MAX_LEVERAGE)
    margin_mode = serializers.ChoiceField(MARGIN_MODES, default="cross")


class LeverageOut(serializers.Serializer[Any]):
    ok = serializers.BooleanField(help_text="Whether the venue has it so now")
    message = serializers.CharField()


@extend_schema(
    tags=["keys"],
    request=LeverageChange,
    responses={200: LeverageOut, 400: REASON, 404: REASON, 409: REASON, 503: REASON, 504: REASON},
)
@token_access(POST="trade", key_tokens=True)
@api_view(["POST"])
@throttle_classes([LeverageRate])
def by_api(request: Request, pk: int) -> Response:
    """Set leverage and margin mode of one symbol at the venue; told as `leverage_set` as well."""
    own_keys = ExchangeKey.objects.filter(user=current_user(request))
    key = get_object_or_404(filter_by_keys(own_keys, request, "pk"), pk=pk)
    serializer = LeverageChange(data=request.data)
    serializer.is_valid(raise_exception=True)
    try:
        answer = leverage.change_leverage(
            key, leverage.LeverageRequest(**serializer.validated_data)
        )
    except CallError as error:
        raise CallFailed(error) from None
    return Response(LeverageOut(answer).data)


class LeverageForm(forms.Form):
    symbol = forms.CharField(max_length=40, widget=forms.TextInput(attrs={"list": "symbols"}))
    leverage = forms.IntegerField(min_value=1, max_value=MAX_LEVERAGE)
    margin_mode = forms.ChoiceField(label="Margin", choices=MARGIN_MODES)


@login_required
@require_http_methods(["GET", "POST"])
def by_page(request: HttpRequest, key_id: int) -> HttpResponse:
    own_keys = ExchangeKey.objects.filter(user=current_user(request), market=MarketKind.FUTURES)
    key = get_object_or_404(own_keys, pk=key_id)
    form = LeverageForm(request.POST or None)
    if form.is_valid() and _try_change(request, key, leverage.LeverageRequest(**form.cleaned_data)):
        return redirect("keys")
    context = {
        "page": "keys",
        "key": key,
        "form": form,
        "symbols": leverage.list_symbols(key)[:500],
    }
    return render(request, "keys/leverage.html", context, status=422 if form.is_bound else 200)


def _try_change(request: HttpRequest, key: ExchangeKey, change: leverage.LeverageRequest) -> bool:
    if not LeverageRate().allow_request(request, None):
        reason = "Each change costs the venue's limit, which all share. Wait a minute."
        messages.warning(request, reason)
        return False
    try:
        answer = leverage.change_leverage(key, change)
    except CallError as error:
        messages.warning(request, str(error))
        return False
    level = messages.SUCCESS if answer["ok"] else messages.ERROR
    messages.add_message(request, level, answer["message"])
    return bool(answer["ok"])
