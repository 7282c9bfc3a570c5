"""Note when and from where a browser's session was used last, a few times an hour.

A session has no row of its own until then if it began before the list of sessions existed.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Final, cast

from allauth.usersessions.models import UserSession
from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware

from users.addresses import client_address

EVERY: Final = 300.0  # seconds
MOST: Final = 10_000  # sessions that a process remembers
Answer = Callable[[HttpRequest], HttpResponse]
AsyncAnswer = Callable[[HttpRequest], Awaitable[HttpResponse]]

_noted: dict[str, float] = {}


@sync_and_async_middleware
def note_activity(get_response: Answer | AsyncAnswer) -> Answer | AsyncAnswer:
    if iscoroutinefunction(get_response):
        answer_later = cast(AsyncAnswer, get_response)

        async def answer_async(request: HttpRequest) -> HttpResponse:
            response = await answer_later(request)
            if user := _find_due_user(request):
                await sync_to_async(record_use)(request, user)
            return response

        return answer_async
    answer_now = cast(Answer, get_response)

    def answer(request: HttpRequest) -> HttpResponse:
        response = answer_now(request)
        if user := _find_due_user(request):
            record_use(request, user)
        return response

    return answer


def _find_due_user(request: HttpRequest) -> AbstractBaseUser | None:
    """Return the session's user if the view asked for them, unless noted a moment ago."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    user = getattr(request, "_cached_user", None) or getattr(request, "_acached_user", None)
    if not key or user is None or not user.is_authenticated:
        return None
    if request.session.session_key != key:  # a new one was made by this request
        return None
    now = time.monotonic()
    if now - _noted.get(key, -EVERY) < EVERY:
        return None
    if len(_noted) >= MOST:
        _noted.clear()
    _noted[key] = now
    return cast(AbstractBaseUser, user)


def record_use(request: HttpRequest, user: AbstractBaseUser) -> None:
    key = request.session.session_key
    if not key:
        return
    fields: dict[str, object] = {"last_seen_at": timezone.now()}
    if address := client_address(request):
        fields["ip"] = address
    if not UserSession.objects.filter(session_key=key, user=user).update(**fields):
        UserSession.objects.create_from_request(request, user=user)
