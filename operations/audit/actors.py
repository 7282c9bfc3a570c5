"""Name who acts now, for the audit log: the request, task or command that this code runs in.

It goes to the database in a comment before each statement that writes. Where nobody noted a
request, the actor is the process itself and never the person before.
"""

import base64
import getpass
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Final

import structlog
from celery import current_task
from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, empty

LONGEST: Final = 150  # characters of a name
ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
READS: Final = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "FETCH", "DECLARE", "EXPLAIN")

_request: ContextVar[HttpRequest | None] = ContextVar("audit_request", default=None)


@contextmanager
def note_request(request: HttpRequest) -> Iterator[None]:
    """Let changes until the end of the block count as made by this request."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def current_request() -> HttpRequest | None:
    return _request.get()


def send_with_actor(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Execute a statement with its actor, as a wrapper of Django's (config/database/base.py)."""
    return execute(add_actor(sql) if isinstance(sql, str) else sql, params, many, context)


def add_actor(statement: str) -> str:
    """Put the actor before a statement that may write."""
    if statement.lstrip("( \n").startswith(READS):
        return statement
    actor = json.dumps(describe_actor(), separators=(",", ":"))
    return f"/* fillwatch:{base64.b64encode(actor.encode()).decode()} */ {statement}"


def describe_actor() -> dict[str, Any]:
    """Return the fields of the audit log that say who acts, from where and in what."""
    request = _request.get()
    fields = _describe_process() if request is None else _describe_request(request)
    context = structlog.contextvars.get_contextvars()
    ids = {name: str(context.get(name, "")) for name in ("request_id", "task_id")}
    return fields | {name: text for name, text in ids.items() if ID.fullmatch(text)}


def _describe_request(request: HttpRequest) -> dict[str, Any]:
    from users.addresses import client_address  # it needs the settings, and this module is early

    match = request.resolver_match
    fields: dict[str, Any] = {
        "actor": "anonymous",
        "via": (match.view_name if match else "")[:LONGEST],
        "address": client_address(request),
    }
    if (user := _find_user(request)) is None:
        return fields
    role = "superuser" if user.is_superuser else "staff" if user.is_staff else "user"
    fields |= {"actor": "user", "actor_id": user.pk, "actor_name": user.username, "role": role}
    return fields | {"token_id": _find_token(request)}


def _find_user(request: HttpRequest) -> Any:
    """Return the signed-in user, if the request has looked for one: looking is a query."""
    user: Any = request.__dict__.get("user")
    if isinstance(user, SimpleLazyObject) and user._wrapped is empty:
        user = getattr(request, "_cached_user", None)
    return user if user is not None and user.is_authenticated else None


def _find_token(request: HttpRequest) -> int | None:
    from users.models import ApiToken

    token = getattr(request, "auth", None)
    return token.pk if isinstance(token, ApiToken) else None


def _describe_process() -> dict[str, Any]:
    role = settings.FILLWATCH_ROLE
    if role == "command":
        via = f"manage.py {sys.argv[1]}" if sys.argv[1:] else sys.argv[0]
        return {"actor": "command", "actor_name": _login_name(), "via": via[-LONGEST:]}
    via = str(current_task.name)[:LONGEST] if current_task else ""
    return {"actor": "system", "actor_name": role, "via": via}


@cache
def _login_name() -> str:
    try:
        return getpass.getuser()[:LONGEST]
    except (KeyError, OSError):  # a container's user without a name
        return ""
