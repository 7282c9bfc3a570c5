"""The base of OKX's three sockets: operations, answers, channel subscriptions, text pings."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from exchanges.simulator.okx.errors import LOGIN_ERRORS, OkxError
from exchanges.simulator.okx.symbols import Instrument, find_instrument
from exchanges.simulator.transport.calls import parse_object
from exchanges.simulator.transport.sockets import Connection

Json = dict[str, object]
Channel = tuple[tuple[str, str], ...]  # a subscription's argument, hashable
CHANNEL_FIELDS = ("channel", "instType", "instFamily", "instId", "ccy")
UNKNOWN_CHANNEL = 60018


class OkxSocket(Connection):
    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self.connection_id = secrets.token_hex(4)
        self.channels: dict[Channel, Json] = {}
        self.operations: dict[str, Callable[[Json, list[Any]], None]] = {
            "subscribe": self._subscribe_channels,
            "unsubscribe": self._unsubscribe_channels,
        }

    def check_channel(self, channel: Mapping[str, str]) -> None:
        """Raise if this socket does not have the channel."""
        raise NotImplementedError

    def send_snapshot(self, channel: Mapping[str, str]) -> None:
        """Send the current state of a channel right after its subscription is confirmed."""

    def receive_text(self, text: str) -> None:
        if text == "ping":
            self.send_text("pong")
            return
        request: Json = {}
        try:
            request = parse_object(text) or {}
            operation = self.operations.get(str(request.get("op", "")))
            if operation is None:
                raise OkxError(60012, f"Illegal request: {text}")
            operation(request, _read_arguments(request, text))
        except OkxError as error:
            code, message = LOGIN_ERRORS.get(error.code, (error.code, error.message))
            self.answer_request({"event": "error", "code": str(code), "msg": message}, request)

    def answer_request(self, frame: Json, request: Json) -> None:
        request_id = {"id": request["id"]} if request.get("id") else {}
        self.send({**request_id, **frame, "connId": self.connection_id})

    def publish(self, channel: Mapping[str, str], data: Iterable[object], **fields: object) -> None:
        frame = {"arg": self.channel_argument(channel), **fields, "data": list(data)}
        self.send_event(frame, self.account_key())

    def channel_argument(self, channel: Mapping[str, str]) -> Json:
        return dict(channel)

    def find_instrument(self, channel: Mapping[str, str]) -> Instrument:
        return find_instrument(self.simulation.venue.engine, channel.get("instId"))

    def subscriptions_to(self, *names: str) -> list[dict[str, str]]:
        channels = (dict(channel) for channel in list(self.channels))
        return [channel for channel in channels if channel["channel"] in names]

    def _subscribe_channels(self, request: Json, arguments: list[Any]) -> None:
        for argument in arguments:
            channel = _parse_channel(argument)
            self.check_channel(dict(channel))
            self.channels[channel] = {}
            self.answer_request({"event": "subscribe", "arg": dict(channel)}, request)
            self.send_snapshot(dict(channel))

    def _unsubscribe_channels(self, request: Json, arguments: list[Any]) -> None:
        for argument in arguments:
            channel = _parse_channel(argument)
            self.channels.pop(channel, None)
            self.answer_request({"event": "unsubscribe", "arg": dict(channel)}, request)


def unknown_channel(channel: Mapping[str, str]) -> OkxError:
    fields = ",".join(f"{name}:{value}" for name, value in channel.items())
    return OkxError(
        UNKNOWN_CHANNEL, f"Wrong URL or {fields} doesn't exist. Please use the correct URL."
    )


def _parse_channel(argument: Any) -> Channel:
    if not isinstance(argument, dict) or not argument.get("channel"):
        raise OkxError(60013, "Invalid args")
    return tuple((name, str(argument[name])) for name in CHANNEL_FIELDS if argument.get(name))


def _read_arguments(request: Json, text: str) -> list[Any]:
    arguments = request.get("args")
    if not isinstance(arguments, list) or not arguments:
        raise OkxError(60012, f"Illegal request: {text}")
    return arguments
