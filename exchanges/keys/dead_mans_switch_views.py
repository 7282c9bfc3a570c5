"""The dead man's switch of a key by API and by page."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges.keys import dead_mans_switch
from exchanges.models import DeadMansSwitch, ExchangeKey
from users.api_tokens.access import filter_by_keys, token_access
from users.http import current_user
from users.rest import REASON, Conflict, KnownFieldsOnly
from users.strict.fields import WholeNumberField
from users.strict.views import api_view

STATES = {
    "unsupported": "not there: this market has none",
    "off": "off",
    "disarming": "being switched off",
    "arming": "being armed",
    "idle": "on; there is no open order to protect",
    "armed": "armed",
    "silent": "not renewed, since the orders are not watched",
    "fired": "has fired",
}


class SwitchChange(KnownFieldsOnly):
    seconds = WholeNumberField(min_value=0, max_value=3600, help_text="0: off")


class SwitchOut(serializers.Serializer[DeadMansSwitch]):
    seconds = serializers.IntegerField(help_text="0: off")
    state = serializers.ChoiceField(list(STATES))
    armed_until = serializers.DateTimeField(
        allow_null=True, help_text="then the venue cancels, unless it is renewed"
    )
    renewed_at = serializers.DateTimeField(allow_null=True)
    fired_at = serializers.DateTimeField(allow_null=True, help_text="the last time")
    last_error = serializers.CharField(help_text="why the last renewal failed, if it did")


@extend_schema(tags=["keys"], methods=["GET"], responses={200: SwitchOut, 404: REASON})
@extend_schema(
    tags=["keys"],
    methods=["POST"],
    request=SwitchChange,
    responses={202: SwitchOut, 400: REASON, 404: REASON, 409: REASON},
)
@token_access(GET="read", POST="trade", key_tokens=True)
@api_view(["GET", "POST"])
def by_api(request: Request, pk: int) -> Response:
    """Have the venue cancel all orders if Fillwatch falls silent for so many seconds."""
    own_keys = ExchangeKey.objects.filter(user=current_user(request))
    key = get_object_or_404(filter_by_keys(own_keys, request, "pk"), pk=pk)
    given = SwitchChange(data=request.data)
    if request.method == "POST":
        given.is_valid(raise_exception=True)
    try:
        if request.method == "POST":
            dead_mans_switch.set_seconds(key, given.validated_data["seconds"])
    except dead_mans_switch.SwitchUnsupported as error:
        raise Conflict(str(error)) from None
    except dead_mans_switch.SecondsOutOfRange as error:
        raise ValidationError({"seconds": [str(error)]}) from None
    switch = dead_mans_switch.find_switch(key)
    data = dead_mans_switch.switch_data(switch, now=timezone.now())
    return Response(data, status=202 if request.method == "POST" else 200)


class SwitchForm(forms.Form):
    seconds = forms.IntegerField(
        label=gettext_lazy("Seconds of silence; 0: off"), min_value=0, max_value=3600
    )


@login_required
@require_http_methods(["GET", "POST"])
def by_page(request: HttpRequest, key_id: int) -> HttpResponse:
    own_keys = ExchangeKey.objects.filter(user=current_user(request))
    key = get_object_or_404(own_keys, pk=key_id)
    switch = dead_mans_switch.find_switch(key)
    form = SwitchForm(request.POST or None, initial={"seconds": switch.seconds})
    try:
        spec = dead_mans_switch.get_spec(key)
        if form.is_valid():
            dead_mans_switch.set_seconds(key, form.cleaned_data["seconds"])
            messages.success(
                request, _("The dead man's switch of “%(key)s” is being set.") % {"key": key.label}
            )
            return redirect("keys")
    except dead_mans_switch.SwitchUnsupported as error:
        messages.warning(request, str(error))
        return redirect("keys")
    except dead_mans_switch.SecondsOutOfRange as error:
        form.add_error("seconds", str(error))
    data = dead_mans_switch.switch_data(switch, now=timezone.now())
    context = {
        **{"page": "keys", "key": key, "form": form, "spec": spec, "switch": switch},
        **{"state": STATES[data["state"]], "data": data},
    }
    status = 422 if form.is_bound else 200
    return render(request, "keys/dead_mans_switch.html", context, status=status)
