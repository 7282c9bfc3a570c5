"""The secrets of the settings, and those that the current request brought, to hide in log lines."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http import HttpRequest

from operations.audit.actors import current_request
from users.redaction.patterns import SHORTEST
from users.redaction.redact import is_secret_name

MOST_BYTES: Final = 64 * 1024
LONG: Final = 16  # characters; so long a value of a query may be a secret, whatever its name
ALSO: Final = {"code", "oldpassword"}
SETTINGS: Final = (
    *("SECRET_KEY", "METRICS_TOKEN", "EMAIL_HOST_PASSWORD"),
    *("TELEGRAM_BOT_TOKEN", "VAPID_PRIVATE_KEY"),
)
URLS: Final = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")
SHORTEST_PASSWORD: Final = 8  # a shorter one may be a common word of the log


def list_setting_secrets() -> Iterator[str]:
    for name in SETTINGS:
        yield str(getattr(settings, name, "") or "")
    yield from settings.SECRET_KEY_FALLBACKS
    yield from settings.SEAL_PRIVATE_KEYS
    providers: Mapping[str, Any] = settings.SOCIALACCOUNT_PROVIDERS
    for provider in providers.values():
        yield from (app["secret"] for app in provider["APPS"])
    for name in URLS:
        password = urlsplit(str(getattr(settings, name, "") or "")).password or ""
        if len(password) >= SHORTEST_PASSWORD:
            yield from (password, unquote(password))


def list_request_secrets() -> set[str]:
    """Return them without reading anything: a body that nobody read is in no error text."""
    request = current_request()
    if request is None:
        return set()
    texts = {*_find_in_headers(request), *_find_in_query(request), *_find_in_body(request)}
    return {text for text in texts if len(text) >= SHORTEST}


def _find_in_headers(request: HttpRequest) -> Iterator[str]:
    yield from request.COOKIES.values()
    for name, value in request.META.items():
        if name.startswith("HTTP_") and name != "HTTP_COOKIE" and is_secret_name(name[5:]):
            yield str(value).rpartition(" ")[2]


def _find_in_query(request: HttpRequest) -> Iterator[str]:
    for name, values in request.GET.lists():
        yield from (value for value in values if is_secret_name(name) or len(value) >= LONG)


def _find_in_body(request: HttpRequest) -> Iterator[str]:
    for fields in (
        request.__dict__.get("_post"),
        getattr(request.__dict__.get("api_request"), "_full_data", None),
        _parse_json(request.__dict__.get("_body")),
    ):
        if isinstance(fields, Mapping):
            yield from _find_in_fields(fields)


def _find_in_fields(fields: Mapping[str, Any]) -> Iterator[str]:
    """Look at all levels, without recursion: strangers choose how many there are."""
    waiting: list[Any] = [fields]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting += found
        elif isinstance(found, Mapping):
            waiting += [value for value in found.values() if not isinstance(value, str)]
            for name, value in found.items():
                if isinstance(value, str) and (is_secret_name(str(name)) or name in ALSO):
                    yield value


def _parse_json(body: bytes | None) -> object:
    if not body or len(body) > MOST_BYTES:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # not JSON, or nested too deeply to be read by anybody
        return None
