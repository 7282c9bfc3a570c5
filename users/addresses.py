"""The client's network address, behind as many proxies as PROXY_COUNT says."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.settings import api_settings


def client_address(request: HttpRequest | Request) -> str | None:
    """Return the address that the API's throttles use too: no header may escape one of them."""
    meta = request.META
    return _pick_address(meta.get("HTTP_X_FORWARDED_FOR", ""), meta.get("REMOTE_ADDR", ""))


def scope_address(scope: Mapping[str, Any]) -> str | None:
    """Return the address of an ASGI scope, such as a socket's handshake."""
    forwarded = [value for name, value in scope["headers"] if name.lower() == b"x-forwarded-for"]
    client = scope.get("client")
    return _pick_address(b",".join(forwarded).decode("latin-1"), client[0] if client else "")


def _pick_address(forwarded: str, peer: str) -> str | None:
    behind = api_settings.NUM_PROXIES or 0
    addresses = forwarded.split(",")
    seen = addresses[-min(behind, len(addresses))].strip() if behind else ""
    return _parse_address(seen) or _parse_address(peer)


def _parse_address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:  # a header may hold anything, a Unix socket has no address
        return None
