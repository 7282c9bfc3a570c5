"""A client's end of a socket, frame by frame; and events to send through it."""

import json
import socket as tcp
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from rest_framework_simplejwt.tokens import AccessToken
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from config.server.web import make_server, open_listener
from realtime import streams
from realtime.shapes.events import KeyData
from tests.realtime import checking
from tests.services import wait_until
from users.models import User

Frame = dict[str, Any]
PATIENCE = 60.0


def token(user: User, **claims: Any) -> str:
    access = AccessToken.for_user(user)
    for name, value in claims.items():
        access[name] = value
    return str(access)


def bearer(token: str) -> list[Any]:
    return ["fillwatch.v1", "bearer." + urlsafe_b64encode(token.encode()).decode().rstrip("=")]


def key(number: int, label: str = "main") -> KeyData:
    return KeyData(
        id=number,
        label=label,
        venue="binance",
        market="spot",
        simulated=True,
        is_active=True,
        last_error="",
        last_checked_at=None,
        permissions=["read", "trade"],
        position_mode=None,
    )


def write(user: User, *numbers: int, label: str = "main") -> None:
    """One transaction with an event for each number."""
    with streams.unit() as unit:
        for number in numbers:
            unit.event(user_id=user.pk, type="key_update", data=key(number, label))


class Wire:
    """One socket, as its client sees it."""

    def __init__(self, url: str, **handshake: Any) -> None:
        self._end = ExitStack()
        self.socket = self._end.enter_context(
            connect(url, compression=None, proxy=None, ping_interval=None, **handshake)
        )

    def say(self, type: str, **data: Any) -> None:
        self.socket.send(json.dumps({"type": type, "data": data}))

    def next(self, *types: str) -> Frame:
        """The next frame, or the next of these types."""
        while True:
            frame: Frame = json.loads(self.socket.recv(timeout=PATIENCE))
            checking.check(frame)
            if not types or frame["type"] in types:
                return frame

    def events(self, until: int) -> list[Frame]:
        """Every numbered frame up to this number, in the order they came."""
        events: list[Frame] = []
        while not events or events[-1]["seq"] < until:
            frame = self.next()
            if "seq" in frame:
                events.append(frame)
        return events

    def numbers(self, until: int) -> list[int]:
        return [frame["seq"] for frame in self.events(until)]

    def subscribe(self, since: Any = None, **more: Any) -> Frame:
        """Subscribe, and say how it went: the frame `live` or `reset`."""
        self.say("subscribe", since=since, **more)
        return self.next("live", "reset")

    def farewell(self) -> Frame:
        """What the server says at the end, when it ends; the close code must agree."""
        last: Frame = {}
        with suppress(ConnectionClosed):
            while True:
                last = self.next()
        code = self.socket.close_code
        assert last.get("type") != "bye" or last["data"]["code"] == code
        return last | {"code": code}

    def break_off(self) -> None:
        """End without a word, as a machine that goes to sleep does."""
        with suppress(OSError):
            self.socket.socket.shutdown(tcp.SHUT_RDWR)
        self.close()

    def close(self) -> None:
        self._end.close()


@contextmanager
def web_thread(port: int = 0, *application: Any) -> Iterator[str]:
    """The real web server in a thread of this process; gives the address of its endpoint."""
    bound = open_listener("127.0.0.1", port)
    web = make_server(*application)
    thread = threading.Thread(target=web.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        wait_until(lambda: web.started, what="the web server's thread ready")
        yield f"ws://127.0.0.1:{bound.getsockname()[1]}/ws/"
    finally:
        web.should_exit = True
        thread.join(PATIENCE)
        bound.close()
