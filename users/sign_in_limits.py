"""Limit sign-ins by page: so many of an address in a minute, and so many that wait at once.

Wrong passwords of one name are counted by axes, in the database.
"""

import math
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from users import password_hashing
from users.throttling import SignInRate

BUSY: Final = gettext_noop("Too many people are signing in at this moment.")
BUSY_SECONDS: Final = 10
View = Callable[..., Any]


def limit_sign_ins(view: View) -> View:
    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return _refuse_sign_in(request) or view(request, *args, **kwargs)

    return limited


def _refuse_sign_in(request: HttpRequest) -> HttpResponse | None:
    if request.method != "POST":
        return None
    throttle = SignInRate()
    if not throttle.allow_request(request, None):
        message = _("Too many sign-ins came from your address.")
        return _answer_refusal(request, message, 429, throttle.wait() or 1)
    if password_hashing.is_busy():
        return _answer_refusal(request, _(BUSY), 503, BUSY_SECONDS)
    return None


def _answer_refusal(
    request: HttpRequest, message: str, status: int, seconds: float
) -> HttpResponse:
    wait = math.ceil(seconds)
    context = {"message": message, "cooloff_timedelta": timedelta(seconds=wait)}
    answer = render(request, "users/lockout.html", context, status=status)
    answer["Retry-After"] = str(wait)
    return answer
