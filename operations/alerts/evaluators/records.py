"""Jobs that failed, errors in the log, and messages that were given up; for operators."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings

from operations.alerts.evaluators.findings import Evaluation, Finding, RuleBatch
from operations.backup.status import read_status
from operations.logs.read import LogFilters, read_entries
from operations.models import JobRunState, JobState, OutboxMessage

OUTBOX = "outbox"


def evaluate_jobs(batch: RuleBatch) -> Evaluation:
    """Find the jobs whose newest result is a failure; the alert ends with the next good run."""
    states = JobState.objects.filter(result=JobRunState.FAILED).select_related("job")
    failed = list(states.order_by("job_id"))
    evaluation = Evaluation()
    for rule in batch.rules:
        names = ", ".join(state.job.name for state in failed)
        evaluation.reasons[rule.pk] = names or "The newest run of no job failed."
        evaluation.findings += [
            Finding(
                rule_id=rule.pk,
                subject=f"job:{state.pk}",
                title=f"Job failed: {state.job.name}",
                message=state.message,
            )
            for state in failed
        ]
    return evaluation


def evaluate_dead_messages(batch: RuleBatch) -> Evaluation:
    """Find out if as many notifications were given up as the rule names."""
    evaluation = Evaluation()
    for rule in batch.rules:
        since = batch.now - timedelta(minutes=rule.read_number("minutes") or 0)
        dead = OutboxMessage.objects.filter(
            status=OutboxMessage.OutboxStatus.DEAD, done_at__gt=since
        ).count()
        evaluation.reasons[rule.pk] = f"{dead} notifications were given up."
        if dead >= (rule.read_number("count") or 1):
            finding = Finding(
                rule_id=rule.pk,
                subject=OUTBOX,
                title=f"Notifications were given up: {dead}",
                message="The admin lists them with their errors; their owners can send them again.",
            )
            evaluation.findings.append(finding)
    return evaluation


def evaluate_errors(batch: RuleBatch) -> Evaluation:
    """Count the log lines of errors of all processes of this machine."""
    evaluation = Evaluation()
    for rule in batch.rules:
        most = rule.read_number("count") or 1
        since = batch.now - timedelta(seconds=rule.read_number("seconds") or 0)
        filters = LogFilters(level="error", since=since)
        lines = read_entries(Path(settings.LOG_FOLDER), filters, limit=most).entries
        evaluation.reasons[rule.pk] = f"{len(lines)} errors were logged; the rule waits for {most}."
        if len(lines) >= most:
            newest = lines[-1]
            finding = Finding(
                rule_id=rule.pk,
                subject="errors",
                title=f"{most} errors or more in {rule.read_text('seconds')} s",
                message=f"The newest is of {newest.get('service', '?')}: {newest.get('event', '')}",
            )
            evaluation.findings.append(finding)
    return evaluation


def evaluate_backups(batch: RuleBatch) -> Evaluation:
    """Find out if the newest backup failed or is damaged, or if the last good one is too old."""
    status = read_status(now=batch.now)
    since = status.due_since or batch.now
    hours = (batch.now - since).total_seconds() / 3600
    text = f"The last good backup is {hours:.0f} hours old."
    text = text if status.last_done_at else "There is no backup."
    failures = [
        f"The newest backup failed: {status.failure}" if status.failure else "",
        f"The last backup is damaged: {status.damage}" if status.damage else "",
    ]
    text = " ".join([*filter(None, failures), text])
    evaluation = Evaluation(reasons=dict.fromkeys((rule.pk for rule in batch.rules), text))
    for rule in batch.rules:
        has_failed = any(failures)
        if has_failed or hours >= (rule.read_number("hours") or 0):
            finding = Finding(
                rule_id=rule.pk,
                subject="backup",
                title="The backup failed" if has_failed else "The backup is old",
                message=f"{text} Try `manage.py backup`.",
            )
            evaluation.findings.append(finding)
    return evaluation
