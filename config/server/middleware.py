"""Middleware for all responses of Django: no caching, and request logs without query strings."""

from collections.abc import Callable
from typing import Any

import structlog
from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware
from django_structlog.middlewares import RequestMiddleware

from config.logs import hide_secrets


class RequestLog(RequestMiddleware):
    """Log each request without its query string, which may hold what people searched or pasted.

    Likewise without the secret of an address that lets in whoever has it.
    """

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        """Tell the client the id by which operators find this request in logs and audit log."""
        request_id = structlog.contextvars.get_contextvars().get("request_id")
        if request_id:
            response.headers.setdefault("X-Request-ID", str(request_id))
        super().handle_response(request, response)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {hide_secrets(request, request.path)}"


@sync_and_async_middleware
def forbid_storing(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Keep pages and answers out of caches, where the next person at the browser would find them.

    An answer that says itself how long it may be kept stays as it is.
    """
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponse:
            return _forbid_caching(await get_response(request))

        return answer_later

    def answer(request: HttpRequest) -> HttpResponse:
        return _forbid_caching(get_response(request))

    return answer


def _forbid_caching(response: HttpResponse) -> HttpResponse:
    response.headers.setdefault("Cache-Control", "no-store")
    return response
