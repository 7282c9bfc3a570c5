"""What both kinds of Bybit's sockets share: operations in, answers and topics out."""

import json
import uuid
from collections.abc import Callable

from aiohttp import web

from exchanges.simulator.bybit.errors import BybitError
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.transport.sockets import Connection

Json = dict[str, object]


class BybitSocket(Connection):
    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self._id = str(uuid.uuid4())
        self.topics: set[str] = set()
        self.operations: dict[str, Callable[[Json], Json]] = {
            "ping": self.pong,
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

    def pong(self, request: Json) -> Json:
        raise NotImplementedError

    def check(self, topic: str) -> None:
        """Raise if there is no such topic on this socket."""
        raise NotImplementedError

    def subscribed(self, topic: str) -> None:
        """After the answer: what a new subscriber is told at once."""

    def receive_text(self, text: str) -> None:
        request: Json = {}
        try:
            request = _request(text)
            operation = self.operations.get(str(request.get("op", "")))
            if operation is None:
                raise BybitError(20003, f"error:invalid op,{request.get('op')}")
            told = {"success": True, "ret_msg": "", **operation(request)}
        except BybitError as error:
            told = {"success": False, "ret_msg": error.message}
        frame = {"conn_id": self._id, "req_id": request.get("req_id", ""), **told}
        self.send({"op": request.get("op", ""), **frame})
        if told["success"] and request.get("op") == "subscribe":
            for topic in _topics(request):
                self.subscribed(topic)

    def _subscribe(self, request: Json) -> Json:
        wanted = _topics(request)
        for topic in wanted:
            self.check(topic)
            self.simulation.counters.endpoints[f"WS bybit {topic}"] += 1
        self.topics |= set(wanted)
        return {}

    def _unsubscribe(self, request: Json) -> Json:
        self.topics -= set(_topics(request))
        return {}


def _topics(request: Json) -> list[str]:
    topics = request.get("args")
    if not isinstance(topics, list):
        raise BybitError(10001, "error:args must be a list")
    return [str(topic) for topic in topics]


def _request(text: str) -> Json:
    try:
        request = json.loads(text)
    except json.JSONDecodeError:
        request = None
    if not isinstance(request, dict):
        raise BybitError(10001, "error:request is not a JSON object")
    return request
