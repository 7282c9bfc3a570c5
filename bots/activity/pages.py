"""The page of the activity log, the newest entry on top, and its clearing."""

from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
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
SPANS: Final = {
    "1": gettext_lazy("Last hour"),
    "24": gettext_lazy("Last 24 hours"),
    "168": gettext_lazy("Last 7 days"),
}


@login_required
@require_GET
def show_log(request: HttpRequest) -> HttpResponse:
    user, now = current_user(request), timezone.now()
    position = streams.fetch_head(user.pk)
    entries, before = _filter_entries(request, request.GET), request.GET.get("before", "")
    if is_id(before):
        entries = entries.filter(pk__lt=int(before))
    shown = list(entries[: PAGE_SIZE + 1])
    context = {
        "page": "logs",
        "position": position,
        "now": now,
        "lines": [(log_entry_data(line), line.bot) for line in shown[:PAGE_SIZE]],
        "older": shown[PAGE_SIZE - 1].pk if len(shown) > PAGE_SIZE else None,
        "before": before if is_id(before) else "",
        "counts": _count_levels(request),
        "levels": request.GET.getlist("level"),
        "filters": {name: request.GET.get(name, "") for name in FILTERS},
        "is_filtered": any(request.GET.get(name) for name in FILTERS),
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
    query = request.POST if request.method == "POST" else request.GET
    entries = _filter_entries(request, query)
    if request.method == "POST":
        upto = query.get("upto", "")
        number, _counts = (
            entries.filter(pk__lte=int(upto) if is_id(upto) else 0).order_by().delete()
        )
        text = ngettext("%(count)s entry cleared.", "%(count)s entries cleared.", number)
        messages.info(request, text % {"count": number})
        return redirect("logs")
    newest = entries.first()
    context: dict[str, Any] = {
        "page": "logs",
        "title": _("Clear the log?"),
        "part": "activity/_clear_log_dialog.html",
        "number": entries.count(),
        "upto": newest.pk if newest else 0,
        "filters": [(name, value) for name in FILTERS for value in query.getlist(name) if value],
        **money_kinds(ExchangeKey.objects.filter(user=current_user(request))),
    }
    return render(
        request, context["part"] if is_fetch(request) else "bots/dialog_page.html", context
    )


def _filter_entries(request: HttpRequest, query: QueryDict) -> QuerySet[LogEntry]:
    """Return the entries that the query selects; invalid filters are ignored."""
    entries = LogEntry.objects.filter(user=current_user(request).pk).select_related("bot")
    query, hours = query.copy(), query.get("within", "")
    if hours in SPANS:
        query["since"] = format_time(timezone.now() - timedelta(hours=int(hours)))
    selected: QuerySet[LogEntry] = LogFilter(query, queryset=entries).qs
    return selected


def _count_levels(request: HttpRequest) -> list[tuple[str, str, int]]:
    """Count the entries of each level, with all other filters applied."""
    query = request.GET.copy()
    query.setlist("level", [])
    entries = _filter_entries(request, query).order_by()
    counts = dict(entries.values_list("level").annotate(entries=Count("*")))
    return [(value, str(label), counts.get(value, 0)) for value, label in LogEntry.Level.choices]
