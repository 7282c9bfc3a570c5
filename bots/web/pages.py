"""The bots pages that show: all of them, and one. Commands go through bots/web/actions.py."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from bots.models import Bot, Mode, Strategy
from bots.web import bot_detail, bot_list
from exchanges.limits import venue_status
from exchanges.payloads import money_kinds
from realtime import streams
from users.http import current_user


@login_required
@require_GET
def bots(request: HttpRequest) -> HttpResponse:
    """The position is read before the bots: what changes in between comes again, harmlessly."""
    user, now = current_user(request), timezone.now()
    position, filters = streams.fetch_head(user.pk), bot_list.Filters.of(request.GET)
    keys = bot_list.keys(user.pk)
    found = bot_list.page(user.pk, filters, request.GET.get("page", ""))
    context = {
        "page": "bots",
        "position": position,
        "now": now,
        "filters": filters,
        "keys": keys,
        "symbols": bot_list.symbols(user.pk),
        "modes": Mode.choices,
        "strategies": Strategy.choices,
        "numbers": bot_list.numbers(user.pk, now=now),
        "found": found,
        "rows": bot_list.rows(found, now=now),
        "waiting": venue_status.list_closed(keys, now=now),
        "emergency": bot_detail.emergency_of(user.pk, now=now),
        **money_kinds(keys),
    }
    return render(request, "bots/bot_list.html", context)


@login_required
@require_GET
def bot(request: HttpRequest, bot_id: int) -> HttpResponse:
    user, now = current_user(request), timezone.now()
    position, found = streams.fetch_head(user.pk), own(request, bot_id)
    context = {
        "page": "bots",
        "position": position,
        "now": now,
        "bot": found,
        "waiting": venue_status.list_closed([found.key], now=now),
        **bot_detail.of(found, now=now),
        **money_kinds([found.key]),
    }
    return render(request, "bots/bot_detail.html", context)


def own(request: HttpRequest, bot_id: int) -> Bot:
    mine = Bot.objects.filter(user=current_user(request).pk).select_related("key", "user")
    return get_object_or_404(mine, pk=bot_id)
