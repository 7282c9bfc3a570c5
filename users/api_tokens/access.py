"""Say what API tokens may do at each endpoint of the API.

A view that says nothing is closed to API tokens: a new endpoint cannot be forgotten. The
authentication checks this and no permission class, since a view may name permissions of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from users.models import ApiToken

M = TypeVar("M", bound=Model)
View = TypeVar("View", bound=Callable[..., Any])
ATTRIBUTE: Final = "token_access"
SAME_AS_GET: Final = ("HEAD", "OPTIONS")
PERSON_ONLY: Final = "API tokens are not accepted here: sign in with your password."
ALL_KEYS_ONLY: Final = "This concerns all keys, and this API token is for some of them only."


@dataclass(frozen=True, slots=True)
class TokenAccess:
    """The scopes that the methods or actions of a view need; others are closed to tokens."""

    scopes: Mapping[str, str]
    key_tokens: bool


def token_access(*, key_tokens: bool, **scopes: str) -> Callable[[View], View]:
    """Open a view to API tokens: `@token_access(GET="read", cancel="trade", key_tokens=True)`.

    Names are HTTP methods, or actions of a view set, which count first. `key_tokens` says that the
    view shows and changes only what belongs to the keys of the request (`filter_by_keys`), or
    nothing that belongs to any key, so that tokens for some keys may use it too.
    """

    def decorate(view: View) -> View:
        setattr(getattr(view, "cls", view), ATTRIBUTE, TokenAccess(scopes, key_tokens))
        return view

    return decorate


def needed_scope(view: Any, method: str) -> str | None:
    """Return the scope that a view needs for this method; None: it takes no API token."""
    access: TokenAccess | None = getattr(view, ATTRIBUTE, None)
    if access is None:
        return None
    action = str(getattr(view, "action", None))
    if action in access.scopes:
        return access.scopes[action]
    return access.scopes.get("GET" if method in SAME_AS_GET else method)


def check_access(token: ApiToken, view: Any, method: str) -> None:
    """Raise PermissionDenied if this token may not do this."""
    scope = needed_scope(view, method)
    if scope is None:
        raise _build_refusal("no_api_token", PERSON_ONLY)
    if scope not in token.scopes:
        raise _build_refusal("scope_needed", f"This API token may not {scope}.")
    if token.key_ids is not None and not getattr(view, ATTRIBUTE).key_tokens:
        raise _build_refusal("all_keys_needed", ALL_KEYS_ONLY)


def _build_refusal(code: str, message: str) -> PermissionDenied:
    return PermissionDenied({"detail": message, "code": code})


def token_keys(request: Request) -> Sequence[int] | None:
    """Return the ids of the keys that this request is limited to; None: it is not."""
    return request.auth.key_ids if isinstance(request.auth, ApiToken) else None


def filter_by_keys(rows: QuerySet[M], request: Request, field: str = "key") -> QuerySet[M]:
    """Leave out the rows of keys that the API token of this request is not for."""
    key_ids = token_keys(request)
    return rows if key_ids is None else rows.filter(**{f"{field}__in": key_ids})
