"""The endpoints of the socket: who may connect to each, and its topics."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import get_args

from realtime.frames import Topic

WATCHED: frozenset[Topic] = frozenset({"prices", "books"})  # of instruments, not of a user
STAFF: frozenset[Topic] = frozenset({"operations"})
TOPICS: frozenset[Topic] = frozenset(get_args(Topic))
STREAMED = TOPICS - WATCHED - STAFF


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`topics` is all that can be subscribed to or watched behind it."""

    name: str
    says: str
    topics: frozenset[Topic]
    needs_login: bool = True
    for_staff: bool = False

    @property
    def path(self) -> str:
        return f"/ws/{self.name}/" if self.name != MAIN else "/ws/"

    @property
    def streamed(self) -> frozenset[Topic]:
        return _without_watched(self.topics)  # one set for all sockets

    @property
    def watched(self) -> frozenset[Topic]:
        return self.topics & WATCHED


@cache
def _without_watched(topics: frozenset[Topic]) -> frozenset[Topic]:
    return topics - WATCHED


MAIN = "all"
ENDPOINTS: Mapping[str, Endpoint] = {
    endpoint.name: endpoint
    for endpoint in (
        Endpoint(MAIN, "Everything of a user, and what they watch", STREAMED | WATCHED),
        Endpoint(
            "trading",
            "What trades: orders, what is held, bots, signals",
            frozenset({"orders", "keys", "balances", "positions", "bots", "signals"}),
        ),
        Endpoint("market", "Prices and books, for anybody", WATCHED, needs_login=False),
        Endpoint("notifications", "What is to be read", frozenset({"notifications", "system"})),
        Endpoint("alerts", "What is wrong", frozenset({"alerts"})),
        Endpoint("admin", "What operators and the installation do", STAFF, for_staff=True),
    )
}
