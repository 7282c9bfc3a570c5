"""Every event to every socket of its user, once and in order, and to nobody else."""

import random
import socket as tcp
from typing import Any

import pytest
import redis
from channels.layers import get_channel_layer
from django.db import connection

from realtime import publish
from realtime.counters import counts
from realtime.frames import StreamEvent
from realtime.layer import BatchingChannelLayer
from realtime.streams import fetch_head
from tests.realtime.checking import count_sockets
from tests.realtime.conftest import Connect
from tests.realtime.event_log import read_events
from tests.realtime.socket.wire import Wire, bearer, token, write
from tests.services import wait_until
from users.models import User

CHECKED: Any = {"orders": [1, 2], "checked_at": "2026-01-01T00:00:00Z"}


@pytest.fixture
def deaf_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is published from now on reaches nobody."""
    unreachable = BatchingChannelLayer(prefix="fillwatch", hosts=["unix:///nowhere.sock"])
    monkeypatch.setattr(publish, "_current_publisher", lambda: publish.Publisher(unreachable))


def publish_again(user: User, *numbers: int) -> None:
    """Publish stored events, in any order."""
    by_number: dict[int, StreamEvent] = {
        event.seq: event for event in read_events(user.pk, 0, 1000)
    }
    for number in numbers:
        message = publish._build_events_message(user.pk, [by_number[number]])
        get_channel_layer().send_to_groups([(publish.user_group(user.pk), message)])


def test_the_layer_brings_it_not_the_sweep(live: Connect, user: User) -> None:
    wire, before = live(user), counts.repairs
    for number in range(1, 50):
        write(user, number)
        assert wire.next()["seq"] == number
    assert counts.repairs == before


def test_every_tab_of_its_owner_and_nobody_elses(
    live: Connect, user: User, other_user: User
) -> None:
    owners = {user: "ada", other_user: "bob"}
    wires = [(owners[owner], live(owner)) for owner in owners for _ in range(3)]
    for number in range(1, 11):
        for owner, name in owners.items():
            write(owner, number, label=name)
    for name, wire in wires:
        events = wire.events(until=10)
        assert [event["seq"] for event in events] == list(range(1, 11))
        assert {event["data"]["label"] for event in events} == {name}


def test_what_the_layer_lost_is_found_by_the_sweep(
    live: Connect, user: User, deaf_layer: Any
) -> None:
    wire, before = live(user), counts.repairs
    write(user, 1, 2)
    assert wire.numbers(until=2) == [1, 2]
    assert counts.repairs == before + 1


def test_out_of_order(live: Connect, user: User, deaf_layer: Any, times: Any) -> None:
    times(SWEEP_SECONDS=60)
    wire = live(user)
    write(user, *range(1, 11))
    order = list(range(1, 11))
    random.shuffle(order)
    publish_again(user, *order)
    assert wire.numbers(until=10) == list(range(1, 11))


def test_twice_told_is_once_delivered(live: Connect, user: User) -> None:
    wire = live(user)
    write(user, 1)
    publish_again(user, 1, 1)
    write(user, 2)
    publish_again(user, 1, 2)
    write(user, 3)
    assert [wire.next()["seq"] for _ in range(3)] == [1, 2, 3]


def test_a_message_of_tomorrow_is_ignored(live: Connect, user: User) -> None:
    wire = live(user)
    message: Any = {"type": "stream.of.tomorrow", "to": publish.user_group(user.pk)}
    publish._send_messages([message])
    write(user, 1)
    assert wire.next()["seq"] == 1


def test_too_much_for_one_message(live: Connect, user: User) -> None:
    wire = live(user)
    write(user, *range(publish.INLINE_EVENTS + 1))
    assert wire.numbers(until=257) == list(range(1, 258))


def test_big_events_are_read_in_small_pages(live: Connect, user: User) -> None:
    wire = live(user)
    write(user, *range(20), label="x" * 100_000)
    assert wire.numbers(until=20) == list(range(1, 21))


def test_freshness_is_told_without_a_number(live: Connect, user: User) -> None:
    orders, keys = live(user, topics=["orders"]), live(user, topics=["keys"])
    publish.notify_user(user_id=user.pk, type="orders_checked", data=CHECKED)
    assert orders.next() == {"type": "orders_checked", "data": CHECKED}
    keys.say("ping")
    assert keys.next()["type"] == "pong"


def test_the_heartbeat_says_how_far_we_are(live: Connect, user: User, times: Any) -> None:
    times(HEARTBEAT_SECONDS=0.2)
    wire = live(user)
    write(user, 1)
    wire.next("key_update")
    ping = wire.next("ping")
    assert ping["data"]["seq"] == 1
    wire.say("pong", seq=1)


def test_silence_is_the_end(live: Connect, user: User, times: Any) -> None:
    times(SILENCE_SECONDS=0.3)
    assert live(user).farewell()["code"] == 4002


def test_garbage_is_answered_and_survived(live: Connect, user: User) -> None:
    wire = live(user)
    for garbage in ("{", b"\x00\xff", "x" * 20_000):
        wire.socket.send(garbage)
        assert wire.next()["type"] == "error"
        wire.say("ping")
        assert wire.next()["type"] == "pong"
    for _ in range(3):
        wire.socket.send("[]")
    assert wire.farewell()["code"] == 4501


def test_a_flood_is_the_end(live: Connect, user: User) -> None:
    wire = live(user)
    for _ in range(80):
        wire.socket.send('{"type":"ping"}')
    assert wire.farewell()["code"] == 4005


def test_a_stalled_reader_holds_nobody_up(
    live: Connect, user: User, socket_url: str, times: Any
) -> None:
    times(SEND_SECONDS=0.5)
    before = counts.slow_closed
    stalled, reading = _never_reading(socket_url, user), live(user)
    wait_until(lambda: count_sockets() == 2)
    for _ in range(10):
        write(user, *range(10), label="x" * 100_000)
    assert reading.numbers(until=100) == list(range(1, 101))
    wait_until(lambda: counts.slow_closed == before + 1, what="the stalled one closed")
    wait_until(lambda: count_sockets() == 1, what="the stalled one gone")
    write(user, 1)
    assert reading.next()["seq"] == 101
    stalled.break_off()


def _never_reading(socket_url: str, user: User) -> Wire:
    """A client that signs in, subscribes, and then takes nothing out of its narrow pipe."""
    raw = tcp.socket()
    raw.setsockopt(tcp.SOL_SOCKET, tcp.SO_RCVBUF, 4096)
    host, port = socket_url.removeprefix("ws://").partition("/")[0].split(":")
    raw.connect((host, int(port)))
    wire = Wire(socket_url, sock=raw, subprotocols=bearer(token(user)), max_queue=1)
    wire.subscribe()
    return wire


def test_an_outage_of_the_layer_is_survived(own_valkey: Any, live: Connect, user: User) -> None:
    early = live(user)
    write(user, 1)
    own_valkey.kill()
    write(user, 2)
    late = live(user, since=None)  # even who comes during the outage
    write(user, 3)
    assert early.numbers(until=3) == [1, 2, 3]
    assert late.numbers(until=3) == [3]
    own_valkey.start()
    wait_until(lambda: _subscribed(own_valkey.url, user), what="in the group again")
    wait_until(lambda: _published(user), what="publishing again")
    head = read_events(user.pk, 0, 1000)[-1].seq
    assert early.numbers(until=head) == list(range(4, head + 1))
    assert late.numbers(until=head) == list(range(4, head + 1))
    before = counts.repairs
    write(user, 1)
    assert early.next()["seq"] == head + 1
    assert counts.repairs == before


def _subscribed(url: str, user: User) -> bool:
    with redis.Redis.from_url(url) as client:
        ((_, number),) = client.pubsub_numsub(f"fillwatch__group__user.{user.pk}")
        return bool(number)


def _published(user: User) -> bool:
    before = counts.published
    write(user, 1)
    return counts.published > before


def test_a_broken_database_ends_with_words(live: Connect, user: User, broken_log: Any) -> None:
    wire = live(user)
    broken_log()
    wire.say("subscribe", since={"epoch": "x", "seq": 1})
    assert wire.farewell()["code"] == 4003


def test_cut_database_connections_are_not_noticed(
    open_socket: Connect, user: User, web: str
) -> None:
    wire = open_socket(user, at=web.replace("http", "ws") + "/ws/")
    wire.subscribe()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'fillwatch web'"
        )
        assert cursor.fetchall()
    write(user, 1)
    for _ in range(5):
        wire.say("subscribe", since={"epoch": fetch_head(user.pk).epoch, "seq": 0})
        assert wire.numbers(until=1) == [1]
