"""Refuse settings that cannot work at the start, and name the remedy."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.http.request import validate_host

from config.redis_setup import urls
from config.static_files import collected

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
POSTGRES = "config.database"  # ours, of PostgreSQL


@register()
def check_services(**_: Any) -> Iterator[CheckMessage]:
    if (problem := urls.find_problem(settings.REDIS_URL)) is not None:
        hint = "Name one server, such as redis://:password@host:6379/0 or unix:///path?db=0."
        yield Error(f"REDIS_URL {problem}", hint=hint, id="fillwatch.E001")
    if settings.DATABASES["default"]["ENGINE"] != POSTGRES:
        message = "DATABASE_URL is not a PostgreSQL database; locks and event numbers need one."
        hint = "Such as postgres://user:password@host:5432/name."
        yield Error(message, hint=hint, id="fillwatch.E002")
    if settings.ORDER_CHECK_SECONDS <= 0:
        hint = "Remove it for every 5 seconds. Single orders can be paused in the admin."
        yield Error("ORDER_CHECK_SECONDS must be above 0.", hint=hint, id="fillwatch.E003")


@register()
def check_address(**_: Any) -> Iterator[CheckMessage]:
    url = urlsplit(settings.FILLWATCH_URL)
    origin = f"{url.scheme}://{url.netloc}"
    if url.scheme not in ("http", "https") or not url.hostname or url.path.strip("/"):
        message = f"FILLWATCH_URL {settings.FILLWATCH_URL!r} is not the address of a site."
        hint = "Scheme and host as people type them, such as https://fillwatch.example.org."
        yield Error(message, hint=hint, id="fillwatch.E004")
        return
    if not validate_host(url.hostname, settings.ALLOWED_HOSTS):
        message = f"ALLOWED_HOSTS lacks {url.hostname}, so every page will answer 400."
        hint = "Add it, or unset ALLOWED_HOSTS: it then follows FILLWATCH_URL."
        yield Error(message, hint=hint, id="fillwatch.E005")
    if origin not in settings.CSRF_TRUSTED_ORIGINS:
        message = f"CSRF_TRUSTED_ORIGINS lacks {origin}, so forms and sockets may be refused."
        hint = "Add it, or unset CSRF_TRUSTED_ORIGINS: it then follows FILLWATCH_URL."
        yield Warning(message, hint=hint, id="fillwatch.W006")


@register(Tags.staticfiles)
def check_static_files(**_: Any) -> Iterator[CheckMessage]:
    if collected.is_stale(Path(settings.STATIC_ROOT)):
        message = "STATIC_ROOT holds the pages' files of another version."
        hint = "Run `manage.py collectstatic --noinput`, and restart the web processes."
        yield Warning(message, hint=hint, id="fillwatch.W008")


@register(Tags.security, deploy=True)
def check_encryption(**_: Any) -> Iterator[CheckMessage]:
    url = urlsplit(settings.FILLWATCH_URL)
    if url.scheme == "http" and url.hostname not in LOOPBACK:
        message = "FILLWATCH_URL is plain http, so passwords and tokens travel in the clear."
        hint = "Put a proxy with a certificate in front, set https://… and BEHIND_TLS_PROXY=true."
        yield Warning(message, hint=hint, id="fillwatch.W007")
