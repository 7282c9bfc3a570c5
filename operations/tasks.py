"""Celery tasks of operations; each makes one call."""

from typing import Any, Final

from celery import Task, shared_task
from django.utils import timezone

RETRY_SECONDS: Final = 2.0
REPORT_SECONDS: Final = 600.0  # of a run; what is left over is for the next, 15 minutes later
CLEAN_UP_SECONDS: Final = 1800.0  # of a night; what is left over is for the next


@shared_task(name="operations.send_broadcast")
def send_broadcast(broadcast_id: int) -> None:
    from operations.messages import broadcast as messages_broadcast

    messages_broadcast.finish_broadcast(broadcast_id, now=timezone.now())


@shared_task(name="operations.finish_broadcasts")
def finish_broadcasts() -> None:
    """Finish broadcasts whose worker died or whose task was lost."""
    from operations.messages import broadcast as messages_broadcast

    for broadcast_id in messages_broadcast.unfinished_ids():
        messages_broadcast.finish_broadcast(broadcast_id, now=timezone.now())


@shared_task(name="operations.close_job_runs")
def close_job_runs() -> None:
    """End the runs whose worker died, and delete old runs of jobs."""
    from operations.jobs import notes, record

    for job in record.close_lost_runs(now=timezone.now()):
        notes.tell_operators(job.name)
    record.prune_runs()


@shared_task(name="operations.check_refused_keys")
def check_refused_keys() -> None:
    """Tell owners of keys that their venues refuse, and of books that differ from them."""
    from operations.alerts import key_alerts, proof_alerts, switch_notices

    key_alerts.update_key_alerts(now=timezone.now())
    proof_alerts.update_proof_alerts(now=timezone.now())
    switch_notices.tell_owners(now=timezone.now())


@shared_task(name="operations.evaluate_alerts")
def evaluate_alerts() -> str:
    """Raise and end the alerts of rules, after the rules that come with Fillwatch are there."""
    from operations.alerts import evaluate
    from operations.alerts.rules import defaults

    defaults.add_missing(now=timezone.now())
    return evaluate.evaluate_rules(now=timezone.now())


@shared_task(name="operations.send_outbox")
def send_outbox() -> None:
    """Begin to send what is due, in threads of its own."""
    from operations.notifications.sending import sender

    sender.start_sending(now=timezone.now())


@shared_task(name="operations.find_causes")
def find_causes() -> None:
    """Tell what happened: by the events of each user, and by sign-ins from new places."""
    from operations.notifications.causes import events, sign_ins

    events.tell_of_events(now=timezone.now())
    sign_ins.tell_of_sign_ins(now=timezone.now())


@shared_task(name="operations.poll_telegram")
def poll_telegram() -> None:
    """Begin to read what people write to the bot, in a thread of its own."""
    from operations.notifications.telegram import updates

    updates.start_polling()


@shared_task(name="operations.merge_collected")
def merge_collected() -> None:
    """Send what quiet hours and collections held back."""
    from operations.notifications import collections

    collections.merge_due(now=timezone.now())


# Acknowledged late: nothing else would repeat it after a worker was killed.
@shared_task(name="operations.finish_demo", bind=True, max_retries=100, acks_late=True)
def finish_demo(self: "Task[Any, Any]") -> None:
    from exchanges.paper import SimulatorUnavailable
    from operations.demo import bots

    try:
        bots.create_bots(now=timezone.now())
    except (SimulatorUnavailable, bots.SymbolsUnknown) as error:
        raise self.retry(exc=error, countdown=RETRY_SECONDS) from error


@shared_task(name="operations.check_health")
def check_health() -> None:
    from operations.health import check

    check.run_check(timezone.now())


@shared_task(name="operations.echo_queue")
def echo_queue(queue: str, sent_at: float) -> None:
    """Note that a task has come through this queue."""
    from operations.health.probes import queues

    queues.note_echo(queue, sent_at)


@shared_task(name="operations.seal_audit")
def seal_audit() -> None:
    """Chain and sign the newest entries of the audit log."""
    from operations.audit import chain

    chain.seal_changes(now=timezone.now())


@shared_task(name="operations.clean_up")
def clean_up() -> None:
    """Delete old rows of every table that grows."""
    from operations.cleanup import prune

    for _ in prune.prune_tables(now=timezone.now(), seconds=CLEAN_UP_SECONDS):
        pass


@shared_task(name="operations.back_up_database")
def back_up_database() -> None:
    """Make a backup, and read it again: a disk that lies is found the same night."""
    from operations.backup import take, verify

    backup = take.take_backup(now=timezone.now())
    verify.verify_backup(backup, now=timezone.now())


@shared_task(name="operations.make_daily_reports")
def make_daily_reports() -> str:
    from operations.models import ReportKind
    from operations.reports import due

    return due.make_due(ReportKind.DAILY, now=timezone.now(), seconds=REPORT_SECONDS)


@shared_task(name="operations.make_weekly_reports")
def make_weekly_reports() -> str:
    from operations.models import ReportKind
    from operations.reports import due

    return due.make_due(ReportKind.WEEKLY, now=timezone.now(), seconds=REPORT_SECONDS)
