"""Before Django: a body for a hook is read up to its limit and no further, and not for long.

Django itself would first read all of a body, to the disk if need be. Nor may anything stand behind
the question mark of a hook's address: addresses are logged, and a secret would be among them.
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


class _Refused(Exception):
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def guarded(application: Application, *, seconds: float = SECONDS) -> Application:
    async def gate(scope: Any, receive: Any, send: Any) -> None:
        if not scope["path"].startswith(PREFIX):
            return await application(scope, receive, send)
        try:
            async with asyncio.timeout(seconds):
                body = await _read(scope, receive)
        except _Refused as refused:
            return await _answer(send, refused.status, str(refused))
        except TimeoutError:
            return await _answer(send, 408, "The body did not come in time.")
        return await application(scope, _once(body, receive), send)

    return gate


async def _read(scope: Scope, receive: Receive) -> bytes:
    if scope["query_string"]:
        raise _Refused(400, "A hook's address has no question mark; the secret is in the body.")
    headers = dict(scope["headers"])
    if int(headers.get(b"content-length", 0)) > MOST_BYTES:  # the server lets only numbers in
        raise _Refused(413, f"A signal has at most {MOST_BYTES} bytes.")
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":  # half of what was to be said says nothing
            raise _Refused(400, "The body broke off.")
        body, more = body + message.get("body", b""), message.get("more_body", False)
        if len(body) > MOST_BYTES:
            raise _Refused(413, f"A signal has at most {MOST_BYTES} bytes.")
    return body


def _once(body: bytes, receive: Receive) -> Receive:
    """The body as one message; what comes after it, such as the end, is asked of the server."""
    told = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Any:
        return told.pop() if told else await receive()

    return again


async def _answer(send: Send, status: int, words: str) -> None:
    """And the connection ends: what else was to come on it is read by nobody."""
    body = json.dumps({"detail": words}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
