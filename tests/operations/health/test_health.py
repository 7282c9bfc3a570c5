"""Health by API, command and admin: who may see it, what is recorded, and for how long."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from exchanges.models import ExchangeKey
from operations.cleanup.prune import prune_tables
from operations.health import check, history, present, stored
from operations.health.probes import queues
from operations.health.service_status import ServiceStatus
from operations.models import HealthCheck, HealthHour
from realtime.metrics import heartbeat, snapshot
from tests.conftest import create_user
from tests.operations.conftest import Ask
from tests.orders.reports import NOON
from tests.services import wait_until
from users.models import User

PATHS = ["health/summary/", "redis/health/", "db/health/", "services/", "metrics/"]
NOWHERE = "redis://127.0.0.1:1/0"


def make_status(status: Any = "healthy", **fields: Any) -> ServiceStatus:
    return ServiceStatus(
        **{"service": "redis", "label": "Redis", "at": NOON, "status": status, **fields}
    )


def run_command(*options: str) -> tuple[int, str]:
    out = io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("health", *options, stdout=out)
    return int(end.value.code or 0), out.getvalue()


@pytest.mark.parametrize("path", PATHS)
def test_only_operators_with_the_right_may_see_it(
    path: str, ask: Ask, user: User, staff_user: User
) -> None:
    clerk = create_user("clerk", is_staff=True)
    assert ask(None, "GET", f"monitoring/{path}").status_code == 401
    assert ask(user, "GET", f"monitoring/{path}").status_code == 403
    assert ask(clerk, "GET", f"monitoring/{path}").status_code == 403
    assert ask(staff_user, "GET", f"monitoring/{path}").status_code == 200
    clerk.user_permissions.add(Permission.objects.get(codename="view_healthcheck"))
    assert ask(User.objects.get(pk=clerk.pk), "GET", f"monitoring/{path}").status_code == 200


def test_redis_and_database_are_asked_for_real(ask: Ask, staff_user: User) -> None:
    found = ask(staff_user, "GET", "monitoring/redis/health/").json()
    assert (found["status"], found["version"][:1].isdigit()) == ("healthy", True)
    assert found["response_ms"] > 0
    assert found["memory_bytes"] > 0
    database = ask(staff_user, "GET", "monitoring/db/health/").json()
    assert database["status"] == "healthy"
    assert database["details"]["most_connections"] >= database["details"]["connections"] > 0


def test_redis_away_is_told_by_what_still_answers(
    ask: Ask, staff_user: User, settings: Settings
) -> None:
    settings.REDIS_URL = NOWHERE
    found = ask(staff_user, "GET", "monitoring/health/summary/").json()
    states = {row["service"]: row["status"] for row in found["services"]}
    assert found["status"] == "down"
    assert (states["redis"], states["postgresql"]) == ("down", "healthy")
    figures = ask(staff_user, "GET", "monitoring/metrics/").json()
    assert (figures["queues"], figures["disk"]["total_bytes"] > 0) == (None, True)


def test_the_figures_name_queues_and_disk(ask: Ask, staff_user: User) -> None:
    figures = ask(staff_user, "GET", "monitoring/metrics/").json()
    assert [row["queue"] for row in figures["queues"]] == ["default", "monitor"]
    assert figures["streams"] == {
        "processes": 0,
        "keys": 0,
        "followed": 0,
        "silent": 0,
        "by_state": {},
    }


def test_sockets_have_a_second_address(ask: Ask, staff_user: User, user: User) -> None:
    assert ask(staff_user, "GET", "monitoring/websocket/stats/").json()["complete"]
    assert ask(user, "GET", "monitoring/websocket/stats/").status_code == 403


@pytest.mark.django_db
def test_the_command_says_it_in_its_exit_code() -> None:
    code, text = run_command("--service", "redis")
    assert code == 0
    assert "The installation is healthy." in text
    code, text = run_command("--json")
    assert (code, json.loads(text)["status"]) == (2, "down")  # no process of ours runs here
    with pytest.raises(CommandError, match="No service is called nothing"):
        call_command("health", "--service", "nothing")


# Records


@pytest.mark.django_db
def test_a_check_counts_into_its_hour() -> None:
    for minute, (status, took) in enumerate(
        [("healthy", 2.0), ("healthy", 4.0), ("degraded", 9.0), ("down", None)]
    ):
        now = NOON + timedelta(minutes=minute)
        history.record_check([make_status(status, response_ms=took)], at=now)
    [hour] = HealthHour.objects.all()
    assert (hour.healthy, hour.degraded, hour.down) == (2, 1, 1)
    assert (hour.responses, hour.response_ms_sum, hour.response_ms_max) == (3, 15.0, 9.0)
    uptime = history.measure_uptimes(
        ["redis"], now=NOON + timedelta(hours=1), span=timedelta(hours=24)
    )["redis"]
    assert uptime.up == 0.75
    assert uptime.measured == round(4 / 2880, 5)  # what nobody measured is not called up


@pytest.mark.django_db
def test_old_checks_become_hours_and_old_hours_go() -> None:
    for days in (0, 1, 3, 89, 91):
        history.record_check([make_status()], at=NOON - timedelta(days=days))
    for _ in prune_tables(now=NOON):
        pass
    assert HealthCheck.objects.count() == 2
    assert HealthHour.objects.count() == 4


def test_the_history_is_served_for_charts(ask: Ask, staff_user: User) -> None:
    now = timezone.now()
    history.record_check([make_status("down", reason="It does not answer.")], at=now)
    history.record_check([make_status(response_ms=2.5)], at=now + timedelta(seconds=1))
    found = ask(staff_user, "GET", "monitoring/services/redis/history/?hours=1").json()
    assert [row["status"] for row in found["checks"]] == ["healthy", "down"]
    assert found["uptimes"]["last_7_days"]["up"] == 0.5
    assert sum(row["down"] for row in found["hours"]) == 1
    assert ask(staff_user, "GET", "monitoring/services/nothing/history/").status_code == 404
    for wrong in ("0", "-1", "x", "2161", "1e3"):
        answer = ask(staff_user, "GET", f"monitoring/services/redis/history/?hours={wrong}")
        assert answer.status_code == 400, wrong


def test_admins_read_checks_and_change_none(client: Client, staff_user: User) -> None:
    history.record_check([make_status("down", reason="It does not answer.")], at=NOON)
    client.force_login(staff_user, "django.contrib.auth.backends.ModelBackend")
    page = client.get("/admin/operations/healthcheck/")
    assert "It does not answer." in page.content.decode()
    assert client.get("/admin/operations/healthcheck/add/").status_code == 403


# With a worker and a venue


def test_a_check_measures_venues_queues_and_keeps_what_it_found(
    worker: None, user: User, open_key: Callable[[User], ExchangeKey], settings: Settings, web: str
) -> None:
    open_key(user)
    settings.FILLWATCH_URL = web
    check.run_check(timezone.now())
    wait_until(
        lambda: all(queue.echo_age is not None for queue in queues.read_queues(now=timezone.now())),
        what="a round trip through each queue",
    )
    services = {row.service: row for row in present.read_services(timezone.now())}
    venue = services["venue-binance.spot.paper"]
    assert venue.status == "healthy"
    assert set(venue.details) == {"clock_offset_ms"}
    assert venue.response_ms
    assert services["pages"].status == services["health-checks"].status == "healthy"
    assert services["worker-monitor"].status == services["worker-default"].status == "healthy"
    assert services["simulator"].status == "healthy"
    assert HealthCheck.objects.filter(service="venue-binance.spot.paper").count() == 1
    check.run_check(timezone.now())  # twice in a row, from two beats
    assert HealthCheck.objects.filter(service="venue-binance.spot.paper").count() == 1
    stored_in_redis, in_database = stored.read_from_redis(), stored.read_from_database()
    assert stored_in_redis
    assert in_database
    assert stored_in_redis.services.keys() == in_database.services.keys()


@pytest.mark.usefixtures("empty_redis")
def test_an_orderly_end_leaves_no_heartbeat() -> None:
    writer = snapshot.SummaryWriter(lambda: 0.5)
    writer.start()
    [found] = wait_until(heartbeat.read_heartbeats, what="a heartbeat")
    assert (found.idle_seconds, found.role) == (0.5, "command")
    assert found.rss_bytes > 1_000_000
    writer.end()
    assert heartbeat.read_heartbeats() == []
