"""Looks at each part of an installation for real, and says what is wrong and what to do."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import redis
from celery import current_app
from django.conf import settings
from django.core import checks
from django.db import Error, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.shortcuts import resolve_url
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from kombu.exceptions import KombuError

from exchanges import paper
from exchanges.limits import venue_status
from exchanges.secrets import key_files, sealing
from exchanges.streams import status
from operations.health import beat_lock

PATIENCE = 3
OLDEST_POSTGRES, OLDEST_REDIS = 150_000, 6
CLOCK_TOLERANCE = timedelta(seconds=2)
BEAT_SILENCE = timedelta(minutes=5)  # beat writes down its last runs every three minutes
LEAST_FREE_BYTES = 1_000_000_000
QUEUES = {"monitor", "default"}
START = "Start it with `manage.py up`, or with your process manager (see Procfile)."
direct = build_opener(ProxyHandler({}))


@dataclass(frozen=True)
class Finding:
    part: str
    state: Literal["ok", "note", "bad"]
    words: str
    remedy: str = ""


def examine() -> Iterator[Finding]:
    yield from _settings()
    yield from _postgres()
    yield from _redis()
    for part in (_worker, _seals, _simulator, _disk, _pages):
        yield part()


def _settings() -> Iterator[Finding]:
    issues = [issue for issue in checks.run_checks() if issue.level >= checks.WARNING]
    for issue in issues:
        state: Literal["note", "bad"] = "bad" if issue.is_serious() else "note"
        yield Finding("settings", state, f"{issue.msg} ({issue.id})", issue.hint or "")
    if not issues:
        yield Finding("settings", "ok", f"fit together for {settings.FILLWATCH_URL}")


def _postgres() -> Iterator[Finding]:
    impatient: BaseDatabaseWrapper = connection.copy()
    options = {**impatient.settings_dict["OPTIONS"], "connect_timeout": PATIENCE}
    impatient.settings_dict = {**impatient.settings_dict, "OPTIONS": options}
    try:
        for look in (_version, _migrations, _clock, _beat, _streams):
            yield look(impatient)
    except Error as error:
        remedy = "Start it (`manage.py up` does), or correct DATABASE_URL."
        yield Finding("postgres", "bad", f"does not answer: {_one_line(error)}", remedy)
    finally:
        impatient.close()


def _version(database: BaseDatabaseWrapper) -> Finding:
    database.ensure_connection()
    number = int(getattr(database, "pg_version", 0))
    if number < OLDEST_POSTGRES:
        words = f"version {number // 10_000} is too old"
        return Finding("postgres", "bad", words, "Use PostgreSQL 15 or later.")
    return Finding("postgres", "ok", f"answers, version {number // 10_000}.{number % 10_000}")


def _migrations(database: BaseDatabaseWrapper) -> Finding:
    executor = MigrationExecutor(database)
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        words = f"{len(plan)} not applied, from {plan[0][0]} on"
        return Finding("migrations", "bad", words, "Run `manage.py migrate`.")
    return Finding("migrations", "ok", "all applied")


def _clock(database: BaseDatabaseWrapper) -> Finding:
    with database.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    if abs(difference := theirs - timezone.now()) > CLOCK_TOLERANCE:
        words = f"this machine and the database differ by {difference.total_seconds():.1f} s"
        return Finding("clock", "bad", words, "Switch on time synchronisation (NTP) on both.")
    return Finding("clock", "ok", "agrees with the database")


def _beat(database: BaseDatabaseWrapper) -> Finding:
    since = beat_lock.kept_since(database)
    if since is None:
        return Finding("beat", "bad", "nobody keeps the timetable, so no order is checked", START)
    ran = PeriodicTask.objects.exclude(last_run_at=None).order_by("-last_run_at").first()
    latest = max(since, ran.last_run_at) if ran else since
    if timezone.now() - latest > BEAT_SILENCE:
        words = f"holds the timetable but has started nothing since {latest:%Y-%m-%d %H:%M} UTC"
        return Finding("beat", "bad", words, "Restart it; look for paused tasks in the admin.")
    return Finding("beat", "ok", f"keeps the timetable since {since:%Y-%m-%d %H:%M} UTC")


def _streams(database: BaseDatabaseWrapper) -> Finding:
    states = status.states()
    if not states:
        return Finding("streams", "ok", "no active keys, so there is nothing to follow")
    words = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    if not status.processes():
        words = f"nobody follows the venues' streams ({words}): orders are polled, and found later"
        return Finding("streams", "note", words, START)
    if states.keys() - {"live", "polled"}:
        remedy = "`manage.py stream --status` says which, and why."
        return Finding("streams", "note", words, remedy)
    return Finding("streams", "ok", words)


def _venues() -> Iterator[Finding]:
    for state in venue_status.list_all(now=timezone.now()):
        if state["state"] != "open":
            kind = " (simulated)" if state["simulated"] else ""
            words = f"{state['label']} {state['market']}{kind} is left alone: {state['words']}"
            until = f" until {state['until'][11:19]} UTC" if state["until"] else ""
            remedy = "Nothing to do: it is asked again by itself."
            yield Finding("venues", "note", f"{words}{until}", remedy)


def _redis() -> Iterator[Finding]:
    remedy = "Start it (`manage.py up` does), or correct REDIS_URL."
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE
        ) as client:
            facts = client.info()
    except (redis.RedisError, ValueError) as error:
        yield Finding("redis", "bad", f"does not answer: {_one_line(error)}", remedy)
        return
    yield from _redis_facts({name: str(value) for name, value in facts.items()})
    yield from _venues()


def _redis_facts(facts: dict[str, str]) -> Iterator[Finding]:
    version = facts["redis_version"]
    yield Finding("redis", "ok", f"answers, version {facts.get('valkey_version', version)}")
    if int(version.split(".", 1)[0]) < OLDEST_REDIS:
        yield Finding("redis", "bad", f"version {version} is too old", "Use 6 or later.")
    if facts.get("cluster_enabled") == "1":
        words = "is a Redis Cluster, which neither Celery nor Channels can use"
        yield Finding("redis", "bad", words, "Set REDIS_URL to a single server.")
    if (policy := facts.get("maxmemory_policy", "noeviction")) != "noeviction":
        words = f"may throw queued work away when memory is short (maxmemory-policy {policy})"
        yield Finding("redis", "bad", words, "Set maxmemory-policy to noeviction.")


def _worker() -> Finding:
    try:
        answers = current_app.control.inspect(timeout=PATIENCE).active_queues() or {}
    except (KombuError, OSError, redis.RedisError) as error:
        words = f"could not be asked: {_one_line(error)}"
        return Finding("worker", "bad", words, "Put the broker in order first.")
    served = {queue["name"] for queues in answers.values() for queue in queues}
    if missing := sorted(QUEUES - served):
        words = f"nobody works on the queue {' and '.join(missing)}"
        return Finding("worker", "bad", words, START)
    return Finding("worker", "ok", f"{len(answers)} answering, all queues served")


def _seals() -> Finding:
    private = settings.SEAL_PRIVATE_KEYS or key_files.private_keys()
    remedy = "`manage.py rotate_secrets --new-key` makes a pair and says what goes where."
    if settings.SEAL_PUBLIC_KEY and not private:
        return Finding("seals", "note", "the private keys are not here, so none was tried")
    try:
        opened = sealing.open_sealed(sealing.seal("doctor"), private)
    except (sealing.BadKey, sealing.CannotSeal, sealing.CannotOpen) as error:
        return Finding("seals", "bad", str(error), remedy)
    return Finding("seals", "ok" if opened == "doctor" else "bad", "what is sealed opens")


def _simulator() -> Finding:
    if not settings.SIMULATOR_ENDPOINT:
        return Finding("simulator", "note", "paper trading is off (SIMULATOR_ENDPOINT is empty)")
    try:
        count = len(paper.prices())
    except paper.SimulatorAway as error:
        return Finding("simulator", "bad", f"does not answer: {_one_line(error)}", START)
    return Finding("simulator", "ok", f"answers, {count} prices")


def _disk() -> Finding:
    home = settings.FILLWATCH_HOME
    free = shutil.disk_usage(next(path for path in (home, *home.parents) if path.exists())).free
    words = f"{free / 1e9:.1f} GB free at {home}"
    if free < LEAST_FREE_BYTES:
        return Finding("disk", "bad", words, "Make room; databases stop when a disk is full.")
    return Finding("disk", "ok", words)


def _pages() -> Finding:
    url = settings.FILLWATCH_URL.rstrip("/") + resolve_url(settings.LOGIN_URL)
    remedy = f"{START} Or set FILLWATCH_URL to where the pages are."
    try:
        with direct.open(url, timeout=PATIENCE):
            return Finding("pages", "ok", f"{url} answers")
    except HTTPError as error:
        error.close()
        remedy = "Look at the web process' log; 400 means that ALLOWED_HOSTS lacks the host."
        return Finding("pages", "bad", f"{url} answers {error.code}", remedy)
    except (OSError, ValueError) as error:
        return Finding("pages", "bad", f"{url} does not answer: {_one_line(error)}", remedy)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
