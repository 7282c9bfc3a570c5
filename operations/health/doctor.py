"""Check each part of an installation; say what is wrong and what to do.

What health judges is taken from there (judge.py). Settings, releases, seals and the timetable are
looked at here alone.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPException
from typing import Final, Literal
from urllib.error import HTTPError

import redis
from celery import current_app
from django.conf import settings
from django.core import checks
from django.db import Error, connection
from django.shortcuts import resolve_url
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from kombu.exceptions import KombuError

from exchanges.limits import venue_status
from exchanges.secrets import key_files, sealing
from exchanges.streams import status
from operations.health import instance
from operations.health.facts import InstallationFacts, collect_facts
from operations.health.judge import judge_services
from operations.health.probes.round_trips import direct_opener
from operations.health.service_status import NOTHING_TO_DO, START, ServiceStatus
from operations.jobs import beat_lock, protection

ANSWER_SECONDS: Final = 3
OLDEST_POSTGRES, OLDEST_REDIS = 15, 6
BEAT_SILENCE: Final = timedelta(minutes=5)  # beat saves its last runs every three minutes
QUEUES: Final = {"monitor", "default"}
PARTS: Final = {  # services of health, by their names here
    "postgresql": "postgres",
    "redis": "redis",
    "order-checks": "sweep",
    "simulator": "simulator",
    "disk": "disk",
}


@dataclass(frozen=True)
class PartFinding:
    part: str
    state: Literal["ok", "note", "bad"]
    message: str
    remedy: str = ""


def examine_installation() -> Iterator[PartFinding]:
    yield from _check_settings()
    facts = collect_facts(timezone.now(), seconds=ANSWER_SECONDS)
    judged = [service for service in judge_services(facts) if service.service in PARTS]
    yield from map(_translate_status, judged)
    yield from check_releases(facts)
    if not isinstance(facts.database, str):
        yield from _check_database(facts)
    for part in (_check_worker, _check_seals, _check_pages):
        yield part()


def _translate_status(service: ServiceStatus) -> PartFinding:
    """Say what health says of this part; that orders are checked slowly is a note only."""
    part = PARTS[service.service]
    if service.status == "healthy":
        return PartFinding(part, "ok", _describe_well(service))
    is_note = part == "sweep" and service.status == "degraded"
    return PartFinding(part, "note" if is_note else "bad", service.reason, service.remedy)


def _describe_well(service: ServiceStatus) -> str:
    if service.service == "disk":
        return f"{service.details['free_bytes'] / 1e9:.1f} GB free at {settings.FILLWATCH_HOME}"
    if service.service == "order-checks":
        return f"the last one began at {service.last_success:%H:%M:%S} UTC"
    return f"answers, version {service.version}" if service.version else "answers"


def check_releases(facts: InstallationFacts) -> Iterator[PartFinding]:
    """Name servers that are too old for us, or of a kind that we cannot use."""
    if (
        not isinstance(facts.database, str)
        and _read_major(facts.database.version) < OLDEST_POSTGRES
    ):
        message = f"version {facts.database.version} is too old"
        yield PartFinding("postgres", "bad", message, "Use PostgreSQL 15 or later.")
    if isinstance(facts.redis, str):
        return
    if _read_major(facts.redis.version) < OLDEST_REDIS:
        message = f"version {facts.redis.version} is too old"
        yield PartFinding("redis", "bad", message, "Use 6 or later.")
    if facts.redis.is_cluster:
        message = "is a Redis Cluster, which neither Celery nor Channels can use"
        yield PartFinding("redis", "bad", message, "Set REDIS_URL to a single server.")


def _read_major(version: str) -> int:
    return int(version.split(".", 1)[0])


def _check_settings() -> Iterator[PartFinding]:
    issues = [issue for issue in checks.run_checks() if issue.level >= checks.WARNING]
    for issue in issues:
        state: Literal["note", "bad"] = "bad" if issue.is_serious() else "note"
        yield PartFinding("settings", state, f"{issue.msg} ({issue.id})", issue.hint or "")
    if not issues:
        yield PartFinding("settings", "ok", f"fit together for {settings.FILLWATCH_URL}")


def _check_database(facts: InstallationFacts) -> Iterator[PartFinding]:
    """Look at what the database knows: who starts jobs, who follows streams, whom venues ban."""
    try:
        yield from (_check_beat(), *_check_timetable(), _check_streams())
        if not isinstance(facts.redis, str):
            yield from _check_venues()
    except (Error, redis.RedisError) as error:  # it went away meanwhile
        yield PartFinding("postgres", "bad", f"does not answer: {_one_line(error)}")


def _check_beat() -> PartFinding:
    since = beat_lock.locked_since(connection)
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


def _check_streams() -> PartFinding:
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
            yield PartFinding("venues", "note", f"{message}{until}", NOTHING_TO_DO)


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
    except (OSError, ValueError, AttributeError, HTTPException) as error:
        return PartFinding("pages", "bad", f"{url} does not answer: {_one_line(error)}", remedy)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
