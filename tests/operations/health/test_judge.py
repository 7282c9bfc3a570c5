"""What counts as healthy, degraded and down; a summary is green only when everything is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from exchanges.instruments import VenueMarket
from operations.backup.status import BackupStatus
from operations.health.facts import DatabaseFacts, InstallationFacts, RedisFacts
from operations.health.judge import judge_services
from operations.health.judge_processes import list_missed
from operations.health.probes.queues import QueueFacts
from operations.health.probes.round_trips import DatabaseAnswer, RedisAnswer
from operations.health.service_status import find_worst
from operations.health.stored import StoredCheck, StoredResult
from orders.checks.last_sweep import SweepTimes
from realtime.metrics.heartbeat import Heartbeat
from realtime.shapes.notes import VenueData
from realtime.values import format_time
from tests.orders.reports import NOON

BINANCE = VenueMarket("binance", "spot", True)
BACKUPS = BackupStatus(
    last_done_at=NOON,
    last_name="x.dump",
    last_size=1_000,
    verified_at=NOON,
    damage="",
    is_old=False,
    failure="",
    due_since=NOON,
    is_scheduled=True,
)
Change = Callable[[InstallationFacts], Any]


def beat_heart(role: str, age: float = 1.0, **changed: Any) -> Heartbeat:
    """A heartbeat of this age, of a process that began an hour ago."""
    heartbeat = Heartbeat(
        name=f"{role}:1",
        role=role,
        version="1.0",
        began_at=format_time(NOON - timedelta(hours=1)),
        said_at=format_time(NOON - timedelta(seconds=age)),
        idle_seconds=0.1,
        rss_bytes=100,
        cpu_share=0.1,
        age=age,
    )
    return replace(heartbeat, **changed)


def at_ago(seconds: float) -> datetime:
    return NOON - timedelta(seconds=seconds)


@pytest.fixture
def facts() -> InstallationFacts:
    """An installation in which all is well."""
    venue = VenueData(
        venue="binance",
        label="Binance",
        market="spot",
        simulated=True,
        state="open",
        until=None,
        words="",
    )
    known = StoredResult("healthy", "", 3.0, NOON, {})
    return InstallationFacts(
        now=NOON,
        database=DatabaseAnswer(0.002, "17.2", 0.0, 10, 100, 0),
        redis=RedisAnswer(0.001, "9.0", 1_000, 0, 5, 3600, "noeviction"),
        simulator=0.01,
        in_database=DatabaseFacts(1, [BINANCE], 1, {"live": 1}, at_ago(100), at_ago(4), BACKUPS),
        in_redis=RedisFacts(
            heartbeats=[beat_heart(role) for role in ("web", "worker", "beat", "stream")],
            queues=[QueueFacts(name, 0, None, 0.01, 5.0) for name in ("default", "monitor")],
            sweep_began=at_ago(2),
            sweep=SweepTimes(0.2, 0),
        ),
        check=StoredCheck(at_ago(10), {"venue-binance.spot.paper": known, "pages": known}),
        venues=[venue],
        disk_free=50_000_000_000,
        disk_total=100_000_000_000,
    )


def list_unwell(facts: InstallationFacts) -> dict[str, str]:
    return {
        service.service: service.status
        for service in judge_services(facts)
        if service.status != "healthy"
    }


def silence(facts: InstallationFacts, role: str, seconds: float) -> None:
    assert facts.in_redis
    others = [one for one in facts.in_redis.heartbeats if one.role != role]
    facts.in_redis.heartbeats = [*others, beat_heart(role, seconds)]


def hang(facts: InstallationFacts, role: str, seconds: float) -> None:
    assert facts.in_redis
    others = [one for one in facts.in_redis.heartbeats if one.role != role]
    facts.in_redis.heartbeats = [*others, beat_heart(role, idle_seconds=seconds)]


def set_backups(facts: InstallationFacts, **changed: Any) -> None:
    assert facts.in_database
    facts.in_database.backups = replace(BACKUPS, **changed)


def set_redis(facts: InstallationFacts, **changed: Any) -> None:
    for name, value in changed.items():
        setattr(facts.in_redis, name, value)


def test_all_is_green_when_all_is_well(facts: InstallationFacts) -> None:
    services = judge_services(facts)
    assert list_unwell(facts) == {}
    assert find_worst(services) == "healthy"
    assert all(service.last_success for service in services)
    assert all(not service.reason and not service.remedy for service in services)


@pytest.mark.parametrize(
    ("change", "unwell"),
    [
        (lambda f: silence(f, "worker", 16), {"worker": "down"}),
        (lambda f: silence(f, "beat", 16), {"beat": "down"}),
        (lambda f: silence(f, "stream", 16), {"stream": "down"}),
        (lambda f: silence(f, "web", 16), {"web": "down"}),
        (lambda f: hang(f, "beat", 16), {"beat": "down"}),
        (lambda f: hang(f, "stream", 16), {"stream": "down"}),
        (
            lambda f: set_redis(f, heartbeats=[]),
            dict.fromkeys(("web", "worker", "beat", "stream"), "down"),
        ),
        (lambda f: set_redis(f, sweep_began=None), {"order-checks": "down"}),
        (lambda f: set_redis(f, sweep_began=at_ago(16)), {"order-checks": "down"}),
        (lambda f: set_redis(f, sweep=SweepTimes(6.0, 3)), {"order-checks": "degraded"}),
        (
            lambda f: set_redis(f, queues=[QueueFacts("default", 9, 31.0, 0.1, 5.0)]),
            {"worker-default": "degraded"},
        ),
        (
            lambda f: set_redis(f, queues=[QueueFacts("monitor", 0, None, 0.1, 76.0)]),
            {"worker-monitor": "down"},
        ),
        (lambda f: setattr(f, "simulator", "does not answer"), {"simulator": "down"}),
        (lambda f: setattr(f, "disk_free", 900_000_000), {"disk": "degraded"}),
        (lambda f: set_backups(f, is_old=True), {"backups": "degraded"}),
        (lambda f: set_backups(f, failure="No room."), {"backups": "degraded"}),
        (lambda f: set_backups(f, damage="It is cut."), {"backups": "degraded"}),
        (lambda f: set_backups(f, is_old=True, is_scheduled=False), {}),  # others make them
        (lambda f: setattr(f, "disk_free", 9_000_000), {"disk": "down"}),
        (
            lambda f: setattr(f, "database", replace(f.database, missing_migrations=2)),
            {"postgresql": "down"},
        ),
        (
            lambda f: setattr(f, "database", replace(f.database, clock_offset=-3.0)),
            {"postgresql": "degraded"},
        ),
        (
            lambda f: setattr(f, "redis", replace(f.redis, maxmemory_policy="allkeys-lru")),
            {"redis": "degraded"},
        ),
        (
            lambda f: f.venues[0].update(state="resting", words="It does not answer."),
            {"venue-binance.spot.paper": "down"},
        ),
        (
            lambda f: f.venues[0].update(state="frozen", words="Banned."),
            {"venue-binance.spot.paper": "degraded"},
        ),
    ],
)
def test_each_trouble_shows_where_it_is(
    facts: InstallationFacts, change: Change, unwell: dict[str, str]
) -> None:
    change(facts)
    assert list_unwell(facts) == unwell
    told = [service for service in judge_services(facts) if service.status != "healthy"]
    assert all(service.reason for service in told)


def test_old_results_prove_nothing(facts: InstallationFacts) -> None:
    """Beat or worker died: the summary says that nobody measures any more, whatever was found."""
    assert facts.check
    facts.check = replace(facts.check, at=at_ago(76))
    assert list_unwell(facts) == {
        "health-checks": "down",
        "venue-binance.spot.paper": "degraded",
    }


def test_without_redis_nothing_is_guessed(facts: InstallationFacts) -> None:
    facts.redis, facts.in_redis = "does not answer", None
    assert list_unwell(facts) == {
        "redis": "down",
        "web": "degraded",
        "worker": "down",
        "order-checks": "down",
    }


def test_without_database_the_rest_is_still_told(facts: InstallationFacts) -> None:
    facts.database, facts.in_database, facts.venues = "gives no answer within 1 s", None, []
    assert list_unwell(facts) == {"postgresql": "down"}
    [database] = [row for row in judge_services(facts) if row.service == "postgresql"]
    assert database.reason == "PostgreSQL gives no answer within 1 s."


def test_one_frozen_process_among_others_degrades(facts: InstallationFacts) -> None:
    assert facts.in_redis
    facts.in_redis.heartbeats.append(beat_heart("web", 20, name="web:2"))
    assert list_unwell(facts) == {"web": "degraded"}


def test_a_dead_process_is_missed_until_another_takes_its_place() -> None:
    """A restart has another name: the dead one is no trouble any more."""
    dead = beat_heart("web", 40, name="web:old")
    older = beat_heart("web", name="web:other")
    assert list_missed([dead, older]) == [dead]
    restarted = beat_heart("web", name="web:new", began_at=format_time(at_ago(30)))
    assert list_missed([dead, older, restarted]) == []
    also_dead = beat_heart("web", 50, name="web:older")
    assert list_missed([dead, also_dead, older, restarted]) == [dead]


def test_two_versions_at_once_show(facts: InstallationFacts) -> None:
    assert facts.in_redis
    facts.in_redis.heartbeats.append(beat_heart("worker", name="worker:2", version="0.9"))
    assert list_unwell(facts) == {"worker": "degraded"}


def test_nobody_misses_a_stream_without_keys(facts: InstallationFacts) -> None:
    assert facts.in_database
    assert facts.in_redis
    facts.in_database.active_keys = 0
    facts.in_redis.heartbeats = [one for one in facts.in_redis.heartbeats if one.role != "stream"]
    assert list_unwell(facts) == {"stream": "degraded"}
