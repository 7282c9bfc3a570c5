"""The commands on the pages of bots: each makes one call and answers with a message."""

from collections.abc import Sequence
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from bots.models import Bot, Mode
from bots.running import commands, lifecycle, runner
from bots.running import stop_all as running_stop_all
from bots.web import bot_list
from bots.web.pages import get_own_bot
from exchanges.payloads import money_kinds
from orders.models import IS_OPEN, Order, Origin
from orders.web.listing.order_list import sum_open_orders
from users.http import current_user, is_fetch, is_id
from users.languages.recipient import localize

MODE_MESSAGES: Final = {
    Mode.RUNNING: gettext_lazy("“{}” runs."),
    Mode.STOPPING: gettext_lazy("“{}” stops; its open orders are being cancelled."),
    Mode.STOPPED: gettext_lazy("“{}” has stopped."),
    Mode.ERROR: gettext_lazy("“{}” has stopped."),
}
BULK_COMMANDS: Final = ("start", "stop", "delete")
MOST_REFUSALS: Final = 5  # shown one by one


@login_required
@require_POST
def run_command(request: HttpRequest, bot_id: int, command: str) -> HttpResponse:
    """Start, stop or toggle one bot."""
    bot = get_own_bot(request, bot_id)
    user_id = current_user(request).pk
    done, refused = commands.run_in_bulk(user_id, [bot.pk], command, now=timezone.now())
    if refused:
        return _send_answer(request, "error", f"“{bot.name}”: {refused[bot.pk]}")
    return _send_answer(request, "info", MODE_MESSAGES[Mode(done[0].mode)].format(bot.name))


@login_required
@require_http_methods(["GET", "POST"])
def delete_bot(request: HttpRequest, bot_id: int) -> HttpResponse:
    """Ask for confirmation (GET), then delete the bot (POST)."""
    return _delete_bots(request, [get_own_bot(request, bot_id)])


@login_required
@require_POST
def run_bulk(request: HttpRequest) -> HttpResponse:
    """Run a command on the ticked bots; deleting asks for confirmation first."""
    command = request.POST.get("what", "")
    ids = [int(text) for text in request.POST.getlist("id") if is_id(text)]
    if command not in BULK_COMMANDS:
        return _send_answer(request, "error", _("Nothing was done: choose what to do."))
    if not ids:
        return _send_answer(request, "warning", _("Tick the bots first."))
    if command == "delete":
        bots = bot_list.for_user(current_user(request).pk).filter(pk__in=ids)
        return _delete_bots(request, list(bots))
    return _run_many(request, ids, command)


@login_required
@require_http_methods(["GET", "POST"])
def stop_everything(request: HttpRequest) -> HttpResponse:
    """Ask for confirmation (GET), then stop every bot and order placed here (POST)."""
    user = current_user(request)
    if request.method == "POST":
        running_stop_all.stop_all(user, now=timezone.now())
        message = _("Everything is being stopped. It has ended once every venue has confirmed it.")
        return _send_answer(request, "warning", message)
    waiting = Order.objects.filter(IS_OPEN, user=user, origin=Origin.FILLWATCH)
    context = {
        "title": _("Stop everything?"),
        "awake": bot_list.for_user(user.pk).exclude(mode__in=bot_list.AT_REST).count(),
        "number": waiting.count(),
        "amounts": sum_open_orders(waiting),
    }
    return _render_dialog(request, "bots/_stop_all_dialog.html", context)


@login_required
@require_POST
def trade_by_hand(request: HttpRequest, bot_id: int) -> HttpResponse:
    """Open or close a position with a manual bot."""
    bot, side, now = get_own_bot(request, bot_id), request.POST.get("side", ""), timezone.now()
    try:
        if side == "close":
            runner.close_position(bot.pk, now=now)
            return _send_answer(
                request, "info", _("“%(bot)s” closes what it holds.") % {"bot": bot.name}, bot
            )
        if side not in ("buy", "sell"):
            return _send_answer(request, "error", _("Nothing was done: buy, sell or close?"), bot)
        runner.open_position(bot.pk, side=side, now=now)  # type: ignore[arg-type]  # one of the two
    except lifecycle.CommandRefused as error:
        return _send_answer(request, "error", localize(error.message), bot)
    message = _("“%(bot)s” buys, and protects the position that it opens.")
    if side == "sell":
        message = _("“%(bot)s” sells, and protects the position that it opens.")
    return _send_answer(request, "success", message % {"bot": bot.name}, bot)


def _delete_bots(request: HttpRequest, bots: Sequence[Bot]) -> HttpResponse:
    if request.method == "POST" and request.POST.get("sure"):
        return _run_many(request, [bot.pk for bot in bots], "delete")
    waiting = bot_list.count_open_orders(bots)
    context = {
        "title": _("Delete this bot?")
        if len(bots) == 1
        else _("Delete %(bots)s bots?") % {"bots": len(bots)},
        "chosen": [(bot, waiting[bot.pk]) for bot in bots],
        "number": waiting.total(),
    }
    return _render_dialog(request, "bots/_delete_dialog.html", context)


def _run_many(request: HttpRequest, ids: Sequence[int], command: str) -> HttpResponse:
    done, refused = commands.run_in_bulk(current_user(request).pk, ids, command, now=timezone.now())
    lines = [_describe_bulk(command, len(done))] if done else []
    names = dict(bot_list.for_user(current_user(request).pk).values_list("pk", "name"))
    shown = list(refused.items())[:MOST_REFUSALS]
    lines += [f"“{names.get(pk, pk)}”: {reason}" for pk, reason in shown]
    return _send_answer(request, "warning" if refused else "info", " ".join(lines))


def _render_dialog(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Render the content of the page's dialog; without JavaScript, a page of its own."""
    context |= money_kinds(bot_list.list_keys(current_user(request).pk))
    page = template if is_fetch(request) else "bots/dialog_page.html"
    return render(request, page, context | {"page": "bots", "part": template})


def _send_answer(
    request: HttpRequest, kind: str, message: str, bot: Bot | None = None
) -> HttpResponse:
    if is_fetch(request):
        status = 409 if kind == "error" else 202
        return JsonResponse({"kind": kind, "words": message}, status=status)
    messages.add_message(request, messages.DEFAULT_LEVELS[kind.upper()], message)
    back = request.POST.get("back", "")
    if is_id(back):
        return redirect("bot", bot_id=int(back))
    return redirect("bot", bot_id=bot.pk) if bot else redirect("bots")


def _describe_bulk(command: str, count: int) -> str:
    text = {
        "start": ngettext("%(count)s bot started.", "%(count)s bots started.", count),
        "stop": ngettext("%(count)s bot being stopped.", "%(count)s bots being stopped.", count),
        "delete": ngettext("%(count)s bot being deleted.", "%(count)s bots being deleted.", count),
    }[command]
    return text % {"count": count}
