"""/healthz and /readyz: for containers, without TLS, under any host, also when servers hang."""

import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from pytest_django import Settings

from config.server.probes import answer_probes
from operations.health.probes import bounded, readiness, round_trips
from tests.services import wait_until

SECRET = "s3cret-of-the-database"


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(readiness, "_last", None)
    yield
    calls = bounded._calls.values()
    wait_until(lambda: all(future.done() for _, future in calls), what="no call under way")


@pytest.fixture
def frozen_server() -> Iterator[int]:
    """The port of a server that accepts and never answers, like one that was stopped."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield server.getsockname()[1]


async def _refuse(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("the probe reached Django")


def probe(path: str, method: str = "GET") -> tuple[int, dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "method": method, "headers": []}
    async_to_sync(answer_probes(_refuse))(scope, None, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


def point_database_at(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HOST": "127.0.0.1", "PORT": str(port), "PASSWORD": SECRET}.items():
        monkeypatch.setitem(connection.settings_dict, name, value)


def test_the_process_answers_whatever_is_away(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert probe("/healthz") == (200, {"status": "alive"})
    assert probe("/healthz/") == (200, {"status": "alive"})
    assert probe("/readyz", "POST")[0] == 405


@pytest.mark.django_db
@pytest.mark.usefixtures("empty_redis")
def test_an_installation_is_ready_when_all_answer() -> None:
    checks = {"database": "ok", "migrations": "ok", "redis": "ok"}
    assert probe("/readyz") == (200, {"status": "ready", "checks": checks})


@pytest.mark.django_db
@pytest.mark.usefixtures("empty_redis")
def test_a_migration_that_is_not_applied_is_told() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY id DESC LIMIT 1")
        app, name = cursor.fetchone()

    class Unapplied:
        """The same database, as it was before the last migration."""

        def execute(self, statement: str) -> Any:
            cursor = connection.cursor()
            cursor.execute(f"{statement} WHERE NOT (app = %s AND name = %s)", [app, name])
            return cursor

    assert round_trips._count_missing(Unapplied()) == 1


@pytest.mark.django_db
def test_servers_that_hang_are_told(
    frozen_server: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = f"redis://:{SECRET}@127.0.0.1:{frozen_server}/0"
    point_database_at(frozen_server, monkeypatch)
    status, answer = probe("/readyz")
    assert (status, answer["status"]) == (503, "not ready")
    assert answer["checks"] == {
        "database": "gives no answer within 1 s",
        "migrations": "not known",
        "redis": "gives no answer within 1 s",
    }
    assert SECRET not in json.dumps(answer)


@pytest.mark.django_db
def test_servers_that_refuse_are_told_at_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = f"redis://:{SECRET}@127.0.0.1:1/0"
    point_database_at(1, monkeypatch)
    status, answer = probe("/readyz")
    assert (status, answer["checks"]["database"]) == (503, "does not answer")
    assert answer["checks"]["redis"] == "does not answer"
    assert SECRET not in json.dumps(answer)


def test_the_web_server_answers_any_host_without_redirect(web: str) -> None:
    address = urlsplit(web)
    line = http.client.HTTPConnection(address.hostname or "", address.port or 0, timeout=20)
    for path in ("/healthz", "/readyz"):
        line.request("GET", path, headers={"Host": "10.0.0.7:8000"})
        answer = line.getresponse()
        assert answer.status == 200, answer.read()
        assert json.loads(answer.read())["status"] in ("alive", "ready")
    line.close()
