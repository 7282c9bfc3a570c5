"""The page of notification settings: ways, quiet hours, and messages that were given up."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from exchanges.secrets import sealing
from operations.models import NotificationWay, OutboxMessage
from operations.notifications.forms import AddressForm, QuietForm, WayChoicesForm
from operations.notifications.preferences import change_preferences, read_preferences
from operations.notifications.sent.resend import CannotResend, resend_message
from operations.notifications.telegram import bot_name, link
from operations.notifications.ways import actions
from operations.notifications.ways.addresses import BadAddress
from users.http import act_on_own_rows, current_user
from users.models import User

PAGE = "notification-settings"
MOST_DEAD = 20
_own_rows_only = act_on_own_rows(PAGE, actions.WayRefused, CannotResend, sealing.CannotSeal)


@login_required
@require_GET
@never_cache
def show_settings(request: HttpRequest) -> HttpResponse:
    return _render_page(request)


@_own_rows_only
def add_way(request: HttpRequest) -> HttpResponse:
    """Add a way; a webhook's secret is in this answer and nowhere else."""
    form = AddressForm(request.POST)
    new = _try_add(current_user(request), form) if form.is_valid() else None
    if new is None:
        return _render_page(request, address_form=form, status=422)
    return _render_page(request, new=new)


@_own_rows_only
def change_way(request: HttpRequest, way_id: int) -> HttpResponse:
    """Save what a way is told, or switch it: by the button that was pressed."""
    user_id, now = current_user(request).pk, timezone.now()
    if switch := request.POST.get("switch"):
        actions.change_way(user_id, way_id, now=now, is_active=switch == "on")
    else:
        way = NotificationWay.objects.get(user=user_id, pk=way_id)
        form = WayChoicesForm(way, request.POST)
        if not form.is_valid():
            messages.error(request, _("Choose from what is listed."))
            return redirect(PAGE)
        actions.change_way(user_id, way_id, now=now, **form.cleaned_data)
    messages.success(request, _("Saved."))
    return redirect(PAGE)


@_own_rows_only
def test_way(request: HttpRequest, way_id: int) -> HttpResponse:
    actions.test_way(current_user(request).pk, way_id, now=timezone.now())
    messages.info(request, _("A test is on its way. Reload to see what became of it."))
    return redirect(PAGE)


@_own_rows_only
def rotate_secret(request: HttpRequest, way_id: int) -> HttpResponse:
    new = actions.rotate_secret(current_user(request).pk, way_id, now=timezone.now())
    return _render_page(request, new=new)


@_own_rows_only
def remove_way(request: HttpRequest, way_id: int) -> HttpResponse:
    if not actions.remove_way(current_user(request).pk, way_id):
        raise Http404
    messages.success(request, _("Removed."))
    return redirect(PAGE)


@_own_rows_only
def save_preferences(request: HttpRequest) -> HttpResponse:
    user_id = current_user(request).pk
    form = QuietForm(read_preferences(user_id), request.POST)
    if not form.is_valid():
        return _render_page(request, quiet_form=form, status=422)
    change_preferences(user_id, **form.cleaned_data)
    messages.success(request, _("Saved."))
    return redirect(PAGE)


@_own_rows_only
def link_telegram(request: HttpRequest) -> HttpResponse:
    if not settings.TELEGRAM_BOT_TOKEN:
        raise Http404
    code, _until = link.make_code(current_user(request), now=timezone.now())
    return _render_page(request, telegram={"code": code, **bot_name.describe_link(code)})


@_own_rows_only
def resend(request: HttpRequest, message_id: int) -> HttpResponse:
    resend_message(current_user(request).pk, message_id, now=timezone.now())
    messages.info(request, _("It is sent again."))
    return redirect(PAGE)


def _try_add(user: User, form: AddressForm) -> actions.NewWay | None:
    name, address = form.cleaned_data["name"], form.cleaned_data["address"].strip()
    is_webhook = address.lower().startswith(("https://", "http://"))
    add = actions.add_webhook if is_webhook else actions.add_service
    try:
        return add(user, name, address, now=timezone.now())
    except actions.WayRefused as refused:
        form.add_error("name", refused.message)
    except BadAddress as bad:
        form.add_error("address", str(bad))
    return None


def _render_page(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    user_id = current_user(request).pk
    ways = NotificationWay.objects.filter(user=user_id)
    dead = OutboxMessage.objects.filter(user=user_id, status=OutboxMessage.OutboxStatus.DEAD)
    context = {
        "page": "notification-settings",
        "ways": [(way, WayChoicesForm(way)) for way in ways],
        "address_form": AddressForm(),
        "quiet_form": QuietForm(read_preferences(user_id)),
        "dead": dead.select_related("way")[:MOST_DEAD],
        "push_key": settings.VAPID_PUBLIC_KEY,
        "has_telegram": bool(settings.TELEGRAM_BOT_TOKEN),
        **more,
    }
    return render(request, "notifications/settings.html", context, status=status)
