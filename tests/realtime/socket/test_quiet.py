"""A connection of the groups on which nobody says anything: it is tried, and hears on."""

import pytest

from realtime.counters import counts
from realtime.socket import groups, hub
from tests.realtime.conftest import Connect
from tests.realtime.socket.wire import write
from tests.services import wait_until
from users.models import User


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "QUIET_SECONDS", 0.2)


def tries(number: int) -> None:
    """Until that many times something has answered after a silence."""
    [ours] = hub.hubs()
    seen: set[float] = set()

    def enough() -> bool:
        seen.add(ours.groups._heard_at)
        return len(seen) > number

    wait_until(enough, what="answers")


def test_while_there_is_no_group_to_be_in(
    impatient: None, door: str, open_socket: Connect, live: Connect, user: User
) -> None:
    visitor = open_socket(at=f"{door}market/")
    visitor.next("hello")
    tries(3)
    wire, repairs, failures = live(user), counts.repairs, counts.join_failures
    for number in range(1, 6):
        write(user, number)
        assert wire.next("key_update")["seq"] == number
    assert (counts.repairs, counts.join_failures) == (repairs, failures)


def test_while_nobody_is_told_anything(impatient: None, live: Connect, user: User) -> None:
    wire = live(user)
    tries(3)
    write(user, 1)
    assert wire.next("key_update")["seq"] == 1
