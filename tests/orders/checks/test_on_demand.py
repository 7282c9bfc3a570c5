"""Asking anew on demand, by API and by command."""

import json
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from exchanges.models import ExchangeKey
from operations.health.probes.queues import read_queues
from orders import submission
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import record_order, wait_for_status
from users.models import User


@pytest.fixture
def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.mark.usefixtures("worker")
def test_a_resync_finds_what_nobody_told(
    api: APIClient, key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = record_order(key)
    submission.submit_order(order.pk)
    simulator.control.post("fill", clientOrderId=order.client_order_id)
    answer = api.post(f"/api/v1/keys/{key.pk}/resync/")
    assert (answer.status_code, answer.json()) == (202, {"pending": 1})
    wait_for_status(order, "filled")


def test_a_foreign_key_is_not_there(
    api: APIClient, other_user: User, open_key: Callable[[User], ExchangeKey], db: None
) -> None:
    assert api.post(f"/api/v1/keys/{open_key(other_user).pk}/resync/").status_code == 404


def test_a_switched_off_key_is_not_asked(api: APIClient, key: ExchangeKey) -> None:
    ExchangeKey.objects.update(is_active=False)
    answer = api.post(f"/api/v1/keys/{key.pk}/resync/")
    assert answer.status_code == 409
    assert "switched off" in answer.json()["detail"]


@pytest.mark.usefixtures("worker")
def test_by_command(
    key: ExchangeKey, simulator: SimulatorProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    order = record_order(key)
    submission.submit_order(order.pk)
    simulator.control.post("fill", clientOrderId=order.client_order_id)
    call_command("resync", user=key.user.username)
    assert "1 pending" in capsys.readouterr().out
    wait_for_status(order, "filled")


def test_a_dry_run_queues_nothing(
    key: ExchangeKey, capsys: pytest.CaptureFixture[str], empty_redis: None
) -> None:
    record_order(key)
    waiting = count_queued()  # queues keep what earlier tests left in them
    # A worker that an earlier test paused may take one more message, and puts it back.
    call_command("resync", "--all", "--dry-run", "--json")
    assert json.loads(capsys.readouterr().out) == [{"key": key.pk, "pending": 1}]
    wait_until(lambda: count_queued() == waiting, what="nothing more queued")
    call_command("resync", "--all")
    wait_until(lambda: count_queued() == waiting + 2, what="both queued")


def count_queued() -> int:
    return sum(queue.depth for queue in read_queues(now=timezone.now()))


def test_the_command_says_when_there_is_no_such_key(transactional_db: None) -> None:
    with pytest.raises(CommandError, match="no such active key"):
        call_command("resync", key=12345)
