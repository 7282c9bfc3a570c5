"""Each key is followed by one process at a time, and by none for seconds only."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from exchanges.keys import actions
from exchanges.models import ExchangeKey, StreamLease, StreamProcess
from exchanges.streams import leases
from users.models import User

Attach = Callable[..., ExchangeKey]


@pytest.fixture
def many(attach: Attach) -> list[ExchangeKey]:
    return [attach(label=f"key {n}", api_key=f"api-key-{n}") for n in range(6)]


def held(name: str) -> set[int]:
    return {key.pk for key in leases.take_turn(name).keys}


def run_out(name: str) -> None:
    """As time does when a process has died."""
    past = timezone.now() - timedelta(seconds=1)
    StreamLease.objects.filter(holder=name).update(expires_at=past)
    StreamProcess.objects.filter(name=name).update(alive_until=past)


def test_a_single_process_holds_every_active_key(many: list[ExchangeKey]) -> None:
    actions.deactivate(many[0].pk)
    assert held("one") == {key.pk for key in many[1:]}


def test_what_one_holds_nobody_else_gets(many: list[ExchangeKey]) -> None:
    assert len(held("one")) == 6
    assert held("two") == set()


def test_a_newcomer_gets_a_fair_share_when_the_other_makes_way(many: list[ExchangeKey]) -> None:
    held("one")
    held("two")
    turn = leases.take_turn("one")
    assert (len(turn.keys), turn.surplus) == (6, 3)
    leases.release_keys("one", [key.pk for key in turn.keys[:3]])
    assert held("two") == {key.pk for key in turn.keys[:3]}
    assert held("one") == {key.pk for key in turn.keys[3:]}


def test_who_has_died_is_missed_when_its_lease_runs_out(many: list[ExchangeKey]) -> None:
    held("one")
    run_out("one")
    assert len(held("two")) == 6
    assert held("one") == set()


def test_a_lease_of_ours_that_ran_out_is_ours_again_as_it_was(many: list[ExchangeKey]) -> None:
    """A process too slow for its own leases still follows; only another's streams are news."""
    held("one")
    leases.note_all("one", {many[0].pk: {"state": "live", "connected_since": timezone.now()}})
    run_out("one")
    assert len(held("one")) == 6
    assert StreamLease.objects.get(key=many[0]).state == "live"
    run_out("one")
    held("two")
    lease = StreamLease.objects.get(key=many[0])
    assert (lease.state, lease.connected_since) == ("connecting", None)


def test_many_keys_are_taken_in_several_turns(
    many: list[ExchangeKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "TAKEN_AT_ONCE", 4)
    assert [len(held("one")) for _ in range(3)] == [4, 6, 6]


def test_who_leaves_makes_way_at_once(many: list[ExchangeKey]) -> None:
    held("one")
    leases.leave_process("one")
    assert len(held("two")) == 6
    assert not StreamProcess.objects.filter(name="one").exists()


def test_new_and_switched_off_keys_show_in_the_next_turn(
    many: list[ExchangeKey], attach: Attach
) -> None:
    held("one")
    new = attach(label="new", api_key="api-key-new")
    actions.deactivate(many[0].pk)
    assert held("one") == {new.pk, *(key.pk for key in many[1:])}


def test_only_the_holder_says_how_a_stream_fares(many: list[ExchangeKey]) -> None:
    held("one")
    assert not leases.note_all("two", {many[0].pk: {"last_error": "not mine"}})
    assert leases.note_all("one", {many[0].pk: {"last_error": "mine"}})
    run_out("one")
    assert not leases.note_all("one", {many[0].pk: {"last_error": "too late"}})
    assert StreamLease.objects.get(key=many[0]).last_error == "mine"


def read_silence(key: ExchangeKey) -> datetime | None:
    return StreamLease.objects.get(key=key).silent_since


def test_a_stream_is_silent_from_its_break_until_it_is_open_again(attach: Attach) -> None:
    key = attach()
    held("one")
    assert read_silence(key) is not None, "it connects"
    leases.note_all("one", {key.pk: {"state": "live"}})
    assert read_silence(key) is None
    leases.note_all("one", {key.pk: {"state": "waiting"}})
    began = read_silence(key)
    assert began is not None
    leases.note_all("one", {key.pk: {"state": "connecting"}})
    leases.leave_process("one")
    held("two")
    assert read_silence(key) == began


def test_the_silence_of_a_process_that_died_begins_with_its_lease_s_end(attach: Attach) -> None:
    key = attach()
    held("one")
    leases.note_all("one", {key.pk: {"state": "live"}})
    run_out("one")
    ended = StreamLease.objects.get(key=key).expires_at
    held("two")
    assert read_silence(key) == ended


def test_a_key_that_was_off_is_silent_from_its_activation_on(attach: Attach) -> None:
    key = attach()
    actions.deactivate(key.pk)
    held("one")
    long_ago = timezone.now() - timedelta(days=3)
    StreamLease.objects.update_or_create(key=key, defaults={"silent_since": long_ago})
    actions.activate(key.pk)
    since = read_silence(key)
    assert since is not None
    assert since > long_ago


def test_operators_see_how_each_stream_fares(
    many: list[ExchangeKey], client: Client, staff_user: User
) -> None:
    held("one")
    leases.note_all("one", {many[0].pk: {"last_error": "the venue ended the stream"}})
    client.force_login(staff_user, "django.contrib.auth.backends.ModelBackend")
    page = client.get("/admin/exchanges/streamlease/").content.decode()
    assert "the venue ended the stream" in page
    assert "key 5" in page


@pytest.mark.django_db(transaction=True)
def test_processes_that_take_at_the_same_time_take_different_keys(
    transactional_db: None, many: list[ExchangeKey]
) -> None:
    names = ["one", "two", "three"]
    start = Barrier(len(names))

    def grab(name: str) -> set[int]:
        start.wait()
        try:
            return held(name)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(names)) as threads:
        taken = list(threads.map(grab, names))
    assert sum(len(one) for one in taken) == len(set().union(*taken))
    assert StreamLease.objects.exclude(holder="").count() == len(set().union(*taken)) > 0
