"""The client's network address, behind as many proxies as PROXY_COUNT says."""

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.settings import api_settings

COUNTED_BITS: Final = 64


def client_address(request: HttpRequest | Request) -> str | None:
    """Return the address that the API's throttles use too: no header may escape one of them."""
    meta = request.META
    return _pick_address(meta.get("HTTP_X_FORWARDED_FOR", ""), meta.get("REMOTE_ADDR", ""))


def client_network(request: HttpRequest | Request) -> str | None:
    """Return the client's address as limits count it."""
    return find_network(client_address(request))


def find_network(address: str | None) -> str | None:
    """Return the address as limits count it: IPv6 by /64, for that is what each customer has."""
    if address is None or ":" not in address:
        return address
    network = ipaddress.IPv6Network((address.partition("%")[0], COUNTED_BITS), strict=False)
    return str(network.network_address)


def describe_client(_: Any, address: str | None, *__: Any) -> str:
    """Name the client for axes' log lines: its address and no name, which may be a password."""
    return str(address)


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
        address = ipaddress.ip_address(text)
        return str(getattr(address, "ipv4_mapped", None) or address)  # on a listener for both
    except ValueError:  # a header may hold anything, a Unix socket has no address
        return None
