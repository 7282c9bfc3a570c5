"""Say in words that an account's page needs Redis, which counts its codes and mails."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import redis
import structlog
from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import sync_and_async_middleware

log = structlog.get_logger(__name__)

RETRY_SECONDS: Final = 30


@sync_and_async_middleware
def explain_redis_outage(get_response: Callable[[HttpRequest], Any]) -> Any:
    """Answer 503 where a view of allauth fails because Redis is away."""
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponse:
            answer: Awaitable[HttpResponse] = get_response(request)
            return await answer
    else:

        def middleware(request: HttpRequest) -> HttpResponse:  # type: ignore[misc]
            response: HttpResponse = get_response(request)
            return response

    middleware.process_exception = _answer_outage  # type: ignore[attr-defined]
    return middleware


def _answer_outage(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    view = request.resolver_match.func if request.resolver_match else None
    is_account_page = getattr(view, "__module__", "").startswith("allauth.")
    if not is_account_page or not isinstance(exception, redis.RedisError):
        return None
    log.warning("account page not answered, Redis is away", error=str(exception))
    answer = render(request, "users/unavailable.html", status=503)
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer
