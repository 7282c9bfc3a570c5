"""Limit the size and the time of each request's body, in front of Django.

Django itself reads a whole body before a view can refuse it, and writes a large one to the disk.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from bots.signals.hooks import MOST_BYTES as MOST_SIGNAL_BYTES

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class BodyLimit:
    most_bytes: int
    seconds: float  # for all of the body to arrive


KIB: Final = 1024
SIGN_IN: Final = BodyLimit(16 * KIB, 10.0)  # a name and a password
# The first prefix that fits decides; the last one fits every path.
LIMITS: Final = (
    ("/hooks/", BodyLimit(MOST_SIGNAL_BYTES, 10.0)),
    ("/sign-in/", SIGN_IN),
    ("/admin/login/", SIGN_IN),
    ("/api/v1/auth/", SIGN_IN),
    ("/api/", BodyLimit(settings.DATA_UPLOAD_MAX_MEMORY_SIZE, 30.0)),
    ("/admin/", BodyLimit(settings.DATA_UPLOAD_MAX_MEMORY_SIZE, 30.0)),
    ("", BodyLimit(64 * KIB, 30.0)),
)
JSON_PATHS: Final = ("/api/", "/hooks/")
# A client that is still sending gets a reset instead of our answer, so a bit is read and dropped.
DROPPED_BYTES: Final = 1024 * KIB


class _BodyRefused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def find_limit(path: str) -> BodyLimit:
    return next(limit for prefix, limit in LIMITS if path.startswith(prefix))


def limit_bodies(
    application: Application, *, choose_limit: Callable[[str], BodyLimit] = find_limit
) -> Application:
    """Return the application behind the limits; it gets each body whole, in one message."""

    async def limited(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        length = int(headers.get(b"content-length", 0))  # the server passes only numbers
        if not length and b"transfer-encoding" not in headers:
            return await application(scope, receive, send)
        limit = choose_limit(scope["path"])
        try:
            async with asyncio.timeout(limit.seconds):
                body = await _read_body(length, limit.most_bytes, receive)
        except _BodyRefused as error:
            return await _send_error(scope["path"], send, error.status, str(error))
        except TimeoutError:
            return await _send_error(scope["path"], send, 408, "The body did not come in time.")
        return await application(scope, _replay_body(body, receive), send)

    return limited


async def _read_body(length: int, most_bytes: int, receive: Receive) -> bytes:
    too_large = _BodyRefused(413, f"The body is larger than {most_bytes // KIB} KiB.")
    if length > DROPPED_BYTES:
        raise too_large
    body, size, more = bytearray(), 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":  # half a body may not count
            raise _BodyRefused(400, "The body is incomplete.")
        part, more = message.get("body", b""), message.get("more_body", False)
        size += len(part)
        if size > DROPPED_BYTES:
            raise too_large
        if size <= most_bytes:
            body += part
    if size > most_bytes:
        raise too_large
    return bytes(body)


def _replay_body(body: bytes, receive: Receive) -> Receive:
    """Return the body as one message; later messages come from the server."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Any:
        return messages.pop() if messages else await receive()

    return receive_again


async def _send_error(path: str, send: Send, status: int, message: str) -> None:
    """Send an error and close the connection, because nobody reads the rest of the body."""
    is_json = path.startswith(JSON_PATHS)
    body = json.dumps({"detail": message}, separators=(",", ":")) if is_json else message
    content_type = "application/json" if is_json else "text/plain; charset=utf-8"
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
