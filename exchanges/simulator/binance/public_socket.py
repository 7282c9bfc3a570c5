"""Binance's public socket (stream.binance.com): market data by subscription."""

import json
from collections.abc import Callable

from aiohttp import web

from exchanges.simulator.binance.errors import BinanceError
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.streams import Stream, open_stream
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.transport.sockets import Connection


class PublicSocket(Connection):
    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self._streams: dict[str, Stream] = {}
        self._combined = request.path.startswith("/stream")
        self._methods: dict[str, Callable[[list[object]], object]] = {
            "SUBSCRIBE": self._subscribe_streams,
            "UNSUBSCRIBE": self._unsubscribe_streams,
            "LIST_SUBSCRIPTIONS": lambda _: list(self._streams),
            "SET_PROPERTY": self._set_property,
            "GET_PROPERTY": lambda _: self._combined,
        }
        # Streams may be named in the path, /ws/a@b/c@d, or in the query, ?streams=a@b/c@d.
        path = request.match_info.get("names", "")
        names = f"{path}/{request.query.get('streams', '')}".split("/")
        self._subscribe_streams([name for name in names if "@" in name])

    def list_subscriptions(self) -> list[str]:
        return list(self._streams)

    def receive_text(self, text: str) -> None:
        number: object = None
        try:
            request = _parse_request(text)
            number = request.get("id")
            name = request.get("method")
            method = self._methods.get(str(name))
            if method is None:
                raise BinanceError(2, f"Invalid request: unknown variant `{name}`")
            self.send({"result": method(_check_list(request.get("params", []))), "id": number})
        except BinanceError as error:
            self.send({"error": error.to_json(), "id": number})

    def tick(self) -> None:
        now = self.simulation.venue.now()
        for name, stream in self._streams.items():
            self.publish(name, stream.each_second(now))

    def on_changes(self, changes: Changes) -> None:
        now = self.simulation.venue.now()
        for name, stream in self._streams.items():
            self.publish(name, stream.on_change(changes, now))

    def publish(self, name: str, messages: list[object]) -> None:
        for message in messages:
            self.send_event({"stream": name, "data": message} if self._combined else message)

    def _subscribe_streams(self, names: list[object]) -> None:
        for name in map(str, names):
            self._streams[name] = self._open_stream(name)

    def _open_stream(self, name: str) -> Stream:
        return open_stream(name, self.simulation.venue.engine.spot, self.simulation.history)

    def _unsubscribe_streams(self, names: list[object]) -> None:
        for name in names:
            self._streams.pop(str(name), None)

    def _set_property(self, params: list[object]) -> None:
        if len(params) != 2 or params[0] != "combined" or not isinstance(params[1], bool):
            raise BinanceError(0, "Unknown property")
        self._combined = params[1]


def _parse_request(text: str) -> Json:
    try:
        request = json.loads(text)
    except json.JSONDecodeError as error:
        raise BinanceError(3, f"Invalid JSON: {error}") from error
    if not isinstance(request, dict):
        raise BinanceError(2, "Invalid request: expected an object")
    return request


def _check_list(params: object) -> list[object]:
    if not isinstance(params, list):
        raise BinanceError(2, "Invalid request: params must be a list")
    return params
