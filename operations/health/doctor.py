"""Check each part of an installation for real; say what is wrong and what to do."""

import json
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
from operations.health import instance
from operations.jobs import beat_lock, protection
from orders.checks import last_sweep

ANSWER_SECONDS = 3
OLDEST_POSTGRES, OLDEST_REDIS = 150_000, 6
CLOCK_TOLERANCE = timedelta(seconds=2)
BEAT_SILENCE = timedelta(minutes=5)  # beat saves its last runs every three minutes
LEAST_FREE_BYTES = 1_000_000_000
QUEUES = {"monitor", "default"}
SWEEP_REMEDY = "Beat starts it and a worker does it: look at both, and restart what hangs."
START = "Start it with `manage.py up`, or with your process manager (see Procfile)."
direct_opener = build_opener(ProxyHandler({}))


@dataclass(frozen=True)
class PartFinding:
    part: str
    state: Literal["ok", "note", "bad"]
    message: str
    remedy: str = ""


def examine_installation() -> Iterator[PartFinding]:
    yield from _check_settings()
    yield from _check_postgres()
    yield from _check_redis()
    for part in (_check_worker, _check_seals, _check_simulator, _check_disk, _check_pages):
        yield part()


def _check_settings() -> Iterator[PartFinding]:
    issues = [issue for issue in checks.run_checks() if issue.level >= checks.WARNING]
    for issue in issues:
        state: Literal["note", "bad"] = "bad" if issue.is_serious() else "note"
        yield PartFinding("settings", state, f"{issue.msg} ({issue.id})", issue.hint or "")
    if not issues:
        yield PartFinding("settings", "ok", f"fit together for {settings.FILLWATCH_URL}")


def _check_postgres() -> Iterator[PartFinding]:
    impatient: BaseDatabaseWrapper = connection.copy()
    options = {**impatient.settings_dict["OPTIONS"], "connect_timeout": ANSWER_SECONDS}
    impatient.settings_dict = {**impatient.settings_dict, "OPTIONS": options}
    try:
        for look in (_check_version, _check_migrations, _check_clock, _check_beat, _check_streams):
            yield look(impatient)
        yield from _check_timetable()
    except Error as error:
        remedy = "Start it (`manage.py up` does), or correct DATABASE_URL."
        yield PartFinding("postgres", "bad", f"does not answer: {_one_line(error)}", remedy)
    finally:
        impatient.close()


def _check_version(database: BaseDatabaseWrapper) -> PartFinding:
    database.ensure_connection()
    number = int(getattr(database, "pg_version", 0))
    if number < OLDEST_POSTGRES:
        message = f"version {number // 10_000} is too old"
        return PartFinding("postgres", "bad", message, "Use PostgreSQL 15 or later.")
    return PartFinding("postgres", "ok", f"answers, version {number // 10_000}.{number % 10_000}")


def _check_migrations(database: BaseDatabaseWrapper) -> PartFinding:
    executor = MigrationExecutor(database)
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        message = f"{len(plan)} not applied, from {plan[0][0]} on"
        return PartFinding("migrations", "bad", message, "Run `manage.py migrate`.")
    return PartFinding("migrations", "ok", "all applied")


def _check_clock(database: BaseDatabaseWrapper) -> PartFinding:
    with database.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    if abs(difference := theirs - timezone.now()) > CLOCK_TOLERANCE:
        message = f"this machine and the database differ by {difference.total_seconds():.1f} s"
        return PartFinding("clock", "bad", message, "Switch on time synchronisation (NTP) on both.")
    return PartFinding("clock", "ok", "agrees with the database")


def _check_beat(database: BaseDatabaseWrapper) -> PartFinding:
    since = beat_lock.locked_since(database)
    if since is None:
        return PartFinding("beat", "bad", "no beat runs, so no order is checked", START)
    ran = PeriodicTask.objects.exclude(last_run_at=None).order_by("-last_run_at").first()
    latest = max(since, ran.last_run_at) if ran else since
    if timezone.now() - latest > BEAT_SILENCE:
        message = f"holds the lock but has started nothing since {latest:%Y-%m-%d %H:%M} UTC"
        remedy = "Restart it; look for paused tasks in the admin."
        return PartFinding("beat", "bad", message, remedy)
    return PartFinding("beat", "ok", f"active since {since:%Y-%m-%d %H:%M} UTC")


def _check_timetable() -> Iterator[PartFinding]:
    if paused := protection.list_paused():
        message = f"switched off: {', '.join(paused)}"
        yield PartFinding("timetable", "note", message, "Enable them in the admin, Periodic tasks.")


def _check_streams(database: BaseDatabaseWrapper) -> PartFinding:
    states = status.count_states()
    if not states:
        return PartFinding("streams", "ok", "no active keys, so there is nothing to follow")
    message = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    if not status.count_processes():
        message = f"no process follows the venues' streams ({message}); orders are only polled"
        return PartFinding("streams", "note", message, START)
    if states.keys() - {"live", "polled"}:
        remedy = "`manage.py stream --status` says which, and why."
        return PartFinding("streams", "note", message, remedy)
    return PartFinding("streams", "ok", message)


def _check_venues() -> Iterator[PartFinding]:
    for state in venue_status.list_all(now=timezone.now()):
        if state["state"] != "open":
            kind = " (simulated)" if state["simulated"] else ""
            message = f"{state['label']} {state['market']}{kind} is not queried: {state['words']}"
            until = f" until {state['until'][11:19]} UTC" if state["until"] else ""
            remedy = "Nothing to do: it is tried again automatically."
            yield PartFinding("venues", "note", f"{message}{until}", remedy)


def _check_sweep() -> PartFinding:
    last = last_sweep.read_last_sweep()
    if last is None:
        message = "none has begun, so no order is compared with its venue"
        return PartFinding("sweep", "bad", message, SWEEP_REMEDY)
    if delay := last_sweep.find_delay(last, now=timezone.now()):
        message = f"none has begun for {delay.total_seconds():.0f} s, so orders may be out of date"
        return PartFinding("sweep", "bad", message, SWEEP_REMEDY)
    return PartFinding("sweep", "ok", f"the last one began at {last:%H:%M:%S} UTC")


def _check_redis() -> Iterator[PartFinding]:
    remedy = "Start it (`manage.py up` does), or correct REDIS_URL."
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=ANSWER_SECONDS, socket_timeout=ANSWER_SECONDS
        ) as client:
            facts = client.info()
    except (redis.RedisError, ValueError) as error:
        yield PartFinding("redis", "bad", f"does not answer: {_one_line(error)}", remedy)
        return
    yield from _check_redis_info({name: str(value) for name, value in facts.items()})
    yield _check_sweep()
    yield from _check_venues()


def _check_redis_info(facts: dict[str, str]) -> Iterator[PartFinding]:
    version = facts["redis_version"]
    yield PartFinding("redis", "ok", f"answers, version {facts.get('valkey_version', version)}")
    if int(version.split(".", 1)[0]) < OLDEST_REDIS:
        yield PartFinding("redis", "bad", f"version {version} is too old", "Use 6 or later.")
    if facts.get("cluster_enabled") == "1":
        message = "is a Redis Cluster, which neither Celery nor Channels can use"
        yield PartFinding("redis", "bad", message, "Set REDIS_URL to a single server.")
    if (policy := facts.get("maxmemory_policy", "noeviction")) != "noeviction":
        message = f"may drop queued work when memory is short (maxmemory-policy {policy})"
        yield PartFinding("redis", "bad", message, "Set maxmemory-policy to noeviction.")


def _check_worker() -> PartFinding:
    try:
        answers = current_app.control.inspect(timeout=ANSWER_SECONDS).active_queues() or {}
    except (KombuError, OSError, redis.RedisError) as error:
        message = f"cannot be queried: {_one_line(error)}"
        return PartFinding("worker", "bad", message, "Mend the broker first.")
    served = {queue["name"] for queues in answers.values() for queue in queues}
    if missing := sorted(QUEUES - served):
        message = f"no worker serves the queue {' and '.join(missing)}"
        return PartFinding("worker", "bad", message, START)
    return PartFinding("worker", "ok", f"{len(answers)} answering, all queues served")


def _check_seals() -> PartFinding:
    private = settings.SEAL_PRIVATE_KEYS or key_files.private_keys()
    remedy = "`manage.py rotate_secrets --new-key` makes a pair and says what goes where."
    if settings.SEAL_PUBLIC_KEY and not private:
        message = "the private keys are not on this machine, so sealing was not tested"
        return PartFinding("seals", "note", message)
    try:
        opened = sealing.open_sealed(sealing.seal("doctor"), private)
    except (sealing.BadSealingKey, sealing.CannotSeal, sealing.CannotOpen) as error:
        return PartFinding("seals", "bad", str(error), remedy)
    return PartFinding("seals", "ok" if opened == "doctor" else "bad", "a sealed test value opens")


def _check_simulator() -> PartFinding:
    if not settings.SIMULATOR_ENDPOINT:
        message = "paper trading is off (SIMULATOR_ENDPOINT is empty)"
        return PartFinding("simulator", "note", message)
    try:
        count = len(paper.fetch_prices())
    except paper.SimulatorUnavailable as error:
        return PartFinding("simulator", "bad", f"does not answer: {_one_line(error)}", START)
    return PartFinding("simulator", "ok", f"answers, {count} prices")


def _check_disk() -> PartFinding:
    home = settings.FILLWATCH_HOME
    free = shutil.disk_usage(next(path for path in (home, *home.parents) if path.exists())).free
    message = f"{free / 1e9:.1f} GB free at {home}"
    if free < LEAST_FREE_BYTES:
        return PartFinding("disk", "bad", message, "Make room; databases stop when a disk is full.")
    return PartFinding("disk", "ok", message)


def _check_pages() -> PartFinding:
    base = instance.find_pages()
    url = base + resolve_url(settings.LOGIN_URL)
    remedy = f"{START} Or set FILLWATCH_URL to where the pages are."
    try:
        with direct_opener.open(f"{base}/version", timeout=ANSWER_SECONDS) as answer:
            if json.load(answer).get("instance") != instance.get_instance():
                message = f"not tested: at {base} is another installation"
                return PartFinding("pages", "bad", message, remedy)
        with direct_opener.open(url, timeout=ANSWER_SECONDS):
            return PartFinding("pages", "ok", f"{url} answers")
    except HTTPError as error:
        error.close()
        remedy = "Look at the web process' log; 400 means that ALLOWED_HOSTS lacks the host."
        return PartFinding("pages", "bad", f"{error.url} answers {error.code}", remedy)
    except (OSError, ValueError, AttributeError) as error:
        return PartFinding("pages", "bad", f"{url} does not answer: {_one_line(error)}", remedy)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
