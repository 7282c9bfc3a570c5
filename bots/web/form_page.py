"""The pages that make a bot and change one. A mistake is told beside its field, nothing is lost."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bots.models import Bot, Mode, Strategy
from bots.running import commands, lifecycle
from bots.strategies import STRATEGIES
from bots.strategies.settings import Wrong
from bots.web import bot_list, forms
from bots.web.forms import BotForm
from bots.web.pages import own
from exchanges.models import ExchangeKey
from exchanges.payloads import money_kinds
from users.http import current_user, is_id


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    user, keys = current_user(request), bot_list.keys(current_user(request).pk)
    chosen = _key(request, [key for key in keys if key.is_active])
    strategy = _strategy(request, Strategy.SCALPER)
    form = BotForm(request.POST or None, user=user, strategy=strategy, initial={"key": chosen})
    if form.is_valid() and (bot := _made(request, form)):
        messages.success(request, f"“{bot.name}” is made. It does nothing until it is started.")
        return redirect("bot", bot_id=bot.pk)
    return _form(request, form, keys, chosen)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, bot_id: int) -> HttpResponse:
    bot = own(request, bot_id)
    strategy = _strategy(request, bot.strategy)
    form = BotForm(request.POST or None, user=current_user(request), strategy=strategy, bot=bot)
    if form.is_valid() and (changed := _changed(bot, form)):
        messages.success(request, f"“{changed.name}” {_became(changed)}")
        return redirect("bot", bot_id=bot.pk)
    more = {"bot": bot, "open": bot_list.open_orders([bot])[bot.pk]}
    return _form(request, form, [bot.key], bot.key, more)


def _form(
    request: HttpRequest,
    form: BotForm,
    keys: list[ExchangeKey],
    chosen: ExchangeKey | None,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "page": "bots",
        "form": form,
        "keys": keys,
        "chosen": chosen,
        "symbols": forms.symbols_of(chosen),
        "strategies": STRATEGIES.items(),
        "quote": "",
        **money_kinds(keys),
        **(more or {}),
    }
    return render(request, "bots/bot_form.html", context, status=422 if form.is_bound else 200)


def _made(request: HttpRequest, form: BotForm) -> Bot | None:
    bot = Bot(user=current_user(request), key=form.cleaned_data["key"], **form.wanted())
    try:
        return commands.create(bot, now=timezone.now())
    except Wrong as wrong:
        form.refuse(wrong)
        return None


def _changed(bot: Bot, form: BotForm) -> Bot | None:
    try:
        return commands.change(bot.pk, changes=form.wanted(), now=timezone.now())
    except Wrong as wrong:
        form.refuse(wrong)
    except lifecycle.NotNow as why:
        form.add_error(None, str(why))
    return None


def _became(bot: Bot) -> str:
    if bot.mode == Mode.STOPPING and bot.after_stop == lifecycle.START:
        return "stops for its new settings, then starts again."
    if bot.planned_changes:
        return "has its new settings once it has stopped."
    return "is changed, and runs on." if bot.mode == Mode.RUNNING else "is changed."


def _strategy(request: HttpRequest, usual: str) -> str:
    asked = request.POST.get("strategy") or request.GET.get("strategy", "")
    return asked if asked in STRATEGIES else usual


def _key(request: HttpRequest, keys: list[ExchangeKey]) -> ExchangeKey | None:
    asked = request.POST.get("key") or request.GET.get("key", "")
    named = [key for key in keys if is_id(asked) and key.pk == int(asked)]
    return next(iter(named or keys), None)
