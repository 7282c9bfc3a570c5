"""Show pages in the language of the person, else of the browser; programs read English."""

from collections.abc import Awaitable, Callable
from typing import Final, cast

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.decorators import sync_and_async_middleware

# The admin is the operators' tool, and its tables have the names that logs and documents use.
ENGLISH: Final = ("/api/", "/hooks/", "/admin/", "/metrics", "/version")
# Kept by caches for everybody, and shown while PostgreSQL is away: no session is read for it.
SHARED: Final = "/status/"
Answer = Callable[[HttpRequest], HttpResponse]
AsyncAnswer = Callable[[HttpRequest], Awaitable[HttpResponse]]


@sync_and_async_middleware
def speak_language(get_response: Answer | AsyncAnswer) -> Answer | AsyncAnswer:
    """Answer in a language, and leave the one of this thread as it was.

    Django's own middleware does not read the person's choice, and leaves its language behind.
    """
    if iscoroutinefunction(get_response):
        answer_later = cast(AsyncAnswer, get_response)

        async def answer_async(request: HttpRequest) -> HttpResponse:
            if request.path_info.startswith(ENGLISH):
                return await answer_later(request)
            language = await sync_to_async(choose_language)(request)
            with translation.override(language):
                return _name_language(await answer_later(request), language)

        return answer_async
    answer_now = cast(Answer, get_response)

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(ENGLISH):
            return answer_now(request)
        language = choose_language(request)
        with translation.override(language):
            return _name_language(answer_now(request), language)

    return answer


def choose_language(request: HttpRequest) -> str:
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    is_personal = has_session and not request.path_info.startswith(SHARED)
    chosen = getattr(request.user, "language", "") if is_personal else ""
    return chosen or translation.get_language_from_request(request)


def _name_language(response: HttpResponse, language: str) -> HttpResponse:
    response.headers.setdefault("Content-Language", language)
    patch_vary_headers(response, ["Accept-Language"])
    return response
