"""The signals page: the list of signals, the webhook's address, and the auto-trade settings."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from bots.models import Bot, Signal
from bots.signals import auto_trade, hooks, record, signal_list, webhook_auth
from bots.signals import execute as signals_execute
from bots.signals.forms import AutoTradeForm
from bots.strategies.settings import InvalidSettings
from exchanges.models import ExchangeKey
from exchanges.payloads import money_kinds
from realtime import streams
from users.http import current_user, is_id
from users.languages.recipient import localize
from users.models import User
from users.sign_in.recent import recent_password_required

LEVELS: Final = {
    "executed": messages.SUCCESS,
    "failed": messages.ERROR,
    "expired": messages.WARNING,
}
LOCAL_HOSTS: Final = ("localhost", "127.0.0.1", "::1")


@login_required
@require_GET
@never_cache
def show_signals(request: HttpRequest) -> HttpResponse:
    return _render_page(request)


@login_required
@require_POST
def execute_signal(request: HttpRequest, signal_id: int) -> HttpResponse:
    """Execute a signal with the chosen bot; a second press places no second order."""
    bot, bot_id = None, request.POST.get("bot", "")
    if bot_id:
        bot = get_object_or_404(Bot, pk=bot_id if is_id(bot_id) else 0, user=current_user(request))
    return _settle_signal(request, signal_id, partial(signals_execute.execute_signal, bot=bot))


@login_required
@require_POST
def ignore_signal(request: HttpRequest, signal_id: int) -> HttpResponse:
    return _settle_signal(request, signal_id, signals_execute.ignore_signal)


@login_required
@require_POST
@never_cache
@recent_password_required(back="/signals/#hook")
def show_secret(request: HttpRequest) -> HttpResponse:
    """Show the secret on this response only: it is in no address and in no session."""
    return _render_page(request, shows_secret=True)


@login_required
@require_POST
def rotate_secret(request: HttpRequest) -> HttpResponse:
    hooks.rotate_secret(current_user(request).pk, now=timezone.now())
    message = _("The hook has a new secret. The former is valid for another hour: replace it now.")
    messages.success(request, message)
    return redirect("signals")


@login_required
@require_POST
def move_hook(request: HttpRequest) -> HttpResponse:
    hooks.move_hook(current_user(request).pk)
    message = _("The hook has a new address and a new secret. The former address is invalid now.")
    messages.success(request, message)
    return redirect("signals")


@login_required
@require_POST
@never_cache
def change_auto_trade(request: HttpRequest) -> HttpResponse:
    """Save the auto-trade settings, or show the form again with its errors.

    Before trading is switched on the page asks once, with the amounts.
    """
    user = current_user(request)
    before = auto_trade.for_user(user.pk)
    form = AutoTradeForm(request.POST, settings=before)
    if not form.is_valid():
        return _render_page(request, form=form, status=422)
    try:
        plan = auto_trade.preview_changes(user.pk, form.list_changes())
        begins_trading = auto_trade.does_trade(plan) and not auto_trade.does_trade(before)
        if begins_trading and "sure" not in request.POST:
            return _render_page(
                request, form=form, sure=localize(auto_trade.describe_settings(plan))
            )
        settings = auto_trade.change_settings(user.pk, form.list_changes(), now=timezone.now())
    except InvalidSettings as error:
        for name, message in error.errors.items():
            form.add_error(name, localize(message))
        return _render_page(request, form=form, status=422)
    messages.success(request, localize(auto_trade.describe_settings(settings)))
    return redirect("signals")


def _render_page(
    request: HttpRequest,
    *,
    form: AutoTradeForm | None = None,
    sure: str = "",
    shows_secret: bool = False,
    status: int = 200,
) -> HttpResponse:
    """Render the page. Read the stream's head first: later changes then come again as events."""
    user, now = current_user(request), timezone.now()
    position, filters = streams.fetch_head(user.pk), signal_list.SignalFilters.of(request.GET)
    settings = auto_trade.for_user(user.pk)
    keys = list(ExchangeKey.objects.filter(user=user))
    context = {
        "page": "signals",
        "position": position,
        "now": now,
        "filters": filters,
        "statuses": signal_list.STATUSES,
        "symbols": signal_list.list_symbols(user.pk),
        "found": signal_list.find_signals(user.pk, filters),
        "form": form or AutoTradeForm(settings=settings),
        "auto": settings,
        "opened": signals_execute.count_auto_opened(user.pk, now=now),
        "sure": sure,
        **money_kinds(keys),
        **_hook_context(request, user, shows_secret=shows_secret),
    }
    return render(request, "signals/signal_list.html", context, status=status)


def _hook_context(request: HttpRequest, user: User, *, shows_secret: bool) -> Mapping[str, Any]:
    hook = hooks.for_user(user.pk)
    address = request.build_absolute_uri(reverse("hook", args=[hook.name]))
    return {
        "hook": hook,
        "address": address,
        "secret": hooks.derive_secret(hook) if shows_secret else "",
        "is_here_only": urlsplit(address).hostname in LOCAL_HOSTS,
        "overlaps": hook.former_until is not None and hook.former_until > timezone.now(),
        "seconds": int(webhook_auth.SKEW.total_seconds()),
        "minutes": int(signals_execute.EXPIRES_AFTER.total_seconds() // 60),
    }


def _settle_signal(
    request: HttpRequest, signal_id: int, settle: Callable[..., Signal]
) -> HttpResponse:
    get_object_or_404(Signal, pk=signal_id, user=current_user(request))
    try:
        signal = settle(signal_id, now=timezone.now())
    except record.AlreadySettled:
        messages.info(request, _("This signal is settled already."))
        return redirect("signals")
    message = signal.reason or _("%(signal)s is put aside.") % {
        "signal": f"{signal.get_side_display()} {signal.symbol}"
    }
    messages.add_message(request, LEVELS.get(signal.status, messages.INFO), message)
    return redirect("signals")
