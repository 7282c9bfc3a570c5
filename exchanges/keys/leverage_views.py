"""Leverage by API and by page."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import throttle_classes
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges.keys import leverage
from exchanges.keys.call_pages import VenueChangeRate, change_by_page
from exchanges.keys.leverage import MARGIN_MODES, MAX_LEVERAGE
from exchanges.models import ExchangeKey
from exchanges.venues import MarketKind
from exchanges.worker_calls import CallError, CallFailed
from users.api_tokens.access import filter_by_keys, token_access
from users.rest import REASON, KnownFieldsOnly
from users.strict.fields import WholeNumberField
from users.strict.views import api_view


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
@throttle_classes([VenueChangeRate])
def by_api(request: Request, pk: int) -> Response:
    """Set leverage and margin mode of one symbol at the venue; told as `leverage_set` as well."""
    keys = ExchangeKey.objects.tradable_by(request.user.pk)
    key = get_object_or_404(filter_by_keys(keys, request, "pk"), pk=pk)
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
    symbol = forms.CharField(
        label=gettext_lazy("Symbol"),
        max_length=40,
        widget=forms.TextInput(attrs={"list": "symbols"}),
    )
    leverage = forms.IntegerField(
        label=gettext_lazy("Leverage"), min_value=1, max_value=MAX_LEVERAGE
    )
    margin_mode = forms.ChoiceField(label=gettext_lazy("Margin"), choices=MARGIN_MODES)


@login_required
@require_http_methods(["GET", "POST"])
def by_page(request: HttpRequest, key_id: int) -> HttpResponse:
    keys = ExchangeKey.objects.tradable_by(request.user.pk).filter(market=MarketKind.FUTURES)
    key = get_object_or_404(keys, pk=key_id)
    form = LeverageForm(request.POST or None)
    if form.is_valid():
        wanted = leverage.LeverageRequest(**form.cleaned_data)
        if change_by_page(request, lambda: leverage.change_leverage(key, wanted)):
            return redirect("keys")
    context = {
        "page": "keys",
        "key": key,
        "form": form,
        "symbols": leverage.list_symbols(key)[:500],
    }
    return render(request, "keys/leverage.html", context, status=422 if form.is_bound else 200)
