"""A layer's connection on which nobody says anything: it is tested, and hears on."""

import asyncio

import pytest
from channels.layers import get_channel_layer

from realtime import layer
from realtime.counters import counts
from tests.realtime.conftest import Connect
from tests.realtime.socket.wire import write
from tests.services import wait_until
from users.models import User

pytestmark = pytest.mark.usefixtures("empty_redis")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer, "QUIET_SECONDS", 0.2)


def wait_for_answers(number: int) -> None:
    """Until that many times something has answered after a silence."""
    loops: dict[asyncio.AbstractEventLoop, layer.BatchingLoopLayer] = get_channel_layer()._layers
    seen: set[float] = set()

    def enough() -> bool:
        seen.update(shard._heard_at for loop in list(loops.values()) for shard in loop._shards)
        return len(seen) > number

    wait_until(enough, what="answers")


def test_while_there_is_no_group_to_be_in(
    impatient: None, socket_url: str, open_socket: Connect, live: Connect, user: User
) -> None:
    visitor = open_socket(at=f"{socket_url}market/")
    visitor.next("hello")
    wait_for_answers(3)
    wire, repairs, failures = live(user), counts.repairs, counts.join_failures
    for number in range(1, 6):
        write(user, number)
        assert wire.next("key_update")["seq"] == number
    assert (counts.repairs, counts.join_failures) == (repairs, failures)


def test_while_nobody_is_told_anything(impatient: None, live: Connect, user: User) -> None:
    wire = live(user)
    wait_for_answers(3)
    write(user, 1)
    assert wire.next("key_update")["seq"] == 1
