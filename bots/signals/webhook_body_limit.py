"""Limit the size and the time of a webhook's body, in front of Django.

Django itself reads the whole body first, to the disk if it is large. A query string is refused as
well: addresses are logged, and senders would put the secret there.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

PREFIX: Final = "/hooks/"
MOST_BYTES: Final = 8 * 1024
SECONDS: Final = 10.0
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]


class _BodyRefused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def limit_bodies(application: Application, *, seconds: float = SECONDS) -> Application:
    async def limited(scope: Any, receive: Any, send: Any) -> None:
        if not scope["path"].startswith(PREFIX):
            return await application(scope, receive, send)
        try:
            async with asyncio.timeout(seconds):
                body = await _read_body(scope, receive)
        except _BodyRefused as error:
            return await _send_error(send, error.status, str(error))
        except TimeoutError:
            return await _send_error(send, 408, "The body did not come in time.")
        return await application(scope, _replay_body(body, receive), send)

    return limited


async def _read_body(scope: Scope, receive: Receive) -> bytes:
    if scope["query_string"]:
        raise _BodyRefused(400, "A hook's address has no question mark; the secret is in the body.")
    headers = dict(scope["headers"])
    if int(headers.get(b"content-length", 0)) > MOST_BYTES:  # the server passes only numbers
        raise _BodyRefused(413, f"A signal has at most {MOST_BYTES} bytes.")
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":  # half a body may not count
            raise _BodyRefused(400, "The body is incomplete.")
        body, more = body + message.get("body", b""), message.get("more_body", False)
        if len(body) > MOST_BYTES:
            raise _BodyRefused(413, f"A signal has at most {MOST_BYTES} bytes.")
    return body


def _replay_body(body: bytes, receive: Receive) -> Receive:
    """Return the body as one message; later messages come from the server."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Any:
        return messages.pop() if messages else await receive()

    return receive_again


async def _send_error(send: Send, status: int, message: str) -> None:
    """Send an error and close the connection, because nobody reads the rest of the body."""
    body = json.dumps({"detail": message}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
