"""The public status page, if STATUS_PAGE is on: no user, no secret, no reason that names a host.

It is rendered at most every fifteen seconds in each process and language, however many ask, and
without the request: so it reads no session, and stands while PostgreSQL or Redis are away.
"""

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from operations.health import present
from operations.status_page import groups
from operations.status_page.groups import HourSum

log = structlog.get_logger(__name__)

FRESH_SECONDS: Final = 15.0
HISTORY_SECONDS: Final = 300.0
Hours = dict[str, dict[Any, HourSum]]


@dataclass(slots=True)
class PageCache:
    """This process's last page in one language and the history it was painted from."""

    html: str = ""
    painted_at: float = 0.0
    hours: Hours | None = None
    read_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


_caches: defaultdict[str, PageCache] = defaultdict(PageCache)


@require_safe
def show_status(request: HttpRequest) -> HttpResponse:
    """Show the state of the installation to anybody; 404 unless it is switched on."""
    if not settings.STATUS_PAGE:
        raise Http404
    answer = HttpResponse(_get_page(_caches[get_language() or settings.LANGUAGE_CODE]))
    answer["Cache-Control"] = f"public, max-age={FRESH_SECONDS:.0f}"
    return answer


def _get_page(cache: PageCache) -> str:
    """Return the page; one thread paints a new one while the others show the last."""
    if cache.html and time.monotonic() - cache.painted_at < FRESH_SECONDS:
        return cache.html
    if cache.lock.acquire(blocking=not cache.html):
        try:
            if time.monotonic() - cache.painted_at >= FRESH_SECONDS or not cache.html:
                cache.html = _paint_page(cache)
                cache.painted_at = time.monotonic()
        finally:
            cache.lock.release()
    return cache.html


def _paint_page(cache: PageCache) -> str:
    now = timezone.now()
    summary = present.read_summary(now)
    shown = groups.list_groups(summary.services)
    hours = read_history(cache, is_database_away=isinstance(summary.facts.database, str))
    for group in shown:
        own = (hours or {}).get(group.label, {})
        group.days = groups.list_days(own, today=now.date())
        group.up = groups.measure_uptime(own.values())
    context = {
        "groups": shown,
        "overall": groups.find_overall(shown),
        "incidents": groups.list_incidents(hours, now=now) if hours is not None else [],
        "has_history": hours is not None,
        "now": now,
        "days": groups.DAYS,
        "incident_days": groups.INCIDENT_DAYS,
    }
    return render_to_string("status/status.html", context)


def read_history(cache: PageCache, *, is_database_away: bool) -> Hours | None:
    """Read the hours every few minutes; while PostgreSQL is away, those that were read last."""
    if is_database_away or (cache.hours and time.monotonic() - cache.read_at < HISTORY_SECONDS):
        return cache.hours
    try:
        cache.hours, cache.read_at = groups.read_hours(now=timezone.now()), time.monotonic()
    except DatabaseError as error:
        log.warning("history of health not read for the status page", error=str(error))
    return cache.hours
