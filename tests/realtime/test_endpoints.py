"""Each endpoint over a real socket: who may come in, what is heard there, and what is not."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission

from realtime import publish, streams
from realtime.docs import reference
from realtime.docs.reference import EXAMPLES
from realtime.endpoints import ENDPOINTS, Endpoint
from realtime.frames import EVENTS, UNNUMBERED
from realtime.socket import hub
from realtime.socket.cursor import Cursor
from tests.realtime.conftest import Connect
from tests.realtime.socket.wire import Frame, Wire, write
from tests.services import wait_until
from users.models import User

STREAMED = [
    endpoint for endpoint in ENDPOINTS.values() if endpoint.needs_login and not endpoint.for_staff
]
JOB: Any = {
    "id": "1",
    "name": "report",
    "state": "running",
    "done": 1,
    "of": 2,
    "words": "",
    "job": None,
    "protected": False,
    "paused": False,
    "last_result": None,
    "seconds": None,
    "next_run_at": None,
}


def one_of_each(user: User) -> None:
    """An event of every type there is, in one transaction."""
    with streams.unit() as unit:
        for kind in EVENTS:
            entry = reference.list_entries()[kind]
            data: Any = entry.example()["data"]
            unit.event(user_id=user.pk, type=kind, data=data)  # type: ignore[arg-type]


def address(socket_url: str, name: str) -> str:
    return socket_url.removesuffix("/ws/") + ENDPOINTS[name].path


def list_types(endpoint: Endpoint) -> list[str]:
    return [kind for kind, declared in EVENTS.items() if declared.topic in endpoint.topics]


def read_until_pong(wire: Wire) -> list[Frame]:
    """Whatever came until the server answers a ping that is sent now."""
    wire.say("ping")
    frames = []
    while (frame := wire.next())["type"] != "pong":
        frames.append(frame)
    return frames


@pytest.mark.parametrize("at", STREAMED, ids=lambda at: at.name)
def test_its_own_topics_and_no_others(
    live: Connect, socket_url: str, user: User, at: Endpoint
) -> None:
    wire, main = live(user, at=address(socket_url, at.name)), live(user)
    one_of_each(user)
    main.numbers(until=len(EVENTS))  # all of them are there
    wait_until(lambda: _sent(at) == len(EVENTS), what="passed over or sent")
    heard = [frame["type"] for frame in read_until_pong(wire) if "seq" in frame]
    assert heard == list_types(at)


def _sent(at: Endpoint) -> int:
    (sent,) = {
        socket.conversation.cursor.sent  # type: ignore[attr-defined]
        for each in hub.list_hubs()
        for socket in each.sockets
        if socket.read_figures().endpoint == at.name
    }
    return sent or 0


@pytest.mark.parametrize("at", STREAMED, ids=lambda at: at.name)
def test_what_was_missed_of_its_topics(
    live: Connect, socket_url: str, user: User, at: Endpoint
) -> None:
    start = live(user, at=address(socket_url, at.name)).subscribe()["data"]
    one_of_each(user)
    late = live(user, at=address(socket_url, at.name))
    late.say("subscribe", since={"epoch": start["epoch"], "seq": 0})
    frames = []
    while (frame := late.next())["type"] != "live":
        frames.append(frame["type"])
    assert frames == list_types(at)
    assert frame["data"]["seq"] == len(EVENTS)  # it went over the others too


@pytest.mark.parametrize("at", ENDPOINTS.values(), ids=lambda at: at.name)
def test_hello_says_what_there_is(open_socket: Connect, socket_url: str, at: Endpoint) -> None:
    hello = open_socket(at=address(socket_url, at.name)).next()
    assert hello["data"]["topics"] == sorted(at.topics)


@pytest.mark.parametrize(
    ("name", "kind", "asked", "code"),
    [
        ("trading", "subscribe", {"topics": ["alerts"]}, "wrong_topics"),
        ("alerts", "subscribe", {"topics": []}, "wrong_topics"),
        ("notifications", "subscribe", {"topics": "system"}, "wrong_topics"),
        ("trading", "watch", {"instruments": []}, "wrong_door"),
        ("alerts", "watch", {"instruments": ["binance.spot:BTC/USDT"]}, "wrong_door"),
        ("all", "watch", {"instruments": ["BTC/USDT"]}, "wrong_instruments"),
        ("all", "watch", {"instruments": [], "interval_ms": 1}, "wrong_interval"),
        ("all", "watch", {"instruments": [], "topics": ["orders"]}, "wrong_topics"),
        ("all", "subscribe", {"topics": ["prices"]}, "wrong_topics"),
        ("all", "subscribe", {"topics": ["operations"]}, "wrong_topics"),
    ],
)
def test_a_wrong_wish_is_refused_in_words(
    live: Connect,
    socket_url: str,
    user: User,
    name: str,
    kind: str,
    asked: dict[str, Any],
    code: str,
) -> None:
    wire = live(user, at=address(socket_url, name))
    wire.say(kind, **asked)
    error = wire.next()
    assert (error["type"], error["data"]["code"]) == ("error", code)
    assert len(error["data"]["message"]) > 10
    wire.say("ping")
    assert wire.next()["type"] == "pong"


def test_the_market_has_no_stream(open_socket: Connect, socket_url: str, user: User) -> None:
    for wire in (
        open_socket(at=address(socket_url, "market")),
        open_socket(user, address(socket_url, "market")),
    ):
        wire.say("subscribe")
        assert wire.next("error")["data"]["code"] == "wrong_door"


# Operators


def test_operators_hear_each_other_and_nobody_else_does(
    live: Connect, socket_url: str, user: User, staff_user: User
) -> None:
    operator, trader = live(staff_user, at=address(socket_url, "admin")), live(user)
    publish.notify_staff(type="job_update", data=JOB, about="1")
    assert operator.next("job_update")["data"] == JOB
    write(user, 1)
    assert trader.next()["type"] == "key_update"


def test_no_operator_comes_in(open_socket: Connect, socket_url: str, user: User) -> None:
    wire = open_socket(user, address(socket_url, "admin"))
    assert wire.next()["type"] == "hello"
    assert wire.next()["type"] == "bye"  # and never was ready
    assert wire.farewell()["code"] == 4503


def test_staff_without_any_of_the_rights_do_not_come_in(
    open_socket: Connect, socket_url: str, user: User
) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.user_permissions.add(find_permission("operations.view_backuprun"))
    assert open_socket(user, address(socket_url, "admin")).farewell()["code"] == 4503


@pytest.mark.parametrize("by_group", [False, True])
@pytest.mark.parametrize(
    ("kind", "right"), [(name, kind.right) for name, kind in UNNUMBERED.items() if kind.right]
)
def test_operators_hear_what_their_rights_are_for(
    live: Connect, socket_url: str, user: User, kind: str, right: str, by_group: bool
) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=True)
    give_right(user, right, by_group=by_group)
    operator = live(user, at=address(socket_url, "admin"))
    send_all_types()
    assert operator.next(*NOTES)["type"] == kind
    send_all_types()
    assert operator.next(*NOTES)["type"] == kind  # and nothing else came in between


def test_who_loses_the_last_right_is_out(live: Connect, socket_url: str, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=True)
    health, jobs = NOTES["health_update"].right, NOTES["job_update"].right
    for right in (health, jobs):
        give_right(user, right)
    operator = live(user, at=address(socket_url, "admin"))
    user.user_permissions.remove(find_permission(health))
    wait_until(lambda: [each.rights for each in find_cursors()] == [{jobs}], what="a sweep")
    send_all_types()
    assert operator.next(*NOTES)["type"] == "job_update"
    user.user_permissions.clear()
    assert operator.farewell()["code"] == 4503


NOTES = {name: kind for name, kind in UNNUMBERED.items() if kind.right}


def find_permission(right: str) -> Permission:
    app, _, codename = right.partition(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def give_right(user: User, right: str, *, by_group: bool = False) -> None:
    if not by_group:
        user.user_permissions.add(find_permission(right))
        return
    group = Group.objects.create(name=right)
    group.permissions.add(find_permission(right))
    user.groups.add(group)


def send_all_types() -> None:
    for kind in NOTES:
        publish.notify_staff(type=kind, data=EXAMPLES[kind], about=kind)  # type: ignore[arg-type]


def find_cursors() -> list[Cursor]:
    return [socket.conversation.cursor for each in hub.list_hubs() for socket in each.sockets]  # type: ignore[attr-defined]


def test_who_is_no_operator_any_more_is_out(
    live: Connect, socket_url: str, user: User, staff_user: User
) -> None:
    operator, main = live(staff_user, at=address(socket_url, "admin")), live(staff_user)
    User.objects.filter(pk=staff_user.pk).update(is_staff=False)
    assert operator.farewell()["code"] == 4503
    write(staff_user, 1)
    assert main.next()["type"] == "key_update"


# What operators do to sockets


def names_of(user: User) -> list[str]:
    return [
        socket.name  # type: ignore[attr-defined]
        for each in hub.list_hubs()
        for socket in each.sockets
        if socket.user_id == user.pk
    ]


def test_starting_over(live: Connect, user: User, other_user: User) -> None:
    own, others = [live(user) for _ in range(2)], live(other_user)
    write(user, 1)
    publish.send_command(user.pk, "resync", message="Start over.")
    for wire in own:
        reset = wire.next("reset")["data"]
        assert (reset["reason"], reset["seq"]) == ("operator", 1)
        assert (
            wire.subscribe(since={"epoch": reset["epoch"], "seq": reset["seq"]})["type"] == "live"
        )
    write(other_user, 1)
    assert others.next()["type"] == "key_update"


def test_one_socket_by_its_name(live: Connect, user: User) -> None:
    stays = live(user)
    (name,) = names_of(user)
    ended = live(user)
    (other,) = set(names_of(user)) - {name}
    publish.send_command(user.pk, "end", message="Come back.", socket=other)
    farewell = ended.farewell()
    assert (farewell["code"], farewell["data"]["message"]) == (4000, "Come back.")
    write(user, 1)
    assert stays.next()["type"] == "key_update"


def test_all_sockets_of_a_user_end(
    live: Connect, socket_url: str, user: User, other_user: User
) -> None:
    own = [live(user), live(user, at=address(socket_url, "trading"))]
    others = live(other_user)
    publish.send_command(user.pk, "end", message="Come back.")
    assert [wire.farewell()["code"] for wire in own] == [4000, 4000]
    write(other_user, 1)
    assert others.next()["type"] == "key_update"
