"""The pages that create and change a bot. Errors are shown beside the fields."""

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bots.models import Backtest, Bot, Mode, Strategy
from bots.running import commands, lifecycle
from bots.strategies.registry import STRATEGIES
from bots.strategies.settings import InvalidSettings
from bots.web import bot_list, form_preview, forms
from bots.web.forms import BotForm
from bots.web.pages import get_own_bot
from exchanges.models import ExchangeKey
from exchanges.payloads import money_kinds
from users.http import current_user, is_fetch, is_id
from users.languages.recipient import localize

PREVIEW: Final = "preview"  # the button that only shows what the bot would do


@login_required
@require_http_methods(["GET", "POST"])
def new_bot(request: HttpRequest) -> HttpResponse:
    user, keys = current_user(request), bot_list.list_keys(current_user(request).pk)
    source = _find_source(request)
    active = [key for key in keys if key.is_active]
    chosen = _chosen_key(request, active, source.key_id if isinstance(source, Bot) else None)
    strategy = _chosen_strategy(request, source.strategy if source else Strategy.SCALPER)
    initial = {"key": chosen} | (forms.copy_values(source) if source else {})
    form = BotForm(request.POST or None, user=user, strategy=strategy, initial=initial)
    if PREVIEW in request.POST:
        return _render_preview(request, form, keys, chosen)
    if form.is_valid() and (bot := _create_bot(request, form)):
        messages.success(
            request,
            _("“%(bot)s” is created. It does nothing until it is started.") % {"bot": bot.name},
        )
        return redirect("bot", bot_id=bot.pk)
    return _render_form(request, form, keys, chosen, {"source": source})


def _find_source(request: HttpRequest) -> Bot | Backtest | None:
    """Return the own bot or back-test whose values the new bot begins with."""
    user_id = current_user(request).pk
    bot_id, backtest_id = request.GET.get("bot", ""), request.GET.get("backtest", "")
    if is_id(bot_id):
        return get_object_or_404(Bot, pk=bot_id, user=user_id)
    if is_id(backtest_id):
        return get_object_or_404(Backtest, pk=backtest_id, user=user_id)
    return None


@login_required
@require_http_methods(["GET", "POST"])
def edit_bot(request: HttpRequest, bot_id: int) -> HttpResponse:
    bot = get_own_bot(request, bot_id)
    strategy = _chosen_strategy(request, bot.strategy)
    form = BotForm(request.POST or None, user=current_user(request), strategy=strategy, bot=bot)
    if PREVIEW in request.POST:
        return _render_preview(request, form, [bot.key], bot.key, {"bot": bot})
    if form.is_valid() and (changed := _change_bot(bot, form)):
        messages.success(request, f"“{changed.name}” {_describe_result(changed)}")
        return redirect("bot", bot_id=bot.pk)
    extra = {"bot": bot, "open": bot_list.count_open_orders([bot])[bot.pk]}
    return _render_form(request, form, [bot.key], bot.key, extra)


def _render_preview(
    request: HttpRequest,
    form: BotForm,
    keys: list[ExchangeKey],
    chosen: ExchangeKey | None,
    extra: dict[str, Any] | None = None,
) -> HttpResponse:
    """Show what the bot would place, and save nothing; a script asks for that part alone."""
    user = current_user(request)
    preview = form_preview.preview_form(form, user, chosen, now=timezone.now())
    if is_fetch(request):
        return render(request, "bots/_form_preview.html", {"preview": preview})
    return _render_form(request, form, keys, chosen, (extra or {}) | {"preview": preview})


def _render_form(
    request: HttpRequest,
    form: BotForm,
    keys: list[ExchangeKey],
    chosen: ExchangeKey | None,
    extra: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "page": "bots",
        "form": form,
        "keys": keys,
        "chosen": chosen,
        "symbols": forms.list_symbols(chosen),
        "strategies": STRATEGIES.items(),
        "quote": "",
        **money_kinds(keys),
        **(extra or {}),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "bots/bot_form.html", context, status=status)


def _create_bot(request: HttpRequest, form: BotForm) -> Bot | None:
    bot = Bot(user=current_user(request), key=form.cleaned_data["key"], **form.bot_values())
    try:
        return commands.create_bot(bot, now=timezone.now())
    except InvalidSettings as error:
        form.add_errors(error)
        return None


def _change_bot(bot: Bot, form: BotForm) -> Bot | None:
    try:
        return commands.change_bot(bot.pk, changes=form.bot_values(), now=timezone.now())
    except InvalidSettings as error:
        form.add_errors(error)
    except lifecycle.CommandRefused as error:
        form.add_error(None, localize(error.message))
    return None


def _describe_result(bot: Bot) -> str:
    if bot.mode == Mode.STOPPING and bot.after_stop == lifecycle.START:
        return _("stops for its new settings, then starts again.")
    if bot.planned_changes:
        return _("has its new settings once it has stopped.")
    return _("is changed, and runs on.") if bot.mode == Mode.RUNNING else _("is changed.")


def _chosen_strategy(request: HttpRequest, usual: str) -> str:
    value = request.POST.get("strategy") or request.GET.get("strategy", "")
    return value if value in STRATEGIES else usual


def _chosen_key(
    request: HttpRequest, keys: list[ExchangeKey], usual: int | None = None
) -> ExchangeKey | None:
    value = request.POST.get("key") or request.GET.get("key", "") or str(usual or "")
    matching = [key for key in keys if is_id(value) and key.pk == int(value)]
    return next(iter(matching or keys), None)
