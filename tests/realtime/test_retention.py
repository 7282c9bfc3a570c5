"""Old events go in small batches; whoever misses them is told to start over."""

import json
import os
import sys
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from realtime import retention, streams, tasks
from realtime.models import Event, Stream
from realtime.retention import Pruned
from tests.fork_server import PythonCommand
from tests.realtime.conftest import Connect
from tests.realtime.socket.wire import Wire, write
from tests.services import process_environment, wait_until
from users.models import User

MANY = """
INSERT INTO realtime_event (user_id, seq, type, data, created_at)
SELECT %(user)s, number, 'key_deleted', '{"id": 1}',
    %(last)s - (%(count)s - number) * interval '1 ms'
FROM generate_series(1, %(count)s) AS number
"""


def fill(user: User, count: int, last: datetime) -> None:
    """A long past, written in one go."""
    with connection.cursor() as cursor:
        cursor.execute(MANY, {"user": user.pk, "count": count, "last": last})
    Stream.objects.create(user=user, seq=count)


def age(user: User, *, days: float) -> None:
    Event.objects.filter(user=user).update(created_at=timezone.now() - timedelta(days=days))


def log_of(user: User) -> tuple[int, int, list[int]]:
    """Floor, last number, and the numbers in between."""
    seqs = Event.objects.filter(user=user).order_by("seq").values_list("seq", flat=True)
    stream = Stream.objects.get(user=user)
    return stream.floor, stream.seq, list(seqs)


def week() -> datetime:
    return retention.get_cutoff(timezone.now(), 7)


def test_what_is_older_goes_and_the_floor_rises(user: User, other_user: User) -> None:
    write(user, 1, 2, 3)
    write(other_user, 1)
    age(user, days=8)
    write(user, 4, 5)
    assert retention.prune_old(before=week()) == Pruned(3, 1, complete=True)
    assert log_of(user) == (3, 5, [4, 5])
    assert log_of(other_user) == (0, 1, [1])


def test_of_a_silent_user_nothing_is_left_but_the_number(user: User) -> None:
    write(user, 1, 2)
    age(user, days=8)
    retention.prune_old(before=week())
    assert log_of(user) == (2, 2, [])
    assert retention.prune_old(before=week()) == Pruned(0, 0, complete=True)
    write(user, 3)
    assert log_of(user) == (2, 3, [3])


def test_in_batches_until_the_time_is_up(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 10)
    fill(user, 35, timezone.now() - timedelta(days=8))
    write(user, 1)
    assert retention.prune_old(before=week(), seconds=0) == Pruned(10, 1, complete=False)
    assert log_of(user)[0] == 10
    assert retention.prune_old(before=week()) == Pruned(25, 1, complete=True)
    assert log_of(user) == (35, 36, [36])


def test_many_users_are_found_page_by_page(
    user: User, other_user: User, staff_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in (user, other_user, staff_user):
        write(person, 1)
    monkeypatch.setattr(retention, "USERS", 1)
    age(staff_user, days=8)  # behind two with nothing old
    assert retention.prune_old(before=week()) == Pruned(1, 1, complete=True)
    age(user, days=8)
    age(other_user, days=8)
    assert retention.prune_old(before=week()) == Pruned(2, 2, complete=True)


def test_a_dry_run_counts_and_changes_nothing(
    user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(user, 2_500, timezone.now() - timedelta(days=3))
    call_command("prune_events", "--dry-run", "--days", "2")
    assert "2500 events of 1 users would be forgotten" in capsys.readouterr().out
    assert len(log_of(user)[2]) == 2_500
    call_command("prune_events", "--dry-run", "--json", "--days", "2")
    document = json.loads(capsys.readouterr().out)
    assert document == {"events": 2_500, "users": 1, "dry_run": True}
    call_command("prune_events", "--days", "2")
    assert "2500 events of 1 users forgotten" in capsys.readouterr().out
    assert log_of(user) == (2_500, 2_500, [])


def test_beat_keeps_as_many_days_as_the_setting_says(user: User, settings: Settings) -> None:
    settings.REALTIME = settings.REALTIME | {"KEEP_DAYS": 2.0}
    write(user, 1)
    age(user, days=1)
    tasks.prune_events()
    assert log_of(user) == (0, 1, [1])
    age(user, days=3)
    tasks.prune_events()
    assert log_of(user) == (1, 1, [])


def test_the_floor_never_passes_the_last_number(user: User) -> None:
    write(user, 1)
    assert streams.prune_events(user.pk, 0, 9) == 0
    assert log_of(user) == (0, 1, [1])
    with pytest.raises(IntegrityError), transaction.atomic():
        Stream.objects.filter(user=user).update(floor=2)


def test_two_who_prune_at_once_forget_each_event_once(user: User) -> None:
    fill(user, 30, timezone.now() - timedelta(days=8))
    assert streams.prune_events(user.pk, 0, 20) == 20
    assert streams.prune_events(user.pk, 0, 10) == 0  # who had looked before and comes late
    assert streams.prune_events(user.pk, 0, 30) == 10
    assert log_of(user) == (30, 30, [])


def test_times_follow_numbers_though_writers_wait_for_each_other(
    user: User, transactional_db: None
) -> None:
    def write_some() -> None:
        try:
            for number in range(30):
                write(user, number)
        finally:
            connection.close()

    writers = [threading.Thread(target=write_some) for _ in range(4)]
    for person in writers:
        person.start()
    for person in writers:
        person.join()
    times = list(Event.objects.filter(user=user).order_by("seq").values_list("created_at"))
    assert len(times) == 120
    assert times == sorted(times)


def test_no_query_reads_the_whole_log(user: User, django_user_model: type[User]) -> None:
    people = [django_user_model(username=f"u{n}") for n in range(200)]
    for person in django_user_model.objects.bulk_create(people):
        fill(person, 100, timezone.now() - timedelta(days=8))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE realtime_event, realtime_stream")
        asked: list[tuple[str, Any]] = [
            (streams.OLD, [0, 500, week()]),
            (streams.LAST_OLD, [user.pk, 0, 1000, week()]),
            (streams.PRUNE, {"user": user.pk, "floor": 0, "last": 50}),
        ]
        for query, given in asked:
            cursor.execute(f"EXPLAIN {query}", given)
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan on realtime_event" not in plan
            assert "event_number_once" in plan


# With everybody at work


def test_writers_and_sockets_go_on_while_the_past_is_pruned(
    live: Connect, open_socket: Connect, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever keeps up loses nothing; whoever was away too long is told so, never given a part."""
    monkeypatch.setattr(retention, "BATCH", 50)
    fill(user, 4_000, timezone.now() - timedelta(days=8))
    epoch = streams.fetch_head(user.pk).epoch
    steady, answers = live(user), []
    pruned: list[Pruned] = []

    def work() -> None:
        try:
            pruned.append(retention.prune_old(before=week()))
        finally:
            connection.close()

    pruner = threading.Thread(target=work)
    pruner.start()
    written = 0
    while pruner.is_alive() or written < 40:
        write(user, written)
        written += 1
        wire = open_socket(user)
        answers.append(_resume(wire, {"epoch": epoch, "seq": 1_000}))
        wire.close()
    pruner.join()
    assert pruned == [Pruned(4_000, 1, complete=True)]
    assert steady.numbers(4_000 + written) == list(range(4_001, 4_001 + written))
    for answer, numbers in answers:
        is_whole = numbers == list(range(1_001, 1_001 + len(numbers)))
        assert answer == "pruned" or (answer == "live" and is_whole)
    assert answers[-1] == ("pruned", [])


def _resume(wire: Wire, since: dict[str, object]) -> tuple[str, list[int]]:
    """How it ended, and what was sent until then."""
    wire.say("subscribe", since=since)
    numbers: list[int] = []
    while True:
        frame = wire.next()
        if frame["type"] in ("live", "reset"):
            return frame["data"].get("reason", "live"), numbers
        if "seq" in frame:
            numbers.append(frame["seq"])


def test_a_killed_prune_leaves_a_sound_log(user: User, transactional_db: None) -> None:
    fill(user, 60_000, timezone.now() - timedelta(days=8))
    command = [sys.executable, "manage.py", "prune_events"]
    process = PythonCommand(command, os.environ | process_environment())
    wait_until(lambda: Stream.objects.get(user=user).floor > 0, what="begun", every=0.005)
    process.kill()
    floor, seq, numbers = log_of(user)
    assert numbers == list(range(floor + 1, seq + 1))
    assert retention.prune_old(before=week()).complete
    assert log_of(user) == (60_000, 60_000, [])
