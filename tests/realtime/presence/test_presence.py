"""Every server knows who is at the sockets of all, and how many are too many."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from realtime.presence import presence, registry
from realtime.presence.address_rate import AddressWindow
from realtime.redis import redis_client
from tests.realtime.conftest import Connect, OwnValkey
from tests.realtime.socket.wire import Frame, Wire, web_thread, write
from tests.services import wait_until
from users.models import User


@pytest.fixture
def second_url(transactional_db: None) -> Iterator[str]:
    """Run another server of the same installation, and return the URL of its socket."""
    with web_thread() as socket_url:
        yield socket_url


def present(user: User) -> list[registry.PresentSocket]:
    return list(registry.list_sockets([user.pk]))


def list_presences() -> list[presence.Presence]:
    """List this process's presences, one for each loop."""
    return list(presence._presences.values())


def known(user: User, number: int) -> None:
    wait_until(lambda: len(present(user)) == number, what=f"{number} sockets registered")


def last(wire: Wire) -> Frame:
    """How the socket ended, with its words."""
    farewell = wire.farewell()
    return {"code": farewell["code"], **farewell["data"]}


# The registry


def test_a_signed_in_socket_is_registered_until_it_leaves(open_socket: Connect, user: User) -> None:
    wire = open_socket(user, user_agent_header="a browser " + "x" * 200)
    known(user, 1)
    (entry,) = present(user)
    assert (entry.user_id, entry.endpoint, entry.address) == (user.pk, "all", "127.0.0.1")
    assert entry.agent.startswith("a browser x")
    assert len(entry.agent) == 120
    assert time.time() - 60 < entry.since <= time.time()
    assert entry.server in {server.name for server in registry.list_servers()}
    wire.close()
    known(user, 0)
    assert registry.list_users() == []


def test_who_has_not_signed_in_is_nobody_there(open_socket: Connect, user: User) -> None:
    wire = open_socket()
    wire.next("hello")
    open_socket(user)
    known(user, 1)
    assert registry.list_users() == [user.pk]


def test_sockets_of_a_server_that_is_gone_are_not_there(open_socket: Connect, user: User) -> None:
    ghosts(user, 3)
    assert present(user) == []
    assert registry.list_users() == []
    ghosts(user, 3)
    open_socket(user)
    known(user, 1)
    assert redis_client().hlen(f"{registry.SOCKETS}{user.pk}") == 1


def ghosts(user: User, number: int, server: str = "crashed:1:aa") -> None:
    """Register sockets whose server has crashed."""
    facts = json.dumps({"door": "all", "since": 0, "address": None, "agent": ""})
    rows = {f"{server} {name}": facts for name in range(number)}
    redis_client().hset(f"{registry.SOCKETS}{user.pk}", mapping=rows)
    redis_client().sadd(registry.USERS, user.pk)


# How many a user may have


@pytest.fixture
def limits(socket_url: str, times: Callable[..., None]) -> Callable[..., None]:
    """Set them while Redis is asked; it may have been away in the test before."""
    wait_until(lambda: all(each.is_connected for each in list_presences()), what="Redis asked")
    return times


@pytest.fixture
def three_sockets(limits: Callable[..., None]) -> None:
    limits(USER_SOCKETS=3)


def test_the_sockets_on_all_servers_count(
    live: Connect, open_socket: Connect, second_url: str, user: User, three_sockets: None
) -> None:
    first, *_ = live(user), live(user), live(user, at=second_url)
    known(user, 3)
    for wire in [open_socket(user), open_socket(user, at=second_url)]:
        end = last(wire)
        assert (end["code"], end["delay"]) == (4504, 0)
        assert end["message"] == "You have 3 sockets open already; close one first."
    known(user, 3)
    first.close()
    known(user, 2)
    another = live(user, at=second_url)
    known(user, 3)
    write(user, 1)
    assert another.next()["seq"] == 1


def test_each_user_has_their_own(
    live: Connect, user: User, other_user: User, three_sockets: None
) -> None:
    wires = [live(person) for person in (user, other_user) for _ in range(3)]
    known(user, 3)
    known(other_user, 3)
    write(user, 1)
    assert wires[0].next()["seq"] == 1


def test_a_socket_too_many_here_hears_it_at_once(
    open_socket: Connect, user: User, three_sockets: None
) -> None:
    for _ in range(3):
        assert open_socket(user).next("ready")
    assert last(open_socket(user))["code"] == 4504
    assert not any(each.suspects for each in list_presences())


def test_ghosts_take_no_room(live: Connect, user: User, three_sockets: None) -> None:
    ghosts(user, 3)
    live(user)
    known(user, 1)
    assert not any(each.suspects for each in list_presences())


def test_who_comes_back_from_a_server_that_just_crashed_finds_room(
    live: Connect, second_url: str, user: User, three_sockets: None
) -> None:
    ghosts(user, 3, "crashed:1:bb")
    just_now = time.time() + registry.WORD_SECONDS
    redis_client().zadd(registry.SERVERS, {"crashed:1:bb": just_now})
    wires = [live(user), live(user, at=second_url), live(user)]
    wait_until(lambda: any(each.suspects for each in list_presences()), what="a doubt")
    wait_until(lambda: not any(each.suspects for each in list_presences()), what="no doubt left")
    one_more = live(user, at=second_url)
    assert last(one_more)["code"] == 4504  # these three are real, and heard it all before
    write(user, 1)
    assert [wire.next()["seq"] for wire in wires] == [1, 1, 1]


# How many may come from one address


def test_an_address_may_connect_so_often_on_all_servers(
    open_socket: Connect,
    second_url: str,
    user: User,
    limits: Callable[..., None],
    broken_log: Callable[[], None],
) -> None:
    limits(CONNECTS_PER_MINUTE=3)
    for handshake in ({}, {"at": second_url}, {}):
        assert open_socket(user, **handshake).next("hello")
    broken_log()  # whoever is sent away costs the database nothing
    for handshake in ({}, {"at": second_url}):
        end = last(open_socket(user, **handshake))
        assert end["code"] == 4005
        assert 0 < end["delay"] <= 60


def test_the_window_of_one_server() -> None:
    window = AddressWindow()
    assert [window.wait("a", 2, now) for now in (0, 10, 20, 59)] == [0, 0, 40, 1]
    assert window.wait("b", 2, 20) == 0
    assert window.wait("a", 2, 60) == 0


# Redis away


@pytest.fixture
def own_registry(own_valkey: OwnValkey, settings: Any) -> OwnValkey:
    settings.REDIS_URL = own_valkey.url
    return own_valkey


def test_without_redis_this_servers_count_is_the_limit(
    own_registry: OwnValkey, live: Connect, open_socket: Connect, user: User, three_sockets: None
) -> None:
    own_registry.kill()
    for _ in range(3):
        assert open_socket(user).next("ready")
    assert last(open_socket(user))["code"] == 4504


def test_a_lost_registry_is_filled_again(
    own_registry: OwnValkey, open_socket: Connect, user: User, other_user: User
) -> None:
    stays, leaves = open_socket(user), open_socket(other_user)
    known(user, 1)
    known(other_user, 1)
    own_registry.kill()
    comes = open_socket(user)
    assert comes.next("ready")
    leaves.close()
    own_registry.start()
    wait_until(lambda: len(present(user)) == 2, what="all registered again")
    assert present(other_user) == []
    assert stays.next("ready")


# Servers come and go


def next_server_update(wire: Any) -> dict[str, Any]:
    """Wait for news of a web process, past those of the installation's services."""
    while True:
        data: dict[str, Any] = wire.next("health_update")["data"]
        if data["service"].startswith("web "):
            return data


def test_operators_hear_when_a_server_comes_and_goes(
    live: Connect, socket_url: str, staff_user: User
) -> None:
    wire = live(staff_user, at=socket_url + "admin/")
    with web_thread():
        came = next_server_update(wire)
        assert came["status"] == "healthy"
        assert came["service"].removeprefix("web ") in {
            server.name for server in registry.list_servers()
        }
    left = next_server_update(wire)
    assert (left["service"], left["status"]) == (came["service"], "down")
    assert left["reason"] == "The server was shut down."


def test_operators_hear_of_a_server_that_crashed_once(
    live: Connect, socket_url: str, staff_user: User
) -> None:
    wire = live(staff_user, at=socket_url + "admin/")
    redis_client().zrem(registry.SERVERS, "crashed:1:bb")  # of a test that may have run before
    redis_client().zadd(registry.SERVERS, {"crashed:1:aa": time.time() - 1})
    with web_thread(), web_thread():
        updates = [next_server_update(wire) for _ in range(3)]
    gone = [update["service"] for update in updates if update["status"] == "down"]
    assert gone == ["web crashed:1:aa"]
