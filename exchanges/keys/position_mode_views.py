"""Position mode by API and by page."""

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

from exchanges.keys import position_mode
from exchanges.keys.call_pages import VenueChangeRate, change_by_page
from exchanges.keys.leverage_views import LeverageOut
from exchanges.models import ExchangeKey, PositionMode
from exchanges.venues import MarketKind
from exchanges.worker_calls import CallError, CallFailed
from users.api_tokens.access import filter_by_keys, token_access
from users.http import current_user
from users.rest import REASON, KnownFieldsOnly
from users.strict.views import api_view


@extend_schema_serializer(component_name="PositionModeWish")
class PositionModeChange(KnownFieldsOnly):
    mode = serializers.ChoiceField(PositionMode.choices)


@extend_schema(
    tags=["keys"],
    request=PositionModeChange,
    responses={200: LeverageOut, 400: REASON, 404: REASON, 409: REASON, 503: REASON, 504: REASON},
)
@token_access(POST="trade", key_tokens=True)
@api_view(["POST"])
@throttle_classes([VenueChangeRate])
def by_api(request: Request, pk: int) -> Response:
    """Have the account hold one position of each contract, or a long and a short one.

    Its venue refuses while a position or an order of a contract is open.
    """
    own_keys = ExchangeKey.objects.filter(user=current_user(request))
    key = get_object_or_404(filter_by_keys(own_keys, request, "pk"), pk=pk)
    serializer = PositionModeChange(data=request.data)
    serializer.is_valid(raise_exception=True)
    try:
        answer = position_mode.change_position_mode(key, serializer.validated_data["mode"])
    except CallError as error:
        raise CallFailed(error) from None
    return Response(LeverageOut(answer).data)


class PositionModeForm(forms.Form):
    mode = forms.ChoiceField(
        label=gettext_lazy("Positions of a contract"),
        choices=[
            (PositionMode.ONE_WAY, gettext_lazy("One (one-way mode)")),
            (PositionMode.HEDGE, gettext_lazy("A long and a short one (hedge mode)")),
        ],
    )


@login_required
@require_http_methods(["GET", "POST"])
def by_page(request: HttpRequest, key_id: int) -> HttpResponse:
    own_keys = ExchangeKey.objects.filter(user=current_user(request), market=MarketKind.FUTURES)
    key = get_object_or_404(own_keys, pk=key_id)
    form = PositionModeForm(request.POST or None, initial={"mode": key.position_mode})
    if form.is_valid():
        mode = form.cleaned_data["mode"]
        if change_by_page(request, lambda: position_mode.change_position_mode(key, mode)):
            return redirect("keys")
    context = {"page": "keys", "key": key, "form": form}
    return render(request, "keys/position_mode.html", context, status=422 if form.is_bound else 200)
