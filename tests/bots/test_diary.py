"""The activity log does not grow for ever."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from bots import diary, tasks
from bots.models import Emergency, Line
from users.models import User


def line(user: User, at: datetime, message: str = "") -> Line:
    return Line.objects.create(user=user, level="info", message=message, created_at=at)


def test_old_lines_are_forgotten(user: User, settings: Any) -> None:
    settings.LOG_DAYS = 2
    now = timezone.now()
    line(user, now - timedelta(days=3), "old")
    line(user, now - timedelta(days=1), "young")
    tasks.forget()
    assert list(Line.objects.values_list("message", flat=True)) == ["young"]


def test_in_as_many_batches_as_it_takes(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diary, "BATCH", 2)
    now = timezone.now()
    for age in (9, 8, 7, 6, 5, 1):
        line(user, now - timedelta(days=age))
    assert diary.forget(before=now - timedelta(days=2)) == 5
    assert Line.objects.count() == 1


def test_an_emergency_that_is_not_over_is_never_forgotten(user: User, settings: Any) -> None:
    settings.LOG_DAYS = 2
    long_ago = timezone.now() - timedelta(days=3)
    given = {"user": user, "asked_at": long_ago, "bots": 0, "orders": 0, "left": 0}
    Emergency.objects.create(**given, ended_at=long_ago)
    kept = Emergency.objects.create(**given)
    tasks.forget()
    assert list(Emergency.objects.all()) == [kept]
