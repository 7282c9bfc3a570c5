"""Judge our own processes by their heartbeats, and the queues by their round trips. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from operations.health.facts import InstallationFacts
from operations.health.probes.queues import QueueFacts
from operations.health.service_status import RESTART, START, ServiceStatus, Status, to_ms
from realtime.metrics.heartbeat import Heartbeat

SILENT_SECONDS: Final = 15.0  # three heartbeats
HANG_SECONDS: Final = 15.0  # a process whose heart beats while its work stands still
ECHO_SECONDS: Final = 75.0  # two health checks, and a bit
WAIT_SECONDS: Final = 30.0  # that a task may wait in its queue
LABELS: Final = {"web": "Web", "worker": "Worker", "beat": "Beat", "stream": "Stream"}
UNKNOWN: Final = "Not known while Redis does not answer: heartbeats are kept there."
MEND_REDIS: Final = "Mend Redis first."


def judge_processes(facts: InstallationFacts) -> list[ServiceStatus]:
    """Judge web, worker, beat and stream, and each queue."""
    return [
        *(_judge_role(facts, role) for role in LABELS),
        *(_judge_queue(facts, queue) for queue in _list_queues(facts)),
    ]


def list_missed(heartbeats: Sequence[Heartbeat]) -> list[Heartbeat]:
    """List the processes of a role that fell silent, but for those that others replace by now."""
    alive = [heartbeat for heartbeat in heartbeats if heartbeat.age <= SILENT_SECONDS]
    silent = sorted(
        (heartbeat for heartbeat in heartbeats if heartbeat.age > SILENT_SECONDS),
        key=lambda heartbeat: heartbeat.said_at,
    )
    missed = []
    replacements = sorted(heartbeat.began_at for heartbeat in alive)
    for heartbeat in silent:
        later = next((began for began in replacements if began > heartbeat.said_at), None)
        if later is None:
            missed.append(heartbeat)
        else:
            replacements.remove(later)
    return missed


def _judge_role(facts: InstallationFacts, role: str) -> ServiceStatus:
    if facts.in_redis is None:
        return _judge_without_redis(facts, role)
    ours = [heartbeat for heartbeat in facts.in_redis.heartbeats if heartbeat.role == role]
    alive = [heartbeat for heartbeat in ours if heartbeat.age <= SILENT_SECONDS]
    missed = list_missed(ours)
    hanging = [one for one in alive if (one.idle_seconds or 0) > HANG_SECONDS]
    status, reason, remedy = _weigh_role(facts, role, alive, missed, hanging)
    return ServiceStatus(
        service=role,
        label=LABELS[role],
        status=status,
        reason=reason,
        remedy=remedy,
        at=facts.now,
        last_success=_find_last(facts.now, ours),
        **_sum_resources(facts.now, alive),
        details={"processes": [_describe_process(one) for one in ours]},
    )


def _weigh_role(
    facts: InstallationFacts,
    role: str,
    alive: Sequence[Heartbeat],
    missed: Sequence[Heartbeat],
    hanging: Sequence[Heartbeat],
) -> tuple[Status, str, str]:
    label = LABELS[role]
    if not alive and missed:
        ago = min(heartbeat.age for heartbeat in missed)
        return "down", f"{label} has not reported for {ago:.0f} s: it ended or hangs.", RESTART
    if not alive:
        return _weigh_absence(facts, role)
    if len(hanging) == len(alive):
        idle = min(heartbeat.idle_seconds or 0 for heartbeat in hanging)
        return "down", f"{label} hangs: its work has not moved for {idle:.0f} s.", RESTART
    if silent := [*missed, *hanging]:
        names = ", ".join(heartbeat.name for heartbeat in silent)
        text = f"{len(silent)} of {len(alive) + len(missed)} processes hang or ended: {names}."
        return "degraded", text, RESTART
    versions = {heartbeat.version for heartbeat in alive}
    if len(versions) > 1:
        text = f"Processes of several versions run: {', '.join(sorted(versions))}."
        return "degraded", text, "Restart those of the older version."
    return "healthy", "", ""


def _weigh_absence(facts: InstallationFacts, role: str) -> tuple[Status, str, str]:
    """Weigh that no process of this role runs; without keys nobody misses a stream."""
    if role == "stream" and facts.in_database and not facts.in_database.active_keys:
        return "degraded", "No stream process runs; there is no active key to follow yet.", START
    return "down", f"No {role} process runs.", START


def _judge_without_redis(facts: InstallationFacts, role: str) -> ServiceStatus:
    """Say what the database knows: if beat renews its lease, and who follows streams."""
    known = facts.in_database
    status: Status = "degraded"
    reason = UNKNOWN
    if known and role == "stream" and known.stream_processes:
        status, reason = "healthy", ""
    if known and role == "beat":  # it renews its lease in the database before it sends a job
        status, reason = ("healthy", "") if known.beat_since else ("down", "No beat works.")
    if role == "worker":
        status, reason = "down", "Workers get no tasks while Redis does not answer."
    return ServiceStatus(
        service=role,
        label=LABELS[role],
        status=status,
        reason=reason,
        remedy=MEND_REDIS if reason else "",
        at=facts.now,
    )


def _sum_resources(now: datetime, alive: Sequence[Heartbeat]) -> dict[str, Any]:
    if not alive:
        return {}
    began = min(datetime.fromisoformat(heartbeat.began_at) for heartbeat in alive)
    return {
        "cpu_share": round(sum(heartbeat.cpu_share for heartbeat in alive), 3),
        "memory_bytes": sum(heartbeat.rss_bytes for heartbeat in alive),
        "uptime_seconds": round((now - began).total_seconds(), 1),
        "version": max(heartbeat.version for heartbeat in alive),
    }


def _find_last(now: datetime, heartbeats: Iterable[Heartbeat]) -> datetime | None:
    ages = [heartbeat.age for heartbeat in heartbeats]
    return now - timedelta(seconds=min(ages)) if ages else None


def _describe_process(one: Heartbeat) -> dict[str, Any]:
    return {
        "name": one.name,
        "version": one.version,
        "began_at": one.began_at,
        "silent_seconds": round(one.age, 1),
        "idle_seconds": one.idle_seconds,
        "memory_bytes": one.rss_bytes,
        "cpu_share": one.cpu_share,
    }


# Queues


def _list_queues(facts: InstallationFacts) -> list[QueueFacts]:
    return facts.in_redis.queues if facts.in_redis else []


def _judge_queue(facts: InstallationFacts, queue: QueueFacts) -> ServiceStatus:
    status, reason, remedy = _weigh_queue(queue)
    age = queue.echo_age
    return ServiceStatus(
        service=f"worker-{queue.name}",
        label=f"Queue {queue.name}",
        status=status,
        reason=reason,
        remedy=remedy,
        response_ms=None if queue.echo_seconds is None else to_ms(queue.echo_seconds),
        at=facts.now,
        last_success=None if age is None else facts.now - timedelta(seconds=age),
        details={"depth": queue.depth, "oldest_seconds": queue.oldest_seconds},
    )


def _weigh_queue(queue: QueueFacts) -> tuple[Status, str, str]:
    remedy = f"Start a worker that serves the queue {queue.name}, or restart one that hangs."
    if queue.echo_age is None:
        return "degraded", "No task has made a round trip through this queue yet.", remedy
    if queue.echo_age > ECHO_SECONDS:
        text = f"No task has come through this queue for {queue.echo_age:.0f} s."
        return "down", text, remedy
    if (queue.oldest_seconds or 0) > WAIT_SECONDS:
        text = f"{queue.depth} tasks wait, the oldest for {queue.oldest_seconds:.0f} s."
        return "degraded", text, "Start more workers, or more threads (WORKER_THREADS)."
    return "healthy", "", ""
