"""Ask each part for real: connect, send a request, and wait for its answer.

Each function returns the seconds that the answer took, or raises PartSilent with plain words. The
words never hold an address or a password: they are shown to people and to container probes.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import psycopg
import redis
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry

from exchanges import paper
from operations.health.probes.bounded import Answer, NoAnswer, call_within

ANSWER_SECONDS: Final = 1.0
CONNECT_SECONDS: Final = 2  # the least that libpq takes
REFUSED: Final = "does not answer"
direct_opener = build_opener(ProxyHandler({}))


class PartSilent(Exception):
    """A part gave no answer, or a wrong one; the message says which, without addresses."""


@dataclass(frozen=True, slots=True)
class DatabaseAnswer:
    seconds: float
    version: str
    clock_offset: float  # seconds that its clock is ahead of ours
    connections: int
    most_connections: int
    missing_migrations: int


@dataclass(frozen=True, slots=True)
class RedisAnswer:
    seconds: float
    version: str
    memory_bytes: int
    memory_limit: int
    clients: int
    uptime: int
    maxmemory_policy: str
    is_cluster: bool = False


def ask_database(*, seconds: float = ANSWER_SECONDS) -> DatabaseAnswer:
    """Ask on a connection of its own: one of the pool may be waited for by others."""
    return _ask_within(seconds, "database", _query_database, psycopg.Error)


def ask_redis(*, seconds: float = ANSWER_SECONDS) -> RedisAnswer:
    return _ask_within(seconds, "redis", _query_redis, redis.RedisError)


def ask_simulator(*, seconds: float = ANSWER_SECONDS) -> float:
    def ask() -> float:
        began = time.monotonic()
        paper.fetch_prices()
        return time.monotonic() - began

    return _ask_within(1.5 * seconds, "simulator", ask, paper.SimulatorUnavailable)


def ask_pages(url: str) -> float:
    """Ask the web server for /healthz at the address that people use."""

    def ask() -> float:
        began = time.monotonic()
        try:
            with direct_opener.open(url.rstrip("/") + "/healthz", timeout=3 * ANSWER_SECONDS):
                return time.monotonic() - began
        except HTTPError as error:
            error.close()
            raise PartSilent(f"answers {error.code}") from None

    failures = OSError, ValueError, HTTPException  # the last one: it speaks something else
    return _ask_within(3 * ANSWER_SECONDS, f"pages {url}", ask, *failures)


def _ask_within(
    seconds: float,
    name: str,
    ask: Callable[[], Answer],
    *errors: type[Exception],
) -> Answer:
    try:
        return call_within(seconds, name, ask)
    except NoAnswer as error:
        raise PartSilent(f"gives {error}") from None
    except errors:
        raise PartSilent(REFUSED) from None


def _query_database() -> DatabaseAnswer:
    parameters: dict[str, Any] = connections[DEFAULT_DB_ALIAS].get_connection_params()
    parameters["connect_timeout"] = CONNECT_SECONDS
    began = time.monotonic()
    with psycopg.connect(**parameters, autocommit=True) as connection:
        row: Any = connection.execute(
            "SELECT clock_timestamp(), current_setting('server_version'),"
            " current_setting('max_connections')::int, (SELECT count(*) FROM pg_stat_activity)"
        ).fetchone()
        took = time.monotonic() - began
        theirs: datetime = row[0]
        return DatabaseAnswer(
            seconds=took,
            version=str(row[1]).partition(" ")[0],
            clock_offset=round((theirs - timezone.now()).total_seconds(), 3),
            connections=row[3],
            most_connections=row[2],
            missing_migrations=_count_missing(connection),
        )


def _count_missing(connection: Any) -> int:
    """Count the migrations that are not applied."""
    try:
        rows = connection.execute("SELECT app, name FROM django_migrations").fetchall()
    except psycopg.errors.UndefinedTable:
        rows = []
    return len(_list_migrations() - {(app, name) for app, name in rows})


@cache
def _list_migrations() -> frozenset[tuple[str, str]]:
    """List the migrations of this release; reading their files takes a tenth of a second."""
    return frozenset(MigrationLoader(None).graph.nodes)


def _query_redis() -> RedisAnswer:
    began = time.monotonic()
    with redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=CONNECT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    ) as client:
        client.ping()
        took = time.monotonic() - began
        facts: Any = client.info()
    return RedisAnswer(
        seconds=took,
        version=str(facts.get("valkey_version", facts["redis_version"])),
        memory_bytes=int(facts["used_memory"]),
        memory_limit=int(facts.get("maxmemory", 0)),
        clients=int(facts["connected_clients"]),
        uptime=int(facts["uptime_in_seconds"]),
        maxmemory_policy=str(facts.get("maxmemory_policy", "noeviction")),
        is_cluster=str(facts.get("cluster_enabled")) == "1",
    )
