"""What a process counts while sockets come, hear and go."""

from datetime import UTC, datetime, timedelta

import pytest

from realtime import frames
from realtime.counters import RealtimeCounts, counts
from realtime.histogram import SECONDS, Histogram
from realtime.socket import session
from realtime.socket.protocol import Conversation
from realtime.socket.session import Identity, SocketTimes
from tests.realtime.conftest import Connect
from tests.realtime.socket.wire import write
from tests.services import wait_until
from users.models import User


def frame(at: datetime) -> str:
    return frames.event_frame("key_update", seq=1, timestamp=at, data="{}")


def test_how_long_ago_an_event_was_committed_is_looked_at_now_and_then() -> None:
    own = RealtimeCounts()
    for _ in range(3):
        own.note_sent(frame(datetime.now(UTC) - timedelta(seconds=4)))
    assert own.commit_to_send.count == 1
    assert 4 <= own.commit_to_send.worst < 60
    own.sample_at = 0
    own.note_sent(frame(datetime.now(UTC) + timedelta(seconds=4)))  # the database's clock is ahead
    assert (own.commit_to_send.count, own.commit_to_send.cells[0]) == (2, 1)


def test_the_codes_of_clients_are_few() -> None:
    own = RealtimeCounts()
    for code in (1000, 1006, 3001, 4999, None):
        own.note_client_close(code)
    assert own.left == {"1000": 1, "1006": 1, "other": 3}


def test_a_pong_says_how_far_behind_and_how_far_away_its_client_is() -> None:
    talk = Conversation(SocketTimes(heartbeat=25), 0.0)
    talk.set_identity(Identity(1, "x"), "e", 10, 0.0)
    talk.follow_frame('{"type":"pong","data":{"seq":7}}', 1.0)
    assert (talk.behind, talk.answer_seconds) == (3, None)  # nobody had asked
    talk.tick(25.0)
    talk.follow_frame('{"type":"pong","data":{"seq":10}}', 25.5)
    assert (talk.behind, talk.answer_seconds) == (0, 0.5)


def test_a_strike_is_named_until_the_next_frame() -> None:
    talk = Conversation(SocketTimes(), 0.0)
    talk.set_identity(Identity(1, "x"), "e", 10, 0.0)
    talk.follow_frame("{", 1.0)
    assert talk.last_error == "bad_json"
    talk.follow_frame('{"type":"ping","data":{}}', 1.0)
    assert talk.last_error is None


def test_a_socket_is_counted_from_its_coming_to_its_going(live: Connect, user: User) -> None:
    before = counts.traffic["all"]
    accepts, frames_in, bytes_out = before.accepts, before.frames_in, before.bytes_out
    fresh, resumed = counts.resumes["fresh"], counts.resumes["live"]
    closes, left, struck = counts.closes[4501], counts.left["1000"], counts.strikes["bad_json"]
    counts.sample_at, timed = 0.0, counts.commit_to_send.count
    first = live(user)
    write(user, 1)
    first.events(1)
    now_on = first.subscribe()["data"]
    second = live(user, since={"epoch": now_on["epoch"], "seq": 0})
    for _ in range(session.STRIKES):
        second.socket.send("{")
    assert second.farewell()["code"] == 4501
    first.close()
    wait_until(lambda: counts.left["1000"] == left + 1, what="the client's leaving counted")
    now = counts.traffic["all"]
    assert now.accepts == accepts + 2
    assert now.frames_in >= frames_in + 6
    assert now.bytes_out > bytes_out + 1000
    assert (counts.resumes["fresh"], counts.resumes["live"]) == (fresh + 2, resumed + 1)
    assert (counts.closes[4501], counts.strikes["bad_json"]) == (closes + 1, struck + 3)
    assert counts.commit_to_send.count > timed


def test_a_refused_resume_is_counted_with_its_reason(open_socket: Connect, user: User) -> None:
    before = counts.resumes["epoch"]
    wire = open_socket(user)
    assert wire.subscribe({"epoch": "of another time", "seq": 0})["type"] == "reset"
    assert counts.resumes["epoch"] == before + 1


def test_sweeps_and_the_loop_are_timed(live: Connect, user: User) -> None:
    sweeps, lags = counts.sweep_seconds.count, counts.loop_lag.count
    live(user)
    wait_until(lambda: counts.sweep_seconds.count > sweeps, what="a sweep timed")
    assert counts.loop_lag.count > lags


# Histograms


def test_a_histogram_adds_up_over_servers() -> None:
    own, theirs = Histogram(SECONDS, [0.002, 0.3]), Histogram(SECONDS, [0.2, 60])
    own.merge(Histogram.from_json(theirs.as_json()))
    assert (own.count, own.worst, round(own.total, 3)) == (4, 60, 60.502)
    assert own.cumulative()[-1] == ("+Inf", 4.0)
    own.merge(Histogram([1.0], [5]))  # of a release with other cells
    assert own.count == 4


@pytest.mark.parametrize(
    ("values", "median", "last"),
    [([], None, None), ([0.0], 0.0, 0.0), ([0.004] * 10, 0.00375, 0.004), ([99.0], 64.5, 98.31)],
)
def test_quantiles_are_as_fine_as_the_cells(
    values: list[float], median: float | None, last: float | None
) -> None:
    histogram = Histogram(SECONDS, values)
    assert histogram.quantile(0.5) == pytest.approx(median)
    assert histogram.quantile(0.99) == pytest.approx(last)


def test_what_is_between_the_cells_is_never_more_than_the_worst() -> None:
    for values in ([0.2, 0.3, 0.4], [1.0], [2.6, 2.7]):
        assert (Histogram(SECONDS, values).quantile(1.0) or 0) <= max(values)
