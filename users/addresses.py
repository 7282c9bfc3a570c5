"""Where somebody is: the client's network address, behind as many proxies as PROXY_COUNT says."""

import ipaddress

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.settings import api_settings


def client_address(request: HttpRequest | Request) -> str | None:
    """The same answer as the API's throttles give, so that no header escapes one of them."""
    behind = api_settings.NUM_PROXIES or 0
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    seen = forwarded[-min(behind, len(forwarded))].strip() if behind else ""
    return _valid(seen) or _valid(request.META.get("REMOTE_ADDR", ""))


def _valid(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:  # a header may hold anything, a Unix socket has no address
        return None
