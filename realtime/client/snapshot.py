"""The whole state of a user, read by HTTP beside the endpoint of a socket."""

import asyncio
import json
import urllib.request
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit, urlunsplit

SECONDS = 15.0
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def snapshot_address(endpoint: str) -> str:
    """`wss://x/ws/trading/` becomes `https://x/api/v1/snapshot/`."""
    place = urlsplit(endpoint)
    scheme = "https" if place.scheme == "wss" else "http"
    above = place.path.rpartition("/ws/")[0]
    return urlunsplit((scheme, place.netloc, f"{above}/api/v1/snapshot/", "", ""))


async def read_snapshot(endpoint: str, token: str) -> dict[str, Any]:
    """Read it as the token's user; raise OSError if the server is away, refuses or breaks off."""
    try:
        return await asyncio.to_thread(_fetch_json, snapshot_address(endpoint), token)
    except HTTPException as error:  # such as half an answer, of a server that was killed
        raise ConnectionError(f"the snapshot broke off: {error!r}") from error


def _fetch_json(address: str, token: str) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 (an address the operator gave)
        address, headers={"Authorization": f"Bearer {token}", "Accept": "application/json"}
    )
    with direct.open(request, timeout=SECONDS) as answer:
        snapshot: dict[str, Any] = json.load(answer)
    return snapshot
