"""Small questions that every page and API asks about a request."""

from django.http import HttpRequest
from rest_framework.request import Request

from users.models import User

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
