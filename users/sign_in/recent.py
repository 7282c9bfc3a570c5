"""Ask for the password again before a key is attached or a secret is shown.

A password, code or passkey counts for REAUTHENTICATION_MINUTES, the one of signing in too. A token
carries the time of its sign-in in the claim `auth_time`, also after it was renewed.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework_simplejwt.tokens import Token

View = TypeVar("View", bound=Callable[..., HttpResponse])

CLAIM: Final = "auth_time"
REASON: Final = (
    "Give your password again first: sign in anew by POST auth/token/, or on a page. What matters"
    " most is only done soon after that."
)


def is_recent(request: HttpRequest) -> bool:
    """Tell whether the person at this session proved lately who they are."""
    times = [record["at"] for record in get_authentication_records(request, request.user)]
    return _is_recent_time(max(times, default=0.0))


def is_recent_call(request: Request) -> bool:
    """Tell the same of an API request: by its token's sign-in, or by its session."""
    if isinstance(request.auth, Token):
        return _is_recent_time(request.auth.get(CLAIM, 0))
    return request.auth is None and is_recent(request._request)


class RecentPassword(BasePermission):
    """Refuse what needs a recent password with 403 and the code `password_needed`."""

    code = "password_needed"
    message = {"detail": REASON, "code": code}

    def has_permission(self, request: Request, view: Any) -> bool:
        return is_recent_call(request)


def recent_password_required(*, back: str) -> Callable[[View], View]:
    """Send whoever has given no password lately to the page that asks for it, then to `back`.

    What was posted is not kept: it may hold a secret, and sessions are stored in the database.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "POST" and not is_recent(request):
                return ask_again(request, back=resolve_url(back))
            return view(request, *args, **kwargs)

        return cast(View, guarded)

    return decorate


def ask_again(request: HttpRequest, *, back: str) -> HttpResponse:
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    return redirect(f"{methods[0]['url']}?{urlencode({REDIRECT_FIELD_NAME: back})}")


def _is_recent_time(seconds: float) -> bool:
    return bool(time.time() - seconds < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
