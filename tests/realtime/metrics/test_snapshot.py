"""Each process's figures, and those of all together."""

import pytest
from pytest_django import Settings

from realtime import redis
from realtime.histogram import Histogram
from realtime.metrics import snapshot
from tests.realtime.conftest import Connect
from tests.realtime.others import write_summary_of
from tests.realtime.socket.wire import write
from tests.services import wait_until
from users.models import User

NOWHERE = "redis://127.0.0.1:1/0"


def test_a_socket_shows_in_the_figures_as_long_as_it_is_there(
    live: Connect, user: User, other_user: User
) -> None:
    held = [live(user), live(user, topics=["orders"]), live(other_user)]
    held[0].say("pong", seq=0)
    write(user, 1)
    wait_until(lambda: _behind().count == 1, what="the pong heard")
    now = snapshot.build_summary()
    assert (now["sockets"], now["users"]) == ({"all": 3}, 2)
    assert now["top_users"] == {str(user.pk): 2, str(other_user.pk): 1}
    assert now["process"]["groups"] == 2
    assert (now["process"]["tasks"] or 0) >= 3
    assert now["age_seconds"]["cells"][0] + now["age_seconds"]["cells"][1] == 3
    for wire in held:
        wire.close()
    wait_until(lambda: not snapshot.build_summary()["sockets"], what="all gone")
    assert snapshot.build_summary()["process"]["groups"] == 0


def _behind() -> Histogram:
    return Histogram.from_json(snapshot.build_summary()["behind_events"])


def test_every_server_answers_for_all(socket_url: str) -> None:
    write_summary_of("elsewhere:1", sockets={"all": 7})
    snapshot.write_summary()
    summaries, complete = snapshot.read_all()
    assert complete
    assert [summary["server"] for summary in summaries] == [
        snapshot.get_server_name(),
        "elsewhere:1",
    ]
    assert summaries[1]["sockets"] == {"all": 7}


def test_who_is_silent_is_forgotten(socket_url: str) -> None:
    write_summary_of("elsewhere:2")
    redis.redis_client().delete(snapshot.SUMMARY_PREFIX + "elsewhere:2")
    assert [summary["server"] for summary in snapshot.read_all()[0]] == [snapshot.get_server_name()]
    assert redis.redis_client().smembers(snapshot.SERVERS) <= {snapshot.get_server_name()}


def test_a_process_of_another_release_is_passed_by(socket_url: str) -> None:
    write_summary_of("elsewhere:3", times={})
    summaries, complete = snapshot.read_all()
    assert ([summary["server"] for summary in summaries], complete) == (
        [snapshot.get_server_name()],
        True,
    )


@pytest.mark.usefixtures("empty_redis")
def test_without_redis_a_server_speaks_for_itself(settings: Settings) -> None:
    settings.REDIS_URL = NOWHERE
    summaries, complete = snapshot.read_all()
    assert not complete
    assert [summary["server"] for summary in summaries] == [snapshot.get_server_name()]


def test_a_web_server_tells_its_figures_without_being_asked(
    socket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "EVERY_SECONDS", 0.05)
    client = redis.redis_client()
    writer = snapshot.SummaryWriter()
    writer.start()
    try:
        wait_until(
            lambda: client.exists(snapshot.SUMMARY_PREFIX + snapshot.get_server_name()),
            what="figures told",
        )
        client.delete(snapshot.SUMMARY_PREFIX + snapshot.get_server_name())
        wait_until(
            lambda: client.exists(snapshot.SUMMARY_PREFIX + snapshot.get_server_name()),
            what="figures told again",
        )
    finally:
        writer.end()


@pytest.mark.usefixtures("empty_redis")
def test_telling_outlives_a_redis_that_goes_and_comes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "EVERY_SECONDS", 0.05)
    here, settings.REDIS_URL = settings.REDIS_URL, NOWHERE
    writer = snapshot.SummaryWriter()
    writer.start()
    try:
        wait_until(lambda: writer.is_away, what="the loss noticed")
        settings.REDIS_URL = here
        wait_until(lambda: not writer.is_away, what="told again")
    finally:
        writer.end()
