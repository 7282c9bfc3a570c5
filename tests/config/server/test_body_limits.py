"""A body that is too large or too slow is refused in front of Django, whoever sends it."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from asgiref.sync import async_to_sync

from bots.models import Signal
from bots.signals import hooks
from config.server import body_limits
from config.server.body_limits import KIB, BodyLimit
from tests.bots.signals.webhook_requests import secret_of
from users.models import User

PATHS = {  # of each class, with what may be sent there
    "/hooks/00000000000000000000000000000000/": 8,
    "/sign-in/": 16,
    "/admin/login/": 16,
    "/api/v1/auth/token/": 16,
    "/api/v1/orders/": 256,
    "/admin/users/user/add/": 256,
    "/orders/place/": 64,
    "/version": 64,
    "/nothing/there": 64,
    "//sign-in/": 64,
}
ENDLESS = "Transfer-Encoding: chunked\r\n\r\n"


@contextmanager
def open_request(web: str, path: str, headers: str) -> Iterator[socket.socket]:
    host = urlsplit(web)
    with socket.create_connection((host.hostname or "", host.port or 0)) as line:
        line.settimeout(20)
        line.sendall(f"POST {path} HTTP/1.1\r\nHost: {host.netloc}\r\n{headers}".encode())
        yield line


def read_answer(line: socket.socket) -> tuple[int, str]:
    """Read the answer until the server closes the connection."""
    received = b""
    while part := line.recv(65536):
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode()


def find_message(path: str, body: str) -> str:
    is_json = path.startswith(("/api/", "/hooks/"))
    return str(json.loads(body)["detail"]) if is_json else body


@pytest.mark.parametrize("path", PATHS)
def test_a_length_that_is_too_much_is_answered_at_once(web: str, path: str) -> None:
    with open_request(web, path, f"Content-Length: {10**12}\r\n\r\n") as line:
        status, body = read_answer(line)
    expected = f"The body is larger than {PATHS[path]} KiB."
    assert (status, find_message(path, body)) == (413, expected)


@pytest.mark.parametrize("path", PATHS)
def test_a_body_without_a_length_is_cut(web: str, path: str) -> None:
    with open_request(web, path, ENDLESS) as line:
        for _ in range(body_limits.DROPPED_BYTES // 65536):  # of a body that never ends
            line.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        line.sendall(b"1\r\nx\r\n")
        status, body = read_answer(line)
    assert (status, "larger than" in body) == (413, True)


def test_a_body_that_is_a_bit_too_large_is_read_so_that_its_sender_hears_why(web: str) -> None:
    size = 900 * KIB
    with open_request(web, "/api/v1/orders/", f"Content-Length: {size}\r\n\r\n") as line:
        line.sendall(b"x" * size)
        assert read_answer(line) == (413, '{"detail":"The body is larger than 256 KiB."}')


def test_a_body_in_parts_is_heard(transactional_db: None, web: str, user: User) -> None:
    secret, name = secret_of(user), hooks.for_user(user.pk).name
    with open_request(web, f"/hooks/{name}/", "Connection: close\r\n" + ENDLESS) as line:
        for text in (secret, " buy ", "BTCUSDT"):
            line.sendall(f"{len(text):x}\r\n{text}\r\n".encode())
        line.sendall(b"0\r\n\r\n")
        assert b"201 Created" in line.recv(65536)
    assert Signal.objects.get().raw == "… buy BTCUSDT"


# The limiter alone, without a server


@async_to_sync
async def send_through(*messages: dict[str, Any], seconds: float = 10.0) -> list[Any]:
    waiting, sent = list(messages), []

    async def receive() -> Any:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    async def inner_application(scope: Any, receive: Any, send: Any) -> None:
        await send(await receive())

    limit = BodyLimit(8 * KIB, seconds)
    application = body_limits.limit_bodies(inner_application, choose_limit=lambda path: limit)
    scope = {"path": "/hooks/a/", "headers": [(b"transfer-encoding", b"chunked")]}
    await application(scope, receive, send)
    return sent


def body_part(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_parts_become_one() -> None:
    assert send_through(body_part(b"a", more=True), body_part(b"b", more=False)) == [
        body_part(b"ab", more=False)
    ]


@pytest.mark.parametrize(
    ("messages", "status"),
    [
        ([body_part(b"half", more=True), {"type": "http.disconnect"}], 400),
        ([body_part(b"half", more=True)], 408),
        ([body_part(b"x" * 8193, more=False)], 413),
    ],
)
def test_half_a_body_is_none(messages: list[dict[str, Any]], status: int) -> None:
    sent = send_through(*messages, seconds=0.05)
    assert sent[0]["status"] == status
