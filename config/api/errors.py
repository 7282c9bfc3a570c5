"""Answers of Django's own to a request that no view answers: JSON to programs, pages to people."""

import sys
from typing import Any, Final

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import is_valid_path
from django.utils.translation import gettext as _
from django.views import defaults
from psycopg import errors

from config.database.base import PoolExhausted

RETRY_SECONDS: Final = "5"
READS: Final = {"GET", "HEAD", "OPTIONS"}
TOOK_TOO_LONG: Final = (errors.QueryCanceled, errors.LockNotAvailable, errors.DeadlockDetected)


def answer_bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return _detail_response("This request makes no sense.", 400)
    return defaults.bad_request(request, exception)


def answer_forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return _detail_response("This is not allowed to you.", 403)
    return defaults.permission_denied(request, exception)


def answer_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return _detail_response(_explain_missing(request.path_info), 404)
    return defaults.page_not_found(request, exception)


def answer_server_error(request: HttpRequest) -> HttpResponse:
    """Name the request by the id that the log has it under, and say nothing of the error.

    503 while the database cannot be reached: a later try may succeed.
    """
    error = sys.exception()
    if isinstance(error, InterfaceError | OperationalError):
        return _answer_unavailable(request, _explain_unavailable(error.__cause__ or error))
    named = structlog.contextvars.get_contextvars().get("request_id")
    context = {"request_id": named} if named else {}
    if _is_api(request):
        return _detail_response("Something went wrong here, and the log says what.", 500, **context)
    return HttpResponse(render_to_string("500.html", context), status=500)


def _answer_unavailable(request: HttpRequest, reason: str) -> HttpResponse:
    advice = _("Try again in a moment.")
    if request.method not in READS:  # the connection may have been lost after the commit
        advice = _("Look whether it was done before you try again.")
    if _is_api(request):
        response: HttpResponse = _detail_response(f"{reason} {advice}", 503)
    else:  # without the request: what templates then learn of it is in the database
        context = {"reason": reason, "advice": advice}
        response = HttpResponse(render_to_string("503.html", context), status=503)
    response["Retry-After"] = RETRY_SECONDS
    return response


def _explain_unavailable(error: BaseException) -> str:
    if isinstance(error, TOOK_TOO_LONG):
        return _("The database took too long over this.")
    if isinstance(error, PoolExhausted):
        return _("The database has too much to do just now.")
    return _("The database cannot be reached just now.")


def _explain_missing(path: str) -> str:
    if not path.endswith("/") and is_valid_path(f"{path}/"):
        return f"There is nothing at this address; {path}/ ends with a slash."
    return "There is nothing at this address; see /api/docs/."


def _is_api(request: HttpRequest) -> bool:
    return f"{request.path}/".startswith("/api/")


def _detail_response(detail: str, status: int, **more: Any) -> JsonResponse:
    return JsonResponse({"detail": detail, **more}, status=status)
