"""Middleware that notes the request for the audit log."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from operations.audit.actors import note_request


@sync_and_async_middleware
def audit_request(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    if iscoroutinefunction(get_response):
        answer_later = cast(Callable[[HttpRequest], Awaitable[HttpResponse]], get_response)

        async def answer_async(request: HttpRequest) -> HttpResponse:
            with note_request(request):
                return await answer_later(request)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponse:
        with note_request(request):
            return cast(HttpResponse, get_response(request))

    return answer
