"""The base of Bybit's sockets: operations, answers and topic subscriptions."""

import uuid
from collections.abc import Callable

from aiohttp import web

from exchanges.simulator.bybit.errors import BybitError
from exchanges.simulator.transport.calls import parse_object
from exchanges.simulator.transport.sockets import Connection

Json = dict[str, object]


class BybitSocket(Connection):
    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self._id = str(uuid.uuid4())
        self.topics: set[str] = set()
        self.operations: dict[str, Callable[[Json], Json]] = {
            "ping": self.answer_ping,
            "subscribe": self._subscribe_topics,
            "unsubscribe": self._unsubscribe_topics,
        }

    def answer_ping(self, request: Json) -> Json:
        raise NotImplementedError

    def check_topic(self, topic: str) -> None:
        """Raise if this socket does not have the topic."""
        raise NotImplementedError

    def send_snapshot(self, topic: str) -> None:
        """Send the current state of a topic right after its subscription is confirmed."""

    def receive_text(self, text: str) -> None:
        content = parse_object(text)
        request: Json = content or {}
        try:
            if content is None:
                raise BybitError(10001, "error:request is not a JSON object")
            operation = self.operations.get(str(request.get("op", "")))
            if operation is None:
                raise BybitError(20003, f"error:invalid op,{request.get('op')}")
            result = {"success": True, "ret_msg": "", **operation(request)}
        except BybitError as error:
            result = {"success": False, "ret_msg": error.message}
        frame = {"conn_id": self._id, "req_id": request.get("req_id", ""), **result}
        self.send({"op": request.get("op", ""), **frame})
        if result["success"] and request.get("op") == "subscribe":
            for topic in _read_topics(request):
                self.send_snapshot(topic)

    def _subscribe_topics(self, request: Json) -> Json:
        topics = _read_topics(request)
        for topic in topics:
            self.check_topic(topic)
            self.simulation.counters.endpoints[f"WS bybit {topic}"] += 1
        self.topics |= set(topics)
        return {}

    def _unsubscribe_topics(self, request: Json) -> Json:
        self.topics -= set(_read_topics(request))
        return {}


def _read_topics(request: Json) -> list[str]:
    topics = request.get("args")
    if not isinstance(topics, list):
        raise BybitError(10001, "error:args must be a list")
    return [str(topic) for topic in topics]
