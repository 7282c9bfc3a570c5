"""A body that is too large is refused before it is read, by a real server on a real socket."""

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
from bots.signals import hooks, webhook_body_limit
from tests.bots.signals.webhook_requests import secret_of
from users.models import User

HEAD = "POST /hooks/{name}/{more} HTTP/1.1\r\nHost: {host}\r\n"


@contextmanager
def open_request(web: str, head: str, **values: str) -> Iterator[socket.socket]:
    host = urlsplit(web).netloc
    with socket.create_connection((urlsplit(web).hostname or "", urlsplit(web).port or 0)) as line:
        line.settimeout(20)
        line.sendall(head.format(**{"host": host, "name": "0" * 32, "more": ""} | values).encode())
        yield line


def read_answer(line: socket.socket) -> tuple[int, Any]:
    """Read the answer until the server closes the connection."""
    received = b""
    while body_part := line.recv(65536):
        received += body_part
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["detail"]


def test_a_length_that_is_too_much_is_answered_at_once(web: str) -> None:
    with open_request(web, HEAD + "Content-Length: 999999999\r\n\r\n") as line:
        assert read_answer(line) == (413, "A signal has at most 8192 bytes.")


def test_a_body_without_a_length_is_cut(web: str) -> None:
    with open_request(web, HEAD + "Transfer-Encoding: chunked\r\n\r\n") as line:
        for _ in range(3):  # of a body that never ends
            line.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
        assert read_answer(line) == (413, "A signal has at most 8192 bytes.")


def test_no_secret_stands_in_an_address(web: str) -> None:
    with open_request(web, HEAD + "Content-Length: 0\r\n\r\n", more="?secret=1") as line:
        status, detail = read_answer(line)
    assert (status, "no question mark" in detail) == (400, True)


def test_a_body_in_parts_is_heard(transactional_db: None, web: str, user: User) -> None:
    secret, name = secret_of(user), hooks.for_user(user.pk).name
    head = HEAD + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    with open_request(web, head, name=name) as line:
        for text in (secret, " buy ", "BTCUSDT"):
            line.sendall(f"{len(text):x}\r\n{text}\r\n".encode())
        line.sendall(b"0\r\n\r\n")
        assert b"201 Created" in line.recv(65536)
    assert Signal.objects.get().raw == "… buy BTCUSDT"


# The limiter alone, without a server


@async_to_sync
async def send_through(*messages: dict[str, Any], wait: float = 10.0) -> list[Any]:
    waiting, sent = list(messages), []

    async def receive() -> Any:
        if not waiting:
            await _for_ever()
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    async def inner_application(scope: Any, receive: Any, send: Any) -> None:
        await send(await receive())

    scope = {"path": "/hooks/a/", "query_string": b"", "headers": []}
    await webhook_body_limit.limit_bodies(inner_application, seconds=wait)(scope, receive, send)
    return sent


async def _for_ever() -> None:
    await asyncio.Event().wait()


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
    sent = send_through(*messages, wait=0.05)
    assert sent[0]["status"] == status
