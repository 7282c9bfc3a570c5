"""Small questions that every page and API asks about a request."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from rest_framework.request import Request

from users.models import User

View = Callable[..., HttpResponse]
LONGEST_ID = 18  # digits; a longer number does not fit into the database's


def current_user(request: HttpRequest | Request) -> User:
    """Return the signed-in user; login_required or the permission class has checked that."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


def is_fetch(request: HttpRequest) -> bool:
    """Tell whether our own script asked, which wants a fragment or JSON and no whole page."""
    return request.headers.get("X-Requested-With") == "fetch"


def is_id(text: str) -> bool:
    """Tell whether this text of a query string can be a row's id."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_ID


def release_connections() -> None:
    """Give this thread's pooled database connections to others; its next query takes one again.

    To be called before a long wait: requests that wait for something else would use up the pool,
    and all others would get 503. Within a transaction a connection stays.
    """
    for connection in connections.all(initialized_only=True):
        is_pooled = "pool" in connection.settings_dict["OPTIONS"]
        if is_pooled and not connection.in_atomic_block:
            connection.close()


def act_on_own_rows(page: str, *refusals: type[Exception]) -> Callable[[View], View]:
    """Wrap a form's view: 404 for another user's row, and a refusal is told in words on `page`."""

    def wrap(view: View) -> View:
        @login_required
        @require_POST
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except ObjectDoesNotExist:
                raise Http404 from None
            except refusals as refused:
                messages.error(request, str(refused))
                return redirect(page)

        return guarded

    return wrap
