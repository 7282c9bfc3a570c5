"""Middleware that writes the numbers of a page as its reader wants them."""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, Final, cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from users.number_format.separators import number_format

PROGRAM_PATHS: Final = "/api/"


@sync_and_async_middleware
def use_number_format(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    if iscoroutinefunction(get_response):
        answer_later = cast(Callable[[HttpRequest], Awaitable[HttpResponse]], get_response)

        async def answer_async(request: HttpRequest) -> HttpResponse:
            with number_format(_find_format(request)):
                return await answer_later(request)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponse:
        with number_format(_find_format(request)):
            return cast(HttpResponse, get_response(request))

    return answer


def _find_format(request: HttpRequest) -> Callable[[], str]:
    """Return what reads the person's format: only once a number is written, which not all do."""
    if request.path.startswith(PROGRAM_PATHS):
        return str

    @cache
    def read_format() -> str:
        return str(getattr(request.user, "number_format", ""))

    return read_format
