"""What is asked of bots on pages: each is one wish, passed on and answered in words."""

from collections.abc import Sequence
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from bots.models import Bot, Mode
from bots.running import commands, lifecycle, runner
from bots.running import stop_all as running_stop_all
from bots.web import bot_list
from bots.web.pages import own
from exchanges.payloads import money_kinds
from orders.models import IS_OPEN, Order, Origin
from orders.web.order_list import sum_open_orders
from users.http import current_user, is_fetch, is_id

ASKED: Final = {
    Mode.RUNNING: "“{}” runs.",
    Mode.STOPPING: "“{}” stops; its venue is asked to end what is open.",
    Mode.STOPPED: "“{}” has stopped.",
    Mode.ERROR: "“{}” has stopped.",
}
SAID: Final = 5  # refusals of many, one by one
MANY: Final = {"start": "started", "stop": "asked to stop", "delete": "asked to go"}


@login_required
@require_POST
def act(request: HttpRequest, bot_id: int, what: str) -> HttpResponse:
    """Start it, stop it, or whichever of the two it is not doing."""
    bot = own(request, bot_id)
    done, refused = commands.in_bulk(current_user(request).pk, [bot.pk], what, now=timezone.now())
    if refused:
        return _answer(request, "error", f"“{bot.name}”: {refused[bot.pk]}")
    return _answer(request, "info", ASKED[Mode(done[0].mode)].format(bot.name))


@login_required
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, bot_id: int) -> HttpResponse:
    """GET asks once, in words with the amounts; POST does it."""
    return _delete(request, [own(request, bot_id)])


@login_required
@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """The same for all that are ticked; before many go, it is asked once."""
    what, ids = request.POST.get("what", ""), [int(one) for one in _ids(request)]
    if what not in MANY:
        return _answer(request, "error", "Nothing was done: it did not say what to do.")
    if not ids:
        return _answer(request, "warning", "Tick the bots that you mean first.")
    if what == "delete":
        return _delete(request, list(bot_list.of(current_user(request).pk).filter(pk__in=ids)))
    return _many(request, ids, what)


@login_required
@require_http_methods(["GET", "POST"])
def stop_all(request: HttpRequest) -> HttpResponse:
    """Everything: every bot, and every order that was placed here. Asked once, with the numbers."""
    user = current_user(request)
    if request.method == "POST":
        running_stop_all.stop_all(user, now=timezone.now())
        words = "Everything is being stopped. It is over when every venue has shown it."
        return _answer(request, "warning", words)
    waiting = Order.objects.filter(IS_OPEN, user=user, origin=Origin.FILLWATCH)
    context = {
        "title": "Stop everything?",
        "awake": bot_list.of(user.pk).exclude(mode__in=bot_list.AT_REST).count(),
        "number": waiting.count(),
        "amounts": sum_open_orders(waiting),
    }
    return _ask(request, "bots/_stop_all_dialog.html", context)


@login_required
@require_POST
def execute(request: HttpRequest, bot_id: int) -> HttpResponse:
    """By hand, with a manual bot: open a position, or close it."""
    bot, side, now = own(request, bot_id), request.POST.get("side", ""), timezone.now()
    try:
        if side == "close":
            runner.leave(bot.pk, now=now)
            return _answer(request, "info", f"“{bot.name}” closes what it holds.", bot)
        if side not in ("buy", "sell"):
            return _answer(request, "error", "Nothing was done: buy, sell or close?", bot)
        runner.enter(bot.pk, side=side, now=now)  # type: ignore[arg-type]  # one of the two
    except lifecycle.NotNow as why:
        return _answer(request, "error", str(why), bot)
    return _answer(request, "success", f"“{bot.name}” {side}s; what it opens is protected.", bot)


def _delete(request: HttpRequest, bots: Sequence[Bot]) -> HttpResponse:
    if request.method == "POST" and request.POST.get("sure"):
        return _many(request, [bot.pk for bot in bots], "delete")
    waiting = bot_list.open_orders(bots)
    context = {
        "title": "Delete this bot?" if len(bots) == 1 else f"Delete {len(bots)} bots?",
        "chosen": [(bot, waiting[bot.pk]) for bot in bots],
        "number": waiting.total(),
    }
    return _ask(request, "bots/_delete_dialog.html", context)


def _many(request: HttpRequest, ids: Sequence[int], what: str) -> HttpResponse:
    done, refused = commands.in_bulk(current_user(request).pk, ids, what, now=timezone.now())
    number = f"{len(done)} bot{'' if len(done) == 1 else 's'}"
    words = [f"{number} {MANY[what]}."] if done else []
    names = dict(bot_list.of(current_user(request).pk).values_list("pk", "name"))
    words += [f"“{names.get(pk, pk)}”: {why}" for pk, why in list(refused.items())[:SAID]]
    return _answer(request, "warning" if refused else "info", " ".join(words))


def _ask(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A part for the page's dialog, or without a script a page of its own."""
    more = {
        "page": "bots",
        "part": template,
        **money_kinds(bot_list.keys(current_user(request).pk)),
    }
    return render(
        request, template if is_fetch(request) else "bots/dialog_page.html", context | more
    )


def _answer(request: HttpRequest, kind: str, words: str, bot: Bot | None = None) -> HttpResponse:
    if is_fetch(request):
        status = 409 if kind == "error" else 202
        return JsonResponse({"kind": kind, "words": words}, status=status)
    messages.add_message(request, messages.DEFAULT_LEVELS[kind.upper()], words)
    came = request.POST.get("back", "")
    if is_id(came):
        return redirect("bot", bot_id=int(came))
    return redirect("bot", bot_id=bot.pk) if bot else redirect("bots")


def _ids(request: HttpRequest) -> list[str]:
    return [one for one in request.POST.getlist("id") if is_id(one)]
