"""Exactly what was missed, from any server, or an honest reset; never a part of it."""

from typing import Any

import pytest
from django.db import connection

from realtime.models import Event, Stream
from realtime.socket.cursor import FARTHEST
from realtime.streams import fetch_head
from tests.realtime.conftest import Connect
from tests.realtime.socket.wire import key, web_thread, write
from users.models import User


def since(user: User, seq: int) -> dict[str, Any]:
    return {"epoch": fetch_head(user.pk).epoch, "seq": seq}


def test_from_now_on(live: Connect, user: User) -> None:
    write(user, 1, 2)
    wire = live(user)
    write(user, 3)
    assert wire.next()["seq"] == 3


def test_an_event_as_it_goes_over_the_wire(live: Connect, user: User) -> None:
    wire = live(user)
    write(user, 5)
    frame = wire.next()
    row = Event.objects.get(user=user)
    assert frame == {
        "type": "key_update",
        "seq": 1,
        "timestamp": row.created_at.isoformat().replace("+00:00", "Z"),
        "data": key(5),
    }


def test_exactly_what_was_missed(live: Connect, open_socket: Connect, user: User) -> None:
    first = live(user)
    write(user, 1, 2)
    assert first.numbers(until=2) == [1, 2]
    first.close()
    write(user, 3)
    write(user, 4, 5)
    second = open_socket(user)
    second.say("subscribe", since=since(user, 2))
    assert second.numbers(until=5) == [3, 4, 5]
    assert second.next()["data"]["seq"] == 5  # live
    write(user, 6)
    assert second.next()["seq"] == 6


def test_replayed_and_live_frames_are_the_same(
    live: Connect, open_socket: Connect, user: User
) -> None:
    wire = live(user)
    write(user, 1, 2, 3)
    assert wire.events(until=3) == _replay(open_socket(user), user)


def _replay(wire: Any, user: User) -> Any:
    wire.say("subscribe", since=since(user, 0))
    return wire.events(until=3)


def test_from_another_thread_of_servers(open_socket: Connect, live: Connect, user: User) -> None:
    first = live(user)
    write(user, 1)
    assert first.next()["seq"] == 1
    first.close()
    write(user, 2)
    with web_thread() as elsewhere:
        second = open_socket(user, at=elsewhere)
        second.say("subscribe", since=since(user, 1))
        assert second.numbers(until=2) == [2]
        write(user, 3)
        assert second.numbers(until=3) == [3]
        second.close()


def test_from_another_process(open_socket: Connect, live: Connect, user: User, web: str) -> None:
    first = live(user)
    write(user, 1)
    assert first.next()["seq"] == 1
    first.close()
    write(user, 2)
    second = open_socket(user, at=web.replace("http", "ws") + "/ws/")
    second.say("subscribe", since=since(user, 1))
    assert second.numbers(until=2) == [2]
    write(user, 3)
    assert second.numbers(until=3) == [3]


def test_thousands_are_read_in_pages(open_socket: Connect, user: User) -> None:
    for start in range(0, FARTHEST, 500):
        write(user, *range(start, start + 500))
    wire = open_socket(user)
    wire.say("subscribe", since=since(user, 0))
    assert wire.numbers(until=FARTHEST) == list(range(1, FARTHEST + 1))
    assert wire.next()["type"] == "live"


def test_while_others_write(open_socket: Connect, user: User) -> None:
    write(user, *range(600))
    wire = open_socket(user)
    wire.say("subscribe", since=since(user, 0))
    for _ in range(50):
        write(user, 1, 2)
    assert wire.numbers(until=700) == list(range(1, 701))


def test_subscribing_again_on_the_same_socket(live: Connect, user: User) -> None:
    wire = live(user)
    write(user, 1, 2, 3)
    wire.numbers(until=3)
    wire.say("subscribe", since=since(user, 1))
    assert wire.numbers(until=3) == [2, 3]


def test_chosen_topics(live: Connect, user: User) -> None:
    orders, keys = live(user, topics=["orders"]), live(user, topics=["keys"])
    write(user, 1)
    assert keys.next()["seq"] == 1
    orders.say("ping")
    assert orders.next()["type"] == "pong"


# Reset


def reset(wire: Any, position: dict[str, Any]) -> Any:
    answer = wire.subscribe(position)
    assert answer["type"] == "reset"
    return answer["data"]


def test_another_epoch(open_socket: Connect, user: User) -> None:
    write(user, 1)
    answer = reset(open_socket(user), {"epoch": "of another database", "seq": 1})
    assert answer == {"reason": "epoch", **since(user, 1)}


def test_from_the_future(open_socket: Connect, user: User) -> None:
    write(user, 1)
    assert reset(open_socket(user), since(user, 2))["reason"] == "future"


def test_pruned(open_socket: Connect, user: User) -> None:
    write(user, 1, 2, 3)
    Event.objects.filter(user=user, seq__lte=2).delete()
    Stream.objects.filter(user=user).update(floor=2)
    wire = open_socket(user)
    assert reset(wire, since(user, 1))["reason"] == "pruned"
    wire.say("subscribe", since=since(user, 2))
    assert wire.numbers(until=3) == [3]


def test_too_far_behind(open_socket: Connect, user: User) -> None:
    Stream.objects.create(user=user, seq=FARTHEST + 1)
    assert reset(open_socket(user), since(user, 0))["reason"] == "behind"


def test_a_hole_in_the_log_is_not_passed_over(open_socket: Connect, user: User) -> None:
    write(user, 1, 2, 3)
    Event.objects.filter(user=user, seq=2).delete()
    assert reset(open_socket(user), since(user, 0))["reason"] == "pruned"


def test_after_a_reset_the_socket_goes_on(open_socket: Connect, user: User) -> None:
    write(user, 1)
    wire = open_socket(user)
    answer = reset(wire, {"epoch": "x", "seq": 9})
    assert wire.subscribe({"epoch": answer["epoch"], "seq": answer["seq"]})["type"] == "live"
    write(user, 2)
    assert wire.next()["seq"] == 2


def test_a_database_that_is_restored_under_an_open_socket(live: Connect, user: User) -> None:
    wire = live(user)
    write(user, 1)
    wire.next()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE backup AS SELECT * FROM realtime_stream")
        cursor.execute("TRUNCATE realtime_stream")
        cursor.execute("INSERT INTO realtime_stream SELECT * FROM backup")
        cursor.execute("DROP TABLE backup")
    assert wire.next()["data"]["reason"] == "epoch"


@pytest.mark.parametrize("seq", [0, 3])
def test_state_of_a_snapshot_plus_events_is_the_state_now(
    live: Connect, user: User, seq: int
) -> None:
    write(user, *range(seq))
    wire = live(user, since=since(user, seq))
    write(user, 7)
    assert wire.next()["seq"] == seq + 1


def test_who_begins_anew_while_the_log_is_read_is_not_answered_with_the_old_page(
    open_socket: Connect, user: User
) -> None:
    write(user, *range(300))
    wire = open_socket(user)
    wire.next("ready")
    for _ in range(5):
        wire.say("subscribe", since=since(user, 0))
        wire.say("subscribe", since=since(user, 290))
        heard: list[Any] = []
        while not heard or heard[-1]["type"] != "live":
            heard.append(wire.next())
        assert "reset" not in [frame["type"] for frame in heard]
        assert [frame["seq"] for frame in heard[-11:-1]] == list(range(291, 301))
