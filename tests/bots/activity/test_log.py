"""The activity log does not grow for ever, nor do signals."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from bots import tasks
from bots.activity import retention
from bots.models import LogEntry, Signal, StopAll
from users.models import User


def line(user: User, at: datetime, message: str = "") -> LogEntry:
    return LogEntry.objects.create(user=user, level="info", message=message, created_at=at)


def test_old_entries_are_deleted(user: User, settings: Any) -> None:
    settings.LOG_DAYS = 2
    now = timezone.now()
    line(user, now - timedelta(days=3), "old")
    line(user, now - timedelta(days=1), "young")
    tasks.prune_activity()
    assert list(LogEntry.objects.values_list("message", flat=True)) == ["young"]


def test_old_entries_are_deleted_in_batches(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    now = timezone.now()
    for age in (9, 8, 7, 6, 5, 1):
        line(user, now - timedelta(days=age))
    assert (
        retention.delete_older(LogEntry.objects, "created_at", before=now - timedelta(days=2)) == 5
    )
    assert LogEntry.objects.count() == 1


def test_an_open_stop_all_is_never_deleted(user: User, settings: Any) -> None:
    settings.LOG_DAYS = 2
    long_ago = timezone.now() - timedelta(days=3)
    given = {"user": user, "asked_at": long_ago, "bots": 0, "orders": 0, "left": 0}
    StopAll.objects.create(**given, ended_at=long_ago)
    kept = StopAll.objects.create(**given)
    tasks.prune_activity()
    assert list(StopAll.objects.all()) == [kept]


def test_a_signal_is_deleted_after_a_year(user: User, settings: Any) -> None:
    settings.LOG_DAYS, settings.SIGNAL_DAYS = 1, 3
    now = timezone.now()
    for age in (4, 2):
        at = now - timedelta(days=age)
        Signal.objects.create(
            user=user, source="chart", symbol="BTC/USDT", side="buy", status="expired",
            message=str(age), received_at=at, settled_at=at,
        )  # fmt: skip
    tasks.prune_activity()
    assert list(Signal.objects.values_list("message", flat=True)) == ["2"]
