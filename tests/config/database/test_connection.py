"""A server that stands still is noticed; one that is only slow is not given up."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from config.database.base import PoolExhausted, WatchedPool
from config.database.connection import ServerSilent, WatchedConnection, answers_packet
from config.database.outage import DatabaseAway, Outage, is_outage


@pytest.fixture
def parameters(db: None) -> dict[str, Any]:
    parameters: dict[str, Any] = connection.get_connection_params()
    return parameters | {"autocommit": True}


@contextmanager
def silent_server() -> Iterator[tuple[str, int]]:
    """A server that takes connections and says nothing, as one that stands still."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()


def test_a_slow_query_of_a_living_server_goes_on(parameters: Any, settings: Any) -> None:
    settings.DATABASE_ANSWER_SECONDS = 0.05
    with WatchedConnection.connect(**parameters) as watched:
        assert watched.execute("SELECT pg_sleep(0.5), 7").fetchone()[1] == 7  # type: ignore[index]


def test_a_silent_server_is_given_up(
    parameters: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATABASE_ANSWER_SECONDS = 0.05
    with silent_server() as address, WatchedConnection.connect(**parameters) as watched:
        monkeypatch.setattr("config.database.connection.read_address", lambda _: address)
        with pytest.raises(ServerSilent):
            watched.execute("SELECT pg_sleep(20)")
        assert watched.closed


def test_a_server_process_that_hangs_is_given_up_after_its_limit(
    parameters: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATABASE_ANSWER_SECONDS, settings.DATABASE_STATEMENT_SECONDS = 0.05, 0.1
    monkeypatch.setattr("config.database.connection.SECONDS_MORE", 0.1)
    with WatchedConnection.connect(**parameters) as watched, pytest.raises(ServerSilent):
        watched.execute("SELECT pg_sleep(20)")


def test_only_an_answer_is_one(tmp_path: Path) -> None:
    with silent_server() as address:
        assert not answers_packet(address, 0.05)
    assert not answers_packet(address, 5)  # refused
    assert not answers_packet((str(tmp_path), 5432), 5)  # no such socket


def test_a_pool_says_when_all_its_connections_are_in_use(parameters: Any) -> None:
    with WatchedPool(kwargs=parameters, min_size=1, max_size=1, timeout=0.1) as pool:
        only = pool.getconn()
        with pytest.raises(PoolExhausted, match="all 1 database connections are in use"):
            pool.getconn()
        pool.putconn(only)
        again = pool.getconn()  # it is no outage
        pool.putconn(again)


def test_a_pool_that_moves_is_waited_for(parameters: Any) -> None:
    with WatchedPool(kwargs=parameters, min_size=1, max_size=1, timeout=0.3) as pool:
        waits: list[float] = []

        def use() -> None:
            began = time.monotonic()
            held = pool.getconn()
            waits.append(time.monotonic() - began)
            held.execute("SELECT pg_sleep(0.2)")
            pool.putconn(held)

        threads = [threading.Thread(target=use) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(waits) == 5
    assert max(waits) > 0.3  # longer than a pool that stands still is waited for


def test_cut_connections_are_replaced_on_the_way(parameters: Any) -> None:
    with WatchedPool(kwargs=parameters, min_size=3, max_size=3, timeout=5) as pool:
        held = [pool.getconn() for _ in range(3)]
        pids = [each.info.backend_pid for each in held]
        for each in held:
            pool.putconn(each)
        with psycopg.connect(**parameters) as other:
            other.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [pids])
        fresh = pool.getconn()
        assert fresh.execute("SELECT 1").fetchone() == (1,)
        pool.putconn(fresh)


def test_during_an_outage_one_caller_tries_and_the_others_are_refused() -> None:
    outage = Outage()
    outage.refuse_attempt()
    outage.note_failure(OSError("refused"))
    with pytest.raises(DatabaseAway):
        outage.refuse_attempt()
    outage._retry_at = 0
    outage.refuse_attempt()  # one tries
    with pytest.raises(DatabaseAway):
        outage.refuse_attempt()
    outage.note_answer()
    outage.refuse_attempt()
    assert not outage.is_on


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.OperationalError("the connection is closed"), True),
        (psycopg.errors.AdminShutdown("going down"), True),
        (psycopg.errors.QueryCanceled("too slow"), False),
        (psycopg.errors.DeadlockDetected("deadlock"), False),
        (psycopg.errors.UniqueViolation("twice"), False),
        (ValueError("else"), False),
    ],
)
def test_an_outage_is_told_from_a_refusal(error: Exception, expected: bool) -> None:
    assert is_outage(error) is expected
