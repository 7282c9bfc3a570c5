"""What OKX's three sockets share: operations in, answers and channels out, a text for a ping."""

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from exchanges.simulator.engine.engine import Changes
from exchanges.simulator.okx.errors import LOGIN_WORDS, OkxError
from exchanges.simulator.transport.sockets import Connection

Json = dict[str, object]
Channel = tuple[tuple[str, str], ...]  # the argument of a subscription, in a form that has a hash
NAMED = ("channel", "instType", "instFamily", "instId", "ccy")
UNKNOWN = 60018


class OkxSocket(Connection):
    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self.connection_id = secrets.token_hex(4)
        self.channels: dict[Channel, Json] = {}
        self.operations: dict[str, Callable[[Json, list[Any]], None]] = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
        }

    async def serve(self) -> web.StreamResponse:
        stop = self.simulation.venue.add_listener(self.hear)
        try:
            return await super().serve()
        finally:
            stop()

    def hear(self, changes: Changes) -> None:
        raise NotImplementedError

    def check(self, channel: Mapping[str, str]) -> None:
        """Raise if there is no such channel on this socket."""
        raise NotImplementedError

    def subscribed(self, channel: Mapping[str, str]) -> None:
        """After the answer: what a new subscriber is told at once."""

    def receive_text(self, text: str) -> None:
        if text == "ping":
            self.send_text("pong")
            return
        request: Json = {}
        try:
            request = _request(text)
            operation = self.operations.get(str(request.get("op", "")))
            if operation is None:
                raise OkxError(60012, f"Illegal request: {text}")
            operation(request, _arguments(request, text))
        except OkxError as error:
            self.refuse(error, request)

    def refuse(self, error: OkxError, request: Json) -> None:
        code, words = LOGIN_WORDS.get(error.code, (int(error.code), error.message))
        self.answer({"event": "error", "code": str(code), "msg": words}, request)

    def answer(self, frame: Json, request: Json) -> None:
        named = {"id": request["id"]} if request.get("id") else {}
        self.send({**named, **frame, "connId": self.connection_id})

    def tell(self, channel: Mapping[str, str], data: Iterable[object], **more: object) -> None:
        frame = {"arg": self.argument(channel), **more, "data": list(data)}
        self.send_event(frame, self.owner())

    def argument(self, channel: Mapping[str, str]) -> Json:
        return dict(channel)

    def owner(self) -> str:
        return ""

    def subscribed_to(self, *names: str) -> list[dict[str, str]]:
        every = (dict(channel) for channel in list(self.channels))
        return [channel for channel in every if channel["channel"] in names]

    def _subscribe(self, request: Json, arguments: list[Any]) -> None:
        for given in arguments:
            channel = _channel(given)
            self.check(dict(channel))
            self.channels[channel] = {}
            self.answer({"event": "subscribe", "arg": dict(channel)}, request)
            self.subscribed(dict(channel))

    def _unsubscribe(self, request: Json, arguments: list[Any]) -> None:
        for given in arguments:
            channel = _channel(given)
            self.channels.pop(channel, None)
            self.answer({"event": "unsubscribe", "arg": dict(channel)}, request)


def no_channel(channel: Mapping[str, str]) -> OkxError:
    named = ",".join(f"{name}:{value}" for name, value in channel.items())
    return OkxError(UNKNOWN, f"Wrong URL or {named} doesn't exist. Please use the correct URL.")


def _channel(given: Any) -> Channel:
    if not isinstance(given, dict) or not given.get("channel"):
        raise OkxError(60013, "Invalid args")
    return tuple((name, str(given[name])) for name in NAMED if given.get(name))


def _request(text: str) -> Json:
    try:
        request = json.loads(text)
    except json.JSONDecodeError:
        request = None
    if not isinstance(request, dict):
        raise OkxError(60012, f"Illegal request: {text}")
    return request


def _arguments(request: Json, text: str) -> list[Any]:
    arguments = request.get("args")
    if not isinstance(arguments, list) or not arguments:
        raise OkxError(60012, f"Illegal request: {text}")
    return arguments
