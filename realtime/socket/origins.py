"""The origins whose pages may use their visitor's session cookie on a socket."""

from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain


def is_allowed(origin: str | None, host: str | None) -> bool:
    """Say if an origin is ours or one that the operator trusts. Browsers always send it."""
    try:
        page = urlsplit(origin or "")
    except ValueError:  # no address at all
        return False
    if page.scheme not in ("http", "https") or not page.netloc:
        return False
    return _is_named(page) or _is_same_host(page, host)


def _is_named(page: SplitResult) -> bool:
    named = [settings.FILLWATCH_URL, *settings.CORS_ALLOWED_ORIGINS, *settings.CSRF_TRUSTED_ORIGINS]
    return any(_matches_origin(page, urlsplit(origin)) for origin in named)


def _matches_origin(page: SplitResult, named: SplitResult) -> bool:
    if page.scheme != named.scheme:
        return False
    pattern = named.netloc.lower()
    if pattern.startswith("*."):
        return is_same_domain(page.netloc.lower(), pattern[1:])
    return page.netloc.lower() == pattern


def _is_same_host(page: SplitResult, host: str | None) -> bool:
    """The page came from this very server, under a name that it answers to."""
    if not host or page.netloc.lower() != host.lower():
        return False
    return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
