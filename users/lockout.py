"""Answer somebody who guessed passwords too often, with the time to wait."""

import math
from datetime import timedelta
from typing import Any

import structlog
from axes.models import AccessAttempt
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

log = structlog.get_logger(__name__)


def answer_locked_out(request: HttpRequest, *_: Any) -> HttpResponse:
    """Build the answer for axes, whose further arguments differ between sync and async."""
    username = _attempted_username(request)
    wait = max(1, math.ceil(_time_left(request, username).total_seconds()))
    address = getattr(request, "axes_ip_address", None)
    log.warning("sign-in locked", address=address, seconds=wait)  # a name may be a password
    answer = (
        _json_answer(wait)
        if request.path.startswith("/api/")
        else _page_answer(request, username, wait)
    )
    answer["Retry-After"] = str(wait)
    return answer


def _json_answer(wait: int) -> HttpResponse:
    minutes = math.ceil(wait / 60)
    detail = _(
        "Too many failed sign-ins from here. Try again in %(minutes)s min, or ask an operator."
    ) % {"minutes": minutes}
    return JsonResponse({"detail": detail}, status=429)


def _page_answer(request: HttpRequest, username: str, wait: int) -> HttpResponse:
    context = {
        "username": username,
        "failure_limit": settings.AXES_FAILURE_LIMIT,
        "cooloff_timedelta": timedelta(seconds=wait),
    }
    return render(request, "users/lockout.html", context, status=429)


def _attempted_username(request: HttpRequest) -> str:
    credentials: dict[str, str] = getattr(request, "axes_credentials", None) or {}
    return credentials.get("username") or ""


def _time_left(request: HttpRequest, username: str) -> timedelta:
    address = getattr(request, "axes_ip_address", None)
    attempts = AccessAttempt.objects.filter(username=username, ip_address=address)
    latest = attempts.order_by("-attempt_time").first()
    cooloff: timedelta = settings.AXES_COOLOFF_TIME
    return latest.attempt_time + cooloff - timezone.now() if latest else cooloff
