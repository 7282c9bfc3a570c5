"""The scheduler's endpoints: who may do what, and what is refused."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from operations.jobs import record
from operations.models import JobChange, JobRun
from tests.operations.conftest import Ask
from users.models import User

PLAIN = {"name": "Mine", "task": "bots.expire_signals", "every_seconds": 60}
KEY_TASK = {"name": "Mine", "task": "orders.check_key", "every_seconds": 60}


@pytest.fixture
def jobs(db: None) -> dict[str, PeriodicTask]:
    """A protected job, another one of Fillwatch, and one of an operator."""
    interval = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.HOURS)
    tasks = {
        "Check pending orders": "orders.check_pending",
        "Prune old events": "realtime.prune_events",
        "Mine": "bots.expire_signals",
    }
    return {
        name: PeriodicTask.objects.create(name=name, task=task, interval=interval)
        for name, task in tasks.items()
    }


def test_protected_and_shipped_jobs_stay(
    ask: Ask, staff_user: User, jobs: dict[str, PeriodicTask]
) -> None:
    answers = {
        (name, act): ask(staff_user, method, f"scheduler/jobs/{job.pk}/{path}").status_code
        for name, job in jobs.items()
        for act, method, path in (("pause", "POST", "pause/"), ("delete", "DELETE", ""))
    }
    assert answers == {
        ("Check pending orders", "pause"): 409,
        ("Check pending orders", "delete"): 409,
        ("Prune old events", "pause"): 200,
        ("Prune old events", "delete"): 409,
        ("Mine", "pause"): 200,
        ("Mine", "delete"): 204,
    }
    left = PeriodicTask.objects.values_list("name", "enabled")
    assert dict(left) == {"Check pending orders": True, "Prune old events": False}
    assert JobChange.objects.count() == 3  # of what was done, and not of what was refused


def test_a_second_pause_changes_nothing(
    ask: Ask, staff_user: User, jobs: dict[str, PeriodicTask]
) -> None:
    PeriodicTask.objects.update(last_run_at=timezone.now())
    for _ in range(2):
        answer = ask(staff_user, "POST", f"scheduler/jobs/{jobs['Mine'].pk}/pause/")
        assert (answer.status_code, answer.json()["paused"]) == (200, True)
    assert JobChange.objects.count() == 1
    assert PeriodicTask.objects.get(name="Mine").last_run_at  # it is not due at once afterwards


def test_a_run_that_is_open_is_not_asked_for_twice(
    ask: Ask, staff_user: User, jobs: dict[str, PeriodicTask]
) -> None:
    record.request_run(jobs["Mine"], by="ada", now=timezone.now())
    answer = ask(staff_user, "POST", f"scheduler/jobs/{jobs['Mine'].pk}/run/")
    assert answer.status_code == 409
    assert JobRun.objects.count() == 1


def test_each_change_needs_its_permission(
    ask: Ask, staff_user: User, user: User, jobs: dict[str, PeriodicTask]
) -> None:
    number = jobs["Prune old events"].pk
    needed = {
        ("GET", "jobs/"): "view_periodictask",
        ("GET", "status/"): "view_periodictask",
        ("GET", "changes/"): "view_periodictask",
        ("POST", "jobs/"): "add_periodictask",
        ("DELETE", f"jobs/{number}/"): "delete_periodictask",
        ("POST", f"jobs/{number}/pause/"): "change_periodictask",
        ("POST", f"jobs/{number}/resume/"): "change_periodictask",
        ("POST", f"jobs/{number}/run/"): "run_job",
    }
    record.request_run(jobs["Prune old events"], by="ada", now=timezone.now())  # so it is refused
    User.objects.update(is_superuser=False)
    for (method, path), codename in needed.items():
        staff = User.objects.get(pk=staff_user.pk)
        assert ask(user, method, f"scheduler/{path}", {}).status_code == 403
        assert ask(None, method, f"scheduler/{path}", {}).status_code == 401
        refused = ask(staff, method, f"scheduler/{path}", {})
        assert (refused.status_code, codename in refused.json()["detail"]) == (403, True)
        staff.user_permissions.set(Permission.objects.filter(codename=codename))
        staff = User.objects.get(pk=staff_user.pk)
        assert ask(staff, method, f"scheduler/{path}", {}).status_code in (200, 204, 400, 409)
        staff.user_permissions.clear()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"task": "orders.submit"}, "task"),
        ({"task": "os.system"}, "task"),
        ({"every_seconds": 9}, "every_seconds"),
        ({"every_seconds": "60"}, "every_seconds"),
        ({"every_seconds": 10**12}, "every_seconds"),
        ({"every_seconds": None}, "every_seconds"),
        ({"crontab": "0 3 * * *"}, "every_seconds"),
        ({"every_seconds": None, "crontab": "0 3 * *"}, "crontab"),
        ({"every_seconds": None, "crontab": "61 3 * * *"}, "crontab"),
        ({"every_seconds": None, "crontab": "*/0 * * * *"}, "crontab"),
        ({"every_seconds": None, "crontab": "0 0 30 2 *"}, "crontab"),
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "Prune old events"}, "name"),
        ({"arguments": {"key_id": 1}}, "arguments"),
        ({"arguments": []}, "arguments"),
        ({"cron": "0 3 * * *"}, "cron"),
        (KEY_TASK, "arguments"),
        (KEY_TASK | {"arguments": {"key_id": 4711}}, "arguments"),
        (KEY_TASK | {"arguments": {"key_id": "1; DROP"}}, "arguments"),
    ],
    ids=str,
)
def test_a_job_that_makes_no_sense_is_refused(
    ask: Ask, staff_user: User, jobs: dict[str, PeriodicTask], change: dict[str, Any], field: str
) -> None:
    body = PLAIN | {"name": "Another"} | change
    if body["name"] == "Mine":
        body["name"] = "Another"
    answer = ask(staff_user, "POST", "scheduler/jobs/", body)
    assert (answer.status_code, list(answer.json())) == (400, [field]), answer.content
    assert PeriodicTask.objects.count() == len(jobs)


def test_a_job_with_a_crontab_runs_in_utc(ask: Ask, staff_user: User) -> None:
    body = PLAIN | {"every_seconds": None, "crontab": "30 3 * * 1-5"}
    answer = ask(staff_user, "POST", "scheduler/jobs/", body)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["crontab"], made["schedule"]) == ("30 3 * * 1-5", "30 3 * * 1-5 (UTC)")
    assert "T03:30:00" in made["next_run_at"]
    assert str(CrontabSchedule.objects.get().timezone) == "UTC"
    assert [change.action for change in JobChange.objects.all()] == ["create"]
    assert str(PLAIN["task"]) in str(ask(staff_user, "GET", "scheduler/tasks/").json())
