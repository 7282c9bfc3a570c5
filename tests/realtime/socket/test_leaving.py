"""Who loses their rights loses their sockets; and whoever goes, however, leaves nothing behind."""

import asyncio
import gc
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from realtime.redis import redis_client
from realtime.socket import hub
from tests.conftest import PASSWORD
from tests.realtime.checking import count_alarms, count_sockets
from tests.realtime.conftest import Connect
from tests.realtime.socket.wire import Wire, bearer, token, web_thread, write
from tests.services import wait_until
from users.models import User

HERE = "http://127.0.0.1:8000"


@pytest.fixture
def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def by_session(open_socket: Connect, browser: Client) -> Wire:
    key = browser.cookies[settings.SESSION_COOKIE_NAME].value
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={key}"}
    wire = open_socket(additional_headers=cookie, origin=HERE)
    assert wire.subscribe()["type"] == "live"
    return wire


def test_a_changed_password(
    live: Connect, open_socket: Connect, user: User, other_user: User, browser: Client
) -> None:
    token, session, other = live(user), by_session(open_socket, browser), live(other_user)
    user.set_password("another")
    user.save()
    assert token.farewell()["code"] == session.farewell()["code"] == 4101
    write(other_user, 1)
    assert other.next()["seq"] == 1


def test_a_deactivated_user(
    live: Connect, open_socket: Connect, user: User, browser: Client
) -> None:
    token, session = live(user), by_session(open_socket, browser)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert token.farewell()["code"] == session.farewell()["code"] == 4503


def test_a_deleted_user(live: Connect, user: User) -> None:
    wire = live(user)
    write(user, 1)
    wire.next()
    user.delete()
    assert wire.farewell()["code"] == 4503


def test_signing_out_ends_that_browsers_sockets_only(
    live: Connect, open_socket: Connect, user: User, browser: Client
) -> None:
    token, session = live(user), by_session(open_socket, browser)
    browser.logout()
    farewell = session.farewell()
    assert (farewell["code"], farewell["data"]["message"]) == (4101, "You signed out.")
    write(user, 1)
    assert token.next()["seq"] == 1


def post(client: Client, name: str, **body: str) -> dict[str, str]:
    answer = client.post(f"/api/v1/auth/{name}/", body, content_type="application/json")
    assert answer.status_code == 200
    return dict(answer.json())


def signed_in(client: Client) -> dict[str, str]:
    return post(client, "token", username="ada", password=PASSWORD)


def test_signing_out_by_api_ends_that_sign_ins_sockets_only(
    open_socket: Connect, client: Client, user: User
) -> None:
    pair, other = signed_in(client), signed_in(client)
    renewed = post(client, "token/refresh", refresh=pair["refresh"])
    tokens = [pair["access"], renewed["access"], other["access"]]
    wires = [open_socket(subprotocols=bearer(access)) for access in tokens]
    assert [wire.subscribe()["type"] for wire in wires] == ["live"] * 3
    post(client, "token/blacklist", refresh=renewed["refresh"])
    for wire in wires[:2]:
        farewell = wire.farewell()
        assert (farewell["code"], farewell["data"]["message"]) == (4101, "You signed out.")
    write(user, 1)
    assert wires[2].next("key_update")["seq"] == 1
    assert open_socket(subprotocols=bearer(pair["access"])).farewell()["code"] == 4101


def test_signing_out_everywhere_ends_all_sockets_but_those_of_others(
    live: Connect, open_socket: Connect, client: Client, browser: Client, other_user: User
) -> None:
    pair, other = signed_in(client), live(other_user)
    program = open_socket(subprotocols=bearer(pair["access"]))
    assert program.subscribe()["type"] == "live"
    session = by_session(open_socket, browser)
    browser.post("/sessions/end-all/")
    for wire in (program, session):
        farewell = wire.farewell()
        assert (farewell["code"], farewell["data"]["message"]) == (4101, "You signed out.")
    assert open_socket(subprotocols=bearer(pair["access"])).farewell()["code"] == 4101
    write(other_user, 1)
    assert other.next()["seq"] == 1


def test_signing_out_everywhere_else_keeps_the_sockets_of_this_session(
    open_socket: Connect, client: Client, browser: Client, user: User
) -> None:
    program = open_socket(subprotocols=bearer(signed_in(client)["access"]))
    program.subscribe()
    session = by_session(open_socket, browser)
    browser.post("/sessions/end-all/", {"keep": "this"})
    assert program.farewell()["code"] == 4101
    write(user, 1)
    assert session.next()["seq"] == 1


def test_a_socket_renewed_from_another_sign_in_ends_with_that_one(
    open_socket: Connect, client: Client, user: User
) -> None:
    first, second = signed_in(client), signed_in(client)
    wire = open_socket(subprotocols=bearer(first["access"]))
    wire.say("auth", token=second["access"])
    wire.next("ready")
    wire.next("ready")
    post(client, "token/blacklist", refresh=first["refresh"])
    wire.subscribe()
    write(user, 1)
    assert wire.next("key_update")["seq"] == 1
    post(client, "token/blacklist", refresh=second["refresh"])
    assert wire.farewell()["code"] == 4101


def test_a_restart_sends_everybody_elsewhere_for_a_moment(
    transactional_db: None, user: User
) -> None:
    with web_thread() as socket_url:
        wires = [Wire(socket_url, subprotocols=bearer(token(user))) for _ in range(5)]
        for wire in wires:
            wire.subscribe()
    farewells = [wire.farewell() for wire in wires]
    assert {farewell["code"] for farewell in farewells} == {4000}
    delays = {farewell["data"]["delay"] for farewell in farewells}
    assert all(0 < delay <= 2 for delay in delays)
    assert len(delays) > 1
    for wire in wires:
        wire.close()


# What a socket holds


def loops_of_the_hub() -> list[asyncio.AbstractEventLoop]:
    return list(hub._hubs)


def held(loop: asyncio.AbstractEventLoop) -> dict[str, int]:
    """What the server's loop holds for its sockets."""
    gc.collect()
    return {
        "tasks": sum(_is_ours(task) for task in asyncio.all_tasks(loop)),
        "groups": len(redis_client().pubsub_channels("fillwatch__group__*")),
        "alarms": sum(count_alarms(each.clock) for each in hub.list_hubs()),
        "hubs": len(hub._hubs),
    }


def _is_ours(task: asyncio.Task[Any]) -> bool:
    """A server's presence and its layer's connection last as long as it does; all else does not."""
    code: Any = getattr(task.get_coro(), "cr_code", None)
    file = code.co_filename if code else ""
    lasts = "presence" in file or file.endswith("layer.py")
    return "/realtime/" in file and "/tests/" not in file and not lasts


# The hub receives and sweeps: no task of ours for a socket.
TWENTY = {"tasks": 4, "groups": 2, "alarms": 20, "hubs": 1}
NOTHING = {"tasks": 0, "groups": 0, "alarms": 0, "hubs": 0}


def farewell(wire: Wire) -> None:
    wire.close()


def broken_off(wire: Wire) -> None:
    wire.break_off()


def thrown_out(wire: Wire) -> None:
    for _ in range(3):
        wire.socket.send("garbage")
    wire.farewell()


@pytest.mark.parametrize("leave", [farewell, broken_off, thrown_out])
def test_every_way_out_is_clean(live: Connect, user: User, other_user: User, leave: Any) -> None:
    wires = [live(person) for person in (user, other_user) for _ in range(10)]
    (loop,) = loops_of_the_hub()
    wait_until(lambda: held(loop) == TWENTY, what="the hub's four tasks, and nothing for a socket")
    write(user, 1)
    for wire in wires:
        leave(wire)
    wait_until(lambda: held(loop) == NOTHING, what="nothing held")


def test_leaving_in_the_middle_of_a_replay(live: Connect, open_socket: Connect, user: User) -> None:
    for start in range(0, 3000, 500):
        write(user, *range(start, start + 500))
    stays = live(user)
    (loop,) = loops_of_the_hub()
    for _ in range(5):
        wire = open_socket(user)
        wire.say("subscribe", since={"epoch": wire.next("ready")["data"]["epoch"], "seq": 0})
        wire.next("key_update")
        wire.break_off()
    wait_until(lambda: count_sockets() == 1, what="the replays ended")
    stays.close()
    wait_until(lambda: held(loop) == NOTHING, what="nothing held")


def test_strangers_cost_nothing_to_lose(open_socket: Connect, live: Connect, user: User) -> None:
    live(user)
    (loop,) = loops_of_the_hub()
    before = held(loop)
    for _ in range(10):
        open_socket().break_off()
    wait_until(lambda: held(loop) == before, what="as before")


def test_a_broken_database_leaves_nothing(live: Connect, user: User, broken_log: Any) -> None:
    wire = live(user)
    (loop,) = loops_of_the_hub()
    broken_log()
    wire.say("subscribe")
    wire.farewell()
    wait_until(lambda: held(loop) == NOTHING, what="nothing held")


def test_coming_and_going_keeps_the_others_told(live: Connect, user: User) -> None:
    stays = live(user)
    for number in range(1, 21):
        passing = live(user)
        write(user, number)
        assert passing.next()["seq"] == stays.next()["seq"] == number
        passing.break_off()
