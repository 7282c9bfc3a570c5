"""FAILURES 70: the sweep's job is switched off, deleted or slowed down, or the beat hangs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks
from pytest_django import Settings

from config.launcher import processes
from operations.health import doctor, present
from operations.jobs import beat_lock
from orders.checks import last_sweep
from tests.failures.harness.processes import KillableProcess
from tests.services import process_environment, wait_until
from users.models import User

SWEEP = "Check pending orders"


@pytest.fixture
def every_second(settings: Settings) -> None:
    settings.ORDER_CHECK_SECONDS = 1.0


def read_job() -> tuple[bool, bool, int, str, object]:
    job = PeriodicTask.objects.select_related("interval").get(name=SWEEP)
    assert job.interval
    return job.enabled, job.one_off, job.interval.every, job.interval.period, job.start_time


def read_sweep() -> str:
    return str(present.read_service("order-checks")["status"])


def has_swept_since(moment: datetime) -> bool:
    last = last_sweep.read_last_sweep()
    return last is not None and last > moment


def save_switched_off() -> None:
    job = PeriodicTask.objects.get(name=SWEEP)
    job.enabled = False
    job.save()


def update_switched_off() -> None:
    PeriodicTask.objects.filter(name=SWEEP).update(enabled=False, last_run_at=None)
    PeriodicTasks.update_changed()


def delete_row() -> None:
    PeriodicTask.objects.filter(name=SWEEP).delete()


def delete_interval() -> None:
    PeriodicTask.objects.get(name=SWEEP).interval.delete()


def slow_interval_down() -> None:
    interval = PeriodicTask.objects.get(name=SWEEP).interval
    interval.every, interval.period = 1, IntervalSchedule.DAYS
    interval.save()


def begin_next_year() -> None:
    job = PeriodicTask.objects.get(name=SWEEP)
    job.start_time = timezone.now().replace(year=timezone.now().year + 1, day=1)
    job.save()


HARMS = [
    save_switched_off,
    update_switched_off,
    delete_row,
    delete_interval,
    slow_interval_down,
    begin_next_year,
]


def test_70_the_sweeps_job_is_restored(every_second: None, start_beat: Callable[..., None]) -> None:
    """One beat for all that may be done to the job: its start takes seconds of computing."""
    began = timezone.now()
    start_beat(ORDER_CHECK_SECONDS="1")
    wait_until(lambda: has_swept_since(began), what="the sweep runs")
    for harm in HARMS:
        harm()
        wait_restored(harm.__name__)


def wait_restored(harm: str) -> None:
    as_shipped = (True, False, 1, IntervalSchedule.SECONDS, None)
    rows = PeriodicTask.objects.filter(name=SWEEP)
    wait_until(rows.exists, what=f"the job is there after {harm}")
    wait_until(lambda: read_job() == as_shipped, what=f"the job is as shipped after {harm}")
    restored = timezone.now()
    wait_until(lambda: has_swept_since(restored), what=f"the sweep runs on after {harm}")


@pytest.mark.parametrize("is_deleted", [False, True])
def test_70_a_first_start_warns_of_nothing(beat_process: KillableProcess, is_deleted: bool) -> None:
    PeriodicTask.objects.all().delete()
    if is_deleted:
        interval = IntervalSchedule.objects.create(every=5, period=IntervalSchedule.SECONDS)
        PeriodicTask.objects.create(name="Another", task="orders.check_pending", interval=interval)
    log = beat_process.log
    written = log.stat().st_size if log.exists() else 0  # by the tests before
    beat_process.start()
    wait_until(lambda: PeriodicTask.objects.filter(name=SWEEP).exists(), what="the job is there")
    wait_until(lambda: read_sweep() != "down", what="the sweep runs")
    assert ("protected job restored" in log.read_text()[written:]) is is_deleted


@pytest.fixture
def beat_process(worker: None) -> Iterator[KillableProcess]:
    environment = process_environment() | {"ORDER_CHECK_SECONDS": "1"}
    process = KillableProcess(processes.beat_part(environment=environment))
    try:
        yield process
    finally:
        if process.is_alive():
            process.thaw()
        process.end()


def test_70_a_beat_that_stands_still_is_said(
    every_second: None, beat_process: KillableProcess, user: User, client: Client
) -> None:
    client.force_login(user)
    beat_process.start()
    wait_until(lambda: read_sweep() != "down", what="the sweep runs")
    assert "Orders are not being checked" not in client.get("/orders/").content.decode()
    beat_process.freeze()
    wait_until(lambda: read_sweep() == "down", what="health says so")
    assert "Orders are not being checked" in client.get("/orders/").content.decode()
    beat_process.thaw()
    wait_until(lambda: read_sweep() != "down", what="the sweep runs again")
    assert "Orders are not being checked" not in client.get("/orders/").content.decode()


def test_70_a_beat_that_hangs_makes_room_for_another(beat_process: KillableProcess) -> None:
    part = beat_process.part
    environment = {**part.environment, "BEAT_HANG_SECONDS": "5"}
    beat_process.part = replace(part, environment=environment)
    beat_process.start()
    since = wait_until(lambda: beat_lock.locked_since(connection), what="the first is active")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE django_celery_beat_periodictasks IN ACCESS EXCLUSIVE MODE")
        wait_until(lambda: not beat_process.is_alive(), what="the first has ended")
    assert "beat hangs" in beat_process.log.read_text()
    beat_process.part = part
    beat_process.start()
    wait_until(
        lambda: beat_lock.locked_since(connection) not in (None, since), what="another is active"
    )


# In the admin, and by the doctor


@pytest.fixture
def jobs(db: None) -> None:
    interval = IntervalSchedule.objects.create(every=5, period=IntervalSchedule.SECONDS)
    for name in (SWEEP, "Prune old events"):
        PeriodicTask.objects.create(name=name, task="orders.check_pending", interval=interval)


@pytest.fixture
def admin(client: Client, staff_user: User, jobs: None) -> Client:
    client.force_login(staff_user)
    return client


JOBS = "/admin/django_celery_beat/periodictask/"


@pytest.mark.parametrize("action", ["disable_tasks", "toggle_tasks"])
def test_70_the_admin_switches_off_all_jobs_but_the_sweep(admin: Client, action: str) -> None:
    chosen = list(PeriodicTask.objects.values_list("pk", flat=True))
    body = {"action": action, "_selected_action": chosen}
    answer = admin.post(JOBS, body, follow=True).content.decode()
    assert f"“{SWEEP}” is protected" in answer
    enabled = PeriodicTask.objects.filter(enabled=True)
    assert list(enabled.values_list("name", flat=True)) == [SWEEP]


@pytest.mark.parametrize("action", ["disable_tasks", "toggle_tasks", "run_tasks"])
def test_70_who_may_only_look_changes_no_job(admin: Client, staff_user: User, action: str) -> None:
    User.objects.update(is_superuser=False)
    staff_user.user_permissions.add(Permission.objects.get(codename="view_periodictask"))
    chosen = list(PeriodicTask.objects.values_list("pk", flat=True))
    answer = admin.post(JOBS, {"action": action, "_selected_action": chosen}, follow=True)
    assert SWEEP in answer.content.decode()
    assert "successfully" not in answer.content.decode()
    assert PeriodicTask.objects.filter(enabled=True).count() == len(chosen)


def test_70_the_admin_deletes_no_sweep(admin: Client) -> None:
    sweep = PeriodicTask.objects.get(name=SWEEP)
    body = {"action": "delete_selected", "_selected_action": [sweep.pk], "post": "yes"}
    admin.post(JOBS, body)
    assert admin.post(f"{JOBS}{sweep.pk}/delete/", {"post": "yes"}).status_code == 403
    assert PeriodicTask.objects.filter(name=SWEEP).exists()


def test_70_the_admin_shows_the_sweep_and_changes_nothing(admin: Client) -> None:
    sweep = PeriodicTask.objects.get(name=SWEEP)
    page = admin.get(f"{JOBS}{sweep.pk}/change/")
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert admin.post(f"{JOBS}{sweep.pk}/change/", {"enabled": ""}).status_code == 403
    other = PeriodicTask.objects.exclude(name=SWEEP).get()
    assert 'name="_save"' in admin.get(f"{JOBS}{other.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("task", "kwargs", "field"),
    [
        ("orders.submit", "{}", "task"),
        ("orders.check_key", '{"key_id": 77}', "kwargs"),
        ("orders.check_key", "[]", "kwargs"),
        ("bots.analyse_markets", '{"bot": 1}', "kwargs"),
        ("bots.analyse_markets", "{}", None),
    ],
)
def test_70_the_admin_adds_the_tasks_that_the_api_adds(
    admin: Client, task: str, kwargs: str, field: str | None
) -> None:
    interval = IntervalSchedule.objects.create(every=60, period=IntervalSchedule.SECONDS)
    fields = {"name": "Mine", "task": task, "args": "[]", "kwargs": kwargs, "headers": "{}"}
    answer = admin.post(f"{JOBS}add/", fields | {"interval": interval.pk, "enabled": "on"})
    assert PeriodicTask.objects.filter(name="Mine").exists() == (field is None)
    if field:
        assert list(answer.context["adminform"].form.errors) == [field]


def test_70_the_doctor_names_jobs_that_are_off(jobs: None) -> None:
    assert list(doctor._check_timetable()) == []
    PeriodicTask.objects.update(enabled=False)
    [finding] = doctor._check_timetable()
    assert (finding.state, SWEEP in finding.message) == ("note", True)


def test_70_no_sweep_at_all_is_said(db: None) -> None:
    assert read_sweep() == "down"
    last_sweep.note_sweep(timezone.now())
    assert read_sweep() == "healthy"
    cache.delete(last_sweep.NAME)
