"""The signals page: what came and what became of it, where it comes in, what is done by itself."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from bots.models import Bot, Signal
from bots.signals import auto_trade, hooks, record, signal_list, webhook_auth
from bots.signals import execute as signals_execute
from bots.signals.forms import AutoForm
from bots.strategies.settings import Wrong
from exchanges.models import ExchangeKey
from exchanges.payloads import money_kinds
from realtime import streams
from users.http import current_user, is_id
from users.models import User

LEVELS: Final = {
    "executed": messages.SUCCESS,
    "failed": messages.ERROR,
    "expired": messages.WARNING,
}
HERE_ONLY: Final = ("localhost", "127.0.0.1", "::1")


@login_required
@require_GET
@never_cache
def signals(request: HttpRequest) -> HttpResponse:
    return _page(request)


@login_required
@require_POST
def execute(request: HttpRequest, signal_id: int) -> HttpResponse:
    """With the bot that was chosen; two presses are one order."""
    bot, asked = None, request.POST.get("bot", "")
    if asked:
        bot = get_object_or_404(Bot, pk=asked if is_id(asked) else 0, user=current_user(request))
    return _settled(
        request, signal_id, lambda pk, now: signals_execute.execute(pk, bot=bot, now=now)
    )


@login_required
@require_POST
def ignore(request: HttpRequest, signal_id: int) -> HttpResponse:
    return _settled(request, signal_id, lambda pk, now: signals_execute.ignore(pk, now=now))


@login_required
@require_POST
@never_cache
def show_secret(request: HttpRequest) -> HttpResponse:
    """On this page alone, and until it is left: it is in no address and in no session."""
    return _page(request, shows_secret=True)


@login_required
@require_POST
def rotate(request: HttpRequest) -> HttpResponse:
    hooks.rotate(current_user(request).pk, now=timezone.now())
    words = "The hook has a new secret. The one before is taken for another hour; change it there."
    messages.success(request, words)
    return redirect("signals")


@login_required
@require_POST
def move(request: HttpRequest) -> HttpResponse:
    hooks.move(current_user(request).pk)
    words = "The hook has a new address and a new secret. Nothing is heard at the one before."
    messages.success(request, words)
    return redirect("signals")


@login_required
@require_POST
@never_cache
def auto(request: HttpRequest) -> HttpResponse:
    """What is done by itself, changed; or the form again, with words beside what is wrong.

    Before anything is traded by itself it is said once in words, with the amounts.
    """
    user = current_user(request)
    before = auto_trade.of(user.pk)
    form = AutoForm(request.POST, mine=before)
    if not form.is_valid():
        return _page(request, form=form, status=422)
    try:
        plan = auto_trade.planned(user.pk, form.changes())
        if auto_trade.trades(plan) and not auto_trade.trades(before) and "sure" not in request.POST:
            return _page(request, form=form, sure=auto_trade.in_words(plan))
        mine = auto_trade.change(user.pk, form.changes(), now=timezone.now())
    except Wrong as wrong:
        for name, words in wrong.words.items():
            form.add_error(name, words)
        return _page(request, form=form, status=422)
    messages.success(request, auto_trade.in_words(mine))
    return redirect("signals")


def _page(
    request: HttpRequest,
    *,
    form: AutoForm | None = None,
    sure: str = "",
    shows_secret: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The position is read before the signals: what changes in between comes again, harmlessly."""
    user, now = current_user(request), timezone.now()
    position, filters = streams.fetch_head(user.pk), signal_list.Filters.of(request.GET)
    mine = auto_trade.of(user.pk)
    keys = list(ExchangeKey.objects.filter(user=user))
    context = {
        "page": "signals",
        "position": position,
        "now": now,
        "filters": filters,
        "statuses": signal_list.STATUSES,
        "symbols": signal_list.symbols(user.pk),
        "found": signal_list.found(user.pk, filters),
        "form": form or AutoForm(mine=mine),
        "auto": mine,
        "opened": signals_execute.opened_by_themselves(user.pk, now=now),
        "sure": sure,
        **money_kinds(keys),
        **_hook(request, user, shows_secret=shows_secret),
    }
    return render(request, "signals/signal_list.html", context, status=status)


def _hook(request: HttpRequest, user: User, *, shows_secret: bool) -> Mapping[str, Any]:
    hook = hooks.of(user.pk)
    address = request.build_absolute_uri(reverse("hook", args=[hook.name]))
    return {
        "hook": hook,
        "address": address,
        "secret": hooks.secret_of(hook) if shows_secret else "",
        "is_here_only": urlsplit(address).hostname in HERE_ONLY,
        "overlaps": hook.former_until is not None and hook.former_until > timezone.now(),
        "seconds": int(webhook_auth.SKEW.total_seconds()),
        "minutes": int(signals_execute.EXPIRES.total_seconds() // 60),
    }


def _settled(
    request: HttpRequest, signal_id: int, settle: Callable[[int, Any], Signal]
) -> HttpResponse:
    mine = get_object_or_404(Signal, pk=signal_id, user=current_user(request))
    try:
        signal = settle(mine.pk, timezone.now())
    except record.AlreadySettled:
        messages.info(request, "It was settled before you pressed.")
        return redirect("signals")
    words = signal.reason or f"{signal.get_side_display()} {signal.symbol} is put aside."
    messages.add_message(request, LEVELS.get(signal.status, messages.INFO), words)
    return redirect("signals")
