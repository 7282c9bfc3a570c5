"""FAILURES 72: a way hangs, or its worker dies between sending and noting: once by id, later."""

import threading
from collections.abc import Iterator

import pytest
from celery import current_app
from django.utils import timezone

from config.launcher import processes
from operations.models import OutboxMessage
from operations.notifications import outbox
from operations.notifications.ways import actions
from tests.failures.harness.processes import KillableProcess
from tests.operations.notifications.conftest import tell
from tests.operations.notifications.receivers import TAKEN, Answer, Received, receive_http
from tests.services import process_environment, wait_until
from users.models import User

SETTINGS = {"NOTIFICATION_ALLOW_NETWORKS": "127.0.0.0/8", "NOTIFICATION_LEASE_SECONDS": "3"}


@pytest.fixture
def mortal_worker(transactional_db: None) -> Iterator[KillableProcess]:
    current_app.control.purge()
    part = processes.worker_part(environment=process_environment() | SETTINGS)
    worker = KillableProcess(part)
    worker.start()
    yield worker
    worker.end()
    current_app.control.purge()


def tick() -> bool:
    """Do what the timetable does every five seconds."""
    current_app.send_task(outbox.TASK)
    return True


def test_72_a_worker_dies_between_sending_and_noting(
    user: User, mortal_worker: KillableProcess
) -> None:
    ended = threading.Event()

    def hang(_: Received) -> Answer:
        ended.wait()  # takes the message, and never says so
        return TAKEN

    now = timezone.now()
    with receive_http() as program, receive_http() as phone, receive_http() as other:
        program.answer = phone.answer = hang
        hooked = actions.add_webhook(user, "Program", program.url, now=now).way
        actions.add_service(user, "Phone", f"json://127.0.0.1:{phone.port}/", now=now)
        actions.add_webhook(user, "Other", other.url, now=now)
        tell(user)
        wait_until(lambda: program.received and phone.received, what="both have the message")
        # Two hang meanwhile: the third is told all the same.
        wait_until(lambda: len(other.received) == 1, what="the other is told")
        sent = OutboxMessage.objects.filter(status="sent")
        wait_until(sent.exists, what="and that is noted")
        mortal_worker.kill()
        in_hand = OutboxMessage.objects.filter(status="waiting", began_at__isnull=False)
        assert in_hand.count() == 2
        ended.set()
        mortal_worker.start()
        all_sent = sent.filter(attempts__gte=1)
        wait_until(
            lambda: tick() and all_sent.count() == 3, every=0.2, what="what was in hand sent again"
        )
        # A slow machine outlasts the lease of three seconds: then a third is sent, by the same id.
        first, *repeats = program.received
        message = OutboxMessage.objects.get(way=hooked)
        ids = {each.headers["webhook-id"] for each in program.received}
        assert ids == {message.message_id}
        assert repeats
        assert {each.body for each in repeats} == {first.body}
        assert len(other.received) == 1
        first_text, *repeated = [each.read_json()["message"] for each in phone.received]
        assert "may be a repeat" not in first_text
        assert repeated
        assert all("may be a repeat" in text for text in repeated)
