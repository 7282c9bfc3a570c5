"""Words to everybody reach each active user once, whoever dies on the way."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from config.launcher.home import BASE
from operations import tasks
from operations.messages import broadcast as messages_broadcast
from operations.models import Broadcast
from realtime.models import Event
from tests.operations.crowd import crowd
from tests.orders.reports import NOON
from tests.services import process_environment, wait_until
from users.models import User

Say = Callable[..., Broadcast]


MORTAL = """
import sys, django
django.setup()
from operations import models, tasks
from operations.messages import broadcast
broadcast.BATCH, save = 3, models.Broadcast.save
def slowly(self, **words):
    if self.told > 3:
        print("in the second part", flush=True)
        sys.stdin.read()
    save(self, **words)
models.Broadcast.save = slowly
tasks.send_broadcast(int(sys.argv[1]))
"""


class Killed(BaseException):
    """As a worker's end comes: nothing of ours catches it."""


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Say:
    """Begin a broadcast that no worker takes up: the test is the worker, in parts of three."""
    monkeypatch.setattr(messages_broadcast, "BATCH", 3)
    return lambda: messages_broadcast.begin_broadcast(title="Closed tonight", by=None, now=NOON)


def told() -> Counter[int]:
    return Counter(Event.objects.filter(type="system").values_list("user", flat=True))


def once_each(users: list[User]) -> Counter[int]:
    return Counter(user.pk for user in users)


@pytest.mark.django_db
def test_every_active_user_is_told_once(say: Say) -> None:
    users, away = crowd(10), crowd(1, is_active=False, prefix="away")
    broadcast = say()
    late = crowd(1, prefix="late")
    messages_broadcast.finish_broadcast(broadcast.pk, now=NOON)
    messages_broadcast.finish_broadcast(broadcast.pk, now=NOON)
    assert told() == once_each(users)
    assert not told().keys() & {user.pk for user in away + late}
    broadcast.refresh_from_db()
    assert (broadcast.told, broadcast.of, broadcast.finished_at) == (10, 10, NOON)
    data = Event.objects.filter(type="system").first()
    assert data
    assert data.data == messages_broadcast.system_data(broadcast)


@pytest.mark.django_db
@pytest.mark.parametrize("number", [0, 3, 6])
def test_the_last_part_may_be_full_or_empty(say: Say, number: int) -> None:
    users = crowd(number)
    broadcast = say()
    tasks.send_broadcast(broadcast.pk)
    assert told() == once_each(users)
    assert messages_broadcast.unfinished_ids() == []


@pytest.mark.parametrize("part", [1, 2, 3])
def test_a_worker_killed_in_the_middle_leaves_nobody_out_and_none_told_twice(
    transactional_db: None, say: Say, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    users, broadcast = crowd(10), say()
    parts, real = iter(range(1, 10)), messages_broadcast._next_recipients

    def dies(of: Broadcast) -> list[int]:
        found = real(of)
        if next(parts) == part:
            raise Killed
        return found

    monkeypatch.setattr(messages_broadcast, "_next_recipients", dies)
    with pytest.raises(Killed):
        tasks.send_broadcast(broadcast.pk)
    monkeypatch.setattr(messages_broadcast, "_next_recipients", real)
    assert told().total() == (part - 1) * 3
    tasks.finish_broadcasts()
    assert told() == once_each(users)


def test_a_worker_killed_as_it_writes_has_told_nobody_of_that_part(
    transactional_db: None, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    users, broadcast = crowd(5), say()

    def dies(self: Broadcast, **_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Broadcast, "save", dies)
        with pytest.raises(Killed):
            tasks.send_broadcast(broadcast.pk)
    assert not told()
    tasks.finish_broadcasts()
    assert told() == once_each(users)


def test_a_process_killed_within_a_transaction_leaves_the_rest_to_the_next(
    transactional_db: None, say: Say
) -> None:
    users, broadcast = crowd(10), say()
    words = [sys.executable, "-W", "ignore", "-c", MORTAL, str(broadcast.pk)]
    environment = {**os.environ, **process_environment()}
    with subprocess.Popen(
        words, cwd=BASE, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"in the second part\n"
        process.kill()
    assert told().total() == 3

    def finished() -> bool:
        tasks.finish_broadcasts()  # the server may still believe in the dead one's lock
        return not messages_broadcast.unfinished_ids()

    wait_until(finished, what="the broadcast finished")
    assert told() == once_each(users)


def test_many_workers_at_once_tell_everybody_once(transactional_db: None, say: Say) -> None:
    users, broadcast = crowd(40), say()

    def work(_: int) -> None:
        try:
            tasks.send_broadcast(broadcast.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    tasks.finish_broadcasts()
    assert told() == once_each(users)


def test_a_real_worker_takes_it_up(worker: None) -> None:
    users = crowd(3)
    messages_broadcast.begin_broadcast(title="Closed tonight", by=None, now=NOON)
    wait_until(lambda: not messages_broadcast.unfinished_ids(), what="the broadcast finished")
    assert told() == once_each(users)
