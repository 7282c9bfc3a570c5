"""The pages that show all bots, and one. Commands are in bots/web/actions.py."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from bots.models import Bot, Mode, Strategy
from bots.web import bot_comparison, bot_detail, bot_list
from exchanges.limits import venue_status
from exchanges.payloads import money_kinds
from realtime import streams
from users.http import current_user


@login_required
@require_GET
def show_bots(request: HttpRequest) -> HttpResponse:
    """Render the list. Read the stream's head first: later changes then come again as events."""
    user, now = current_user(request), timezone.now()
    position, filters = streams.fetch_head(user.pk), bot_list.BotFilters.of(request.GET)
    keys = bot_list.list_keys(user.pk)
    page = bot_list.list_page(user.pk, filters, request.GET.get("page", ""))
    context = {
        "page": "bots",
        "position": position,
        "now": now,
        "filters": filters,
        "keys": keys,
        "symbols": bot_list.list_symbols(user.pk),
        "modes": Mode.choices,
        "strategies": Strategy.choices,
        "numbers": bot_list.count_bots(user.pk, now=now),
        "found": page,
        "rows": bot_list.build_rows(page, now=now),
        "waiting": venue_status.list_closed(keys, now=now),
        "emergency": bot_detail.stop_all_progress(user.pk, now=now),
        **money_kinds(keys),
    }
    return render(request, "bots/bot_list.html", context)


@login_required
@require_GET
def show_bot(request: HttpRequest, bot_id: int) -> HttpResponse:
    user, now = current_user(request), timezone.now()
    position, bot = streams.fetch_head(user.pk), get_own_bot(request, bot_id)
    context = {
        "page": "bots",
        "position": position,
        "now": now,
        "bot": bot,
        "waiting": venue_status.list_closed([bot.key], now=now),
        **bot_detail.detail_context(bot, interval=request.GET.get("interval", ""), now=now),
        **money_kinds([bot.key]),
    }
    return render(request, "bots/bot_detail.html", context)


@login_required
@require_GET
def compare_bots(request: HttpRequest) -> HttpResponse:
    user, now = current_user(request), timezone.now()
    context = {
        "page": "bots",
        "position": streams.fetch_head(user.pk),
        "now": now,
        **bot_comparison.comparison_context(user.pk, request.GET, now=now),
    }
    return render(request, "bots/bot_comparison.html", context)


def get_own_bot(request: HttpRequest, bot_id: int) -> Bot:
    bots = Bot.objects.filter(user=current_user(request).pk).select_related("key", "user")
    return get_object_or_404(bots, pk=bot_id)
