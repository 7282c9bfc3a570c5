"""The page of the activity log, the newest entry on top, and its clearing."""

from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from bots.activity.api import LogFilter
from bots.activity.log import log_entry_data
from bots.models import Bot, LogEntry
from exchanges.models import ExchangeKey
from exchanges.payloads import money_kinds
from realtime import streams
from realtime.values import format_time
from users.http import current_user, is_fetch, is_id

PAGE_SIZE: Final = 100
FILTERS: Final = ("level", "bot", "order", "q", "since", "until", "within")
SPANS: Final = {"1": "Last hour", "24": "Last 24 hours", "168": "Last 7 days"}


@login_required
@require_GET
def show_log(request: HttpRequest) -> HttpResponse:
    user, now = current_user(request), timezone.now()
    position = streams.fetch_head(user.pk)
    before = request.GET.get("before", "")
    shown = list(_filter_older(_filter_entries(request, request.GET), before)[: PAGE_SIZE + 1])
    context = {
        "page": "logs",
        "position": position,
        "now": now,
        "lines": [(log_entry_data(line), line.bot) for line in shown[:PAGE_SIZE]],
        "older": shown[PAGE_SIZE - 1].pk if len(shown) > PAGE_SIZE else None,
        "before": before if is_id(before) else "",
        "counts": _count_levels(request),
        "levels": request.GET.getlist("level"),
        "asked": {name: request.GET.get(name, "") for name in FILTERS},
        "narrowed": any(request.GET.get(name) for name in FILTERS),
        "bots": Bot.objects.filter(user=user).order_by("name"),
        "spans": SPANS,
        **money_kinds(ExchangeKey.objects.filter(user=user)),
    }
    return render(request, "activity/log.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def clear_log(request: HttpRequest) -> HttpResponse:
    """Ask with the number of entries that the filters find (GET), then delete them (POST).

    POST deletes up to the newest entry of that moment: none that came since and nobody has seen.
    """
    asked = request.POST if request.method == "POST" else request.GET
    found = _filter_entries(request, asked)
    if request.method == "POST":
        upto = asked.get("upto", "")
        number, _ = found.filter(pk__lte=int(upto) if is_id(upto) else 0).order_by().delete()
        messages.info(request, f"{number} line{'' if number == 1 else 's'} cleared.")
        return redirect("logs")
    newest = found.first()
    context: dict[str, Any] = {
        "page": "logs",
        "title": "Clear the log?",
        "part": "activity/_clear_log_dialog.html",
        "number": found.count(),
        "upto": newest.pk if newest else 0,
        "asked": [(name, one) for name in FILTERS for one in asked.getlist(name) if one],
        **money_kinds(ExchangeKey.objects.filter(user=current_user(request))),
    }
    return render(
        request, context["part"] if is_fetch(request) else "bots/dialog_page.html", context
    )


def _filter_entries(request: HttpRequest, asked: QueryDict) -> QuerySet[LogEntry]:
    """Return the entries that the query selects; invalid filters are ignored."""
    lines = LogEntry.objects.filter(user=current_user(request).pk).select_related("bot")
    asked, hours = asked.copy(), asked.get("within", "")
    if hours in SPANS:
        asked["since"] = format_time(timezone.now() - timedelta(hours=int(hours)))
    narrowed: QuerySet[LogEntry] = LogFilter(asked, queryset=lines).qs
    return narrowed


def _filter_older(lines: QuerySet[LogEntry], before: str) -> QuerySet[LogEntry]:
    return lines.filter(pk__lt=int(before)) if is_id(before) else lines


def _count_levels(request: HttpRequest) -> list[tuple[str, str, int]]:
    """Count the entries of each level, with all other filters applied."""
    asked = request.GET.copy()
    asked.setlist("level", [])
    levels = (
        _filter_entries(request, asked).order_by().values_list("level").annotate(lines=Count("*"))
    )
    counted = dict(levels)
    return [(value, label, counted.get(value, 0)) for value, label in LogEntry.Level.choices]
