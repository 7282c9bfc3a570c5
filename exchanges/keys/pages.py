"""The keys page: attach, test, switch off and on, remove. It never shows a secret."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from exchanges import payloads
from exchanges.keys import actions, request_test
from exchanges.keys.api import KeyViewSet, TestThrottle
from exchanges.keys.dead_mans_switch import SwitchArmed
from exchanges.keys.forms import KeyForm
from exchanges.limits import bans, venue_status
from exchanges.models import ExchangeKey, StreamLease, StreamState
from exchanges.secrets import sealing
from exchanges.worker_calls import CallError
from realtime import streams
from users.http import current_user
from users.models import KeyGrant
from users.sign_in.recent import is_recent, recent_password_required


@login_required
@require_http_methods(["GET", "POST"])
@recent_password_required(back="keys")
def overview(request: HttpRequest) -> HttpResponse:
    form = KeyForm(request.POST or None)
    if form.is_valid() and (key := _try_attach(request, form)):
        messages.success(
            request,
            _("“%(key)s” is attached. Its venue is being asked about it.") % {"key": key.label},
        )
        return redirect("keys")
    position = streams.fetch_head(current_user(request).pk)
    own_keys = ExchangeKey.objects.filter(user=current_user(request)).select_related("stream")
    shares = Prefetch("grants", KeyGrant.objects.order_by("pk"), to_attr="shares")
    attached = list(own_keys.prefetch_related(shares))
    offered = KeyGrant.objects.filter(member=current_user(request)).order_by("pk")
    now = timezone.now()
    context = {
        "page": "keys",
        "form": form,
        "may_attach": is_recent(request),
        "position": position,
        "keys": [
            (key, actions.mask_api_key(key.api_key), _describe_stream(key, now)) for key in attached
        ],
        "shared_keys": offered.select_related("key__user"),
        "waiting": venue_status.list_closed(attached, now=now),
        **payloads.money_kinds(attached),
    }
    return render(request, "keys/key_list.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def test(request: HttpRequest, key_id: int) -> HttpResponse:
    """Have a worker test the key, and show the verdict."""
    key = _get_own_key(request, key_id)
    if not TestThrottle().allow_request(request, None):
        messages.warning(request, _("Tests cost the rate budget that all share. Wait a minute."))
        return redirect("keys")
    try:
        answer = request_test.run_test(key.pk, seconds=KeyViewSet.patience)
    except CallError as error:
        messages.warning(request, str(error))
        return redirect("keys")
    level = messages.SUCCESS if answer["ok"] else messages.ERROR
    messages.add_message(request, level, " ".join([answer["message"], *answer["warnings"]]))
    return redirect("keys")


@login_required
@require_POST
def switch(request: HttpRequest, key_id: int) -> HttpResponse:
    key = _get_own_key(request, key_id)
    if request.POST.get("to") != "on":
        actions.deactivate(key.pk)
        message = _("“%(key)s” is switched off: its venue is neither asked nor told anything.") % {
            "key": key.label
        }
        messages.info(request, message)
        return redirect("keys")
    try:
        actions.activate(key.pk)
    except actions.WithdrawalAllowed as conflict:
        messages.error(request, conflict.message)
        return redirect("keys")
    if TestThrottle().allow_request(request, None):
        request_test.queue_test(key.pk)
    messages.success(request, _("“%(key)s” is switched on again.") % {"key": key.label})
    return redirect("keys")


@login_required
@require_POST
def remove(request: HttpRequest, key_id: int) -> HttpResponse:
    key = _get_own_key(request, key_id)
    try:
        actions.detach(key.pk)
        messages.success(
            request, _("“%(key)s” and its secret are forgotten here.") % {"key": key.label}
        )
    except actions.KeyInUse:
        message = _("Orders were placed with “%(key)s”, so it stays. Switch it off instead.") % {
            "key": key.label
        }
        messages.error(request, message)
    except SwitchArmed as armed:
        messages.error(request, str(armed))
    return redirect("keys")


def _try_attach(request: HttpRequest, form: KeyForm) -> ExchangeKey | None:
    fields: dict[str, Any] = dict(form.cleaned_data)
    fields["is_paper"] = fields.pop("simulated", False)
    try:
        key = actions.attach(user=current_user(request), **fields)
    except actions.KeyConflict as conflict:
        form.add_error(conflict.field, conflict.message)
    except (sealing.CannotSeal, sealing.BadSealingKey) as trouble:
        form.add_error(None, str(trouble))
    else:
        request_test.queue_test(key.pk)
        return key
    return None


def _describe_stream(key: ExchangeKey, now: datetime) -> dict[str, Any]:
    """Return the state of the key's stream for the template."""
    lease: StreamLease | None = getattr(key, "stream", None)
    state = payloads.stream_data(lease, now=now)["state"] if lease else StreamState.IDLE
    waits = bans.get_end(key, now=now)
    return {"state": state, "word": StreamState(state).label, "lease": lease, "waits": waits}


def _get_own_key(request: HttpRequest, key_id: int) -> ExchangeKey:
    return get_object_or_404(ExchangeKey, pk=key_id, user=current_user(request))
