"""Numbers without gaps, in commit order, and only for what was committed."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from typing import Any, cast

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from realtime import publish, streams
from realtime.models import Event, Stream
from tests.realtime.event_log import read_events
from tests.realtime.socket.wire import key, write
from users.models import User


class Changed(Exception):
    """Somebody's change of mind in the middle of a transaction."""


def labels(user: User) -> list[str]:
    rows = Event.objects.filter(user=user).order_by("seq")
    return [row.data["label"] for row in rows]


def seqs(user: User) -> list[int]:
    return list(Event.objects.filter(user=user).order_by("seq").values_list("seq", flat=True))


def test_events_are_numbered_from_one(user: User) -> None:
    write(user, 1, 2)
    write(user, 3)
    assert seqs(user) == [1, 2, 3]
    assert streams.fetch_head(user.pk).seq == 3


def test_a_stream_without_events_has_a_position(user: User) -> None:
    before = streams.fetch_head(user.pk)
    assert before.seq == 0
    write(user, 1)
    head = streams.fetch_head(user.pk)
    assert (head.epoch, head.seq) == (before.epoch, 1)


def test_one_statement_for_all_events_of_all_users(user: User, other_user: User) -> None:
    with CaptureQueriesContext(connection) as queries, streams.unit() as unit:
        for number in range(10):
            for person in (other_user, user):
                unit.event(user_id=person.pk, type="key_update", data=key(number))
    assert sum("realtime_" in query["sql"] for query in queries) == 1
    assert seqs(user) == seqs(other_user) == list(range(1, 11))


def test_nothing_is_stored_when_the_unit_fails(user: User) -> None:
    with suppress(Changed), streams.unit() as unit:
        unit.event(user_id=user.pk, type="key_update", data=key(1))
        raise Changed
    assert seqs(user) == []


def test_an_inner_unit_joins_the_outer_one(user: User) -> None:
    with streams.unit() as outer:
        outer.event(user_id=user.pk, type="key_update", data=key(1, "first"))
        with streams.unit() as inner:
            inner.event(user_id=user.pk, type="key_update", data=key(1, "second"))
        assert seqs(user) == []  # not before the outermost ends
        outer.event(user_id=user.pk, type="key_update", data=key(1, "third"))
    assert labels(user) == ["first", "second", "third"]


@pytest.mark.parametrize("inner", [streams.unit, transaction.atomic])
def test_a_savepoint_that_rolls_back_takes_its_events_along(user: User, inner: Any) -> None:
    with streams.unit() as unit:
        unit.event(user_id=user.pk, type="key_update", data=key(1, "kept"))
        with suppress(Changed), inner():
            unit.event(user_id=user.pk, type="key_update", data=key(1, "dropped"))
            raise Changed
        unit.event(user_id=user.pk, type="key_update", data=key(1, "kept too"))
    assert labels(user) == ["kept", "kept too"]


def test_a_unit_whose_transaction_is_doomed_stores_nothing(user: User) -> None:
    with streams.unit() as unit:
        unit.event(user_id=user.pk, type="key_update", data=key(1))
        transaction.set_rollback(True)
    assert seqs(user) == []


def test_an_event_after_the_end_is_a_mistake(user: User) -> None:
    with streams.unit() as unit:
        pass
    with pytest.raises(streams.UnitClosed):
        unit.event(user_id=user.pk, type="key_update", data=key(1))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("no_such_event", key(1)),
        ("orders_checked", {"orders": [1], "checked_at": "2026-01-01T00:00:00Z"}),
        ("key_update", {"id": 1}),
        ("key_update", key(1) | {"secret": "x"}),
    ],
)
def test_only_declared_events_with_their_fields(user: User, kind: Any, data: Any) -> None:
    with pytest.raises(streams.UnknownEvent), streams.unit() as unit:
        unit.event(user_id=user.pk, type=kind, data=data)


@pytest.mark.parametrize("amount", [Decimal("1.5"), float("nan")])
def test_money_is_a_string(user: User, amount: Any) -> None:
    data = key(1) | {"last_error": amount}
    with pytest.raises((TypeError, ValueError)), streams.unit() as unit:
        unit.event(user_id=user.pk, type="key_update", data=cast(Any, data))


def test_told_only_after_the_real_commit(
    user: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    published: list[Any] = []
    monkeypatch.setattr(publish, "send_events", published.append)
    with django_capture_on_commit_callbacks(execute=True):
        with transaction.atomic():  # somebody else's transaction around ours
            write(user, 1)
            assert seqs(user) == [1]
            assert published == []
        assert published == []
    assert [event.seq for event in published[0][user.pk]] == [1]


def test_an_event_reads_back_as_a_frame(user: User) -> None:
    with streams.unit() as unit:
        unit.event(user_id=user.pk, type="key_update", data=key(7, "Grüße"))
    (event,) = read_events(user.pk, 0, 10)
    assert event.seq == 1
    assert '"label": "Grüße"' in event.frame
    assert read_events(user.pk, 1, 10) == []


def test_heads_of_many(user: User, other_user: User) -> None:
    write(user, 1, 2)
    heads = streams.fetch_heads([user.pk, other_user.pk, 10**9])
    assert {pk: head.seq for pk, head in heads.items()} == {user.pk: 2, other_user.pk: 0}


def test_raising_the_epoch_voids_positions(user: User) -> None:
    write(user, 1)
    before = streams.fetch_head(user.pk)
    Stream.objects.filter(user=user).update(epoch=2)
    after = streams.fetch_head(user.pk)
    assert after.epoch != before.epoch
    assert after.seq == before.seq


def test_a_rewritten_table_is_another_epoch(transactional_db: None, user: User) -> None:
    write(user, 1)
    before = streams.fetch_head(user.pk)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE realtime_stream")  # as restoring a backup of its rows does first
    assert streams.fetch_head(user.pk).epoch != before.epoch


def test_eight_writers_at_once_leave_no_gap(transactional_db: None) -> None:
    users = [User.objects.create_user(f"user{number}") for number in range(4)]
    committed: list[tuple[int, int]] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 (no secret)
        try:
            for turn in range(40):
                chosen = chance.sample(users, chance.randint(1, 4))
                try:
                    with streams.unit() as unit:
                        for user in chosen:
                            unit.event(user_id=user.pk, type="key_update", data=key(turn))
                        if chance.random() < 0.3:
                            raise Changed
                except Changed:
                    continue
                committed.extend((user.pk, 1) for user in chosen)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))  # a deadlock would raise here
    for user in users:
        count = sum(number for pk, number in committed if pk == user.pk)
        assert count > 0
        assert seqs(user) == list(range(1, count + 1))
        assert streams.fetch_head(user.pk).seq == count
