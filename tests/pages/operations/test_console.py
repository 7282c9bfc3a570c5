"""The operators' console: for staff with the rights, the truth about services and jobs."""

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from operations.jobs.protection import PROTECTED
from operations.models import JobChange
from tests.conftest import sign_in
from tests.pages.conftest import Tab
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Page

RIGHTS = ["view_healthcheck", "view_periodictask", "change_periodictask", "run_job"]


def grant(user: User, *rights: str) -> None:
    user.user_permissions.add(*Permission.objects.filter(codename__in=rights))


@pytest.fixture
def operator(db: None) -> User:
    user = User.objects.create_user(username="operator", password="x", is_staff=True)
    grant(user, *RIGHTS)
    return user


@pytest.fixture
def job(db: None) -> PeriodicTask:
    every = IntervalSchedule.objects.create(every=1, period="hours")
    return PeriodicTask.objects.create(
        name="Prune something", task="realtime.prune_events", interval=every
    )


def get_page(client: Client, user: User) -> str:
    sign_in(client, user)
    answer = client.get("/operations/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_only_staff_with_rights_sees_it(client: Client, user: User) -> None:
    assert client.get("/operations/").status_code == 302
    clerk = User.objects.create_user(username="clerk", password="x", is_staff=True)
    for person in (user, clerk):
        sign_in(client, person)
        assert client.get("/operations/").status_code == 403


def test_each_part_needs_its_right(client: Client, job: PeriodicTask) -> None:
    user = User.objects.create_user(username="planner", password="x", is_staff=True)
    grant(user, "view_periodictask")
    text = get_page(client, user)
    assert "Prune something" in text
    assert 'id="services"' not in text
    assert "Run now" not in text
    assert client.post(f"/operations/jobs/{job.pk}/run/").status_code == 403


def test_shows_services_with_remedies(client: Client, operator: User) -> None:
    text = get_page(client, operator)
    assert "PostgreSQL" in text
    assert "down" in text  # no worker runs for this test
    assert "Start it with" in text


def test_a_job_is_paused_and_resumed_on_record(
    client: Client, operator: User, job: PeriodicTask
) -> None:
    sign_in(client, operator)
    client.post(f"/operations/jobs/{job.pk}/pause/")
    job.refresh_from_db()
    assert not job.enabled
    client.post(f"/operations/jobs/{job.pk}/resume/")
    job.refresh_from_db()
    assert job.enabled
    assert {change.by for change in JobChange.objects.all()} == {"operator"}


def test_protected_jobs_stay(client: Client, operator: User, job: PeriodicTask) -> None:
    PeriodicTask.objects.filter(pk=job.pk).update(name=min(PROTECTED))
    sign_in(client, operator)
    answer = client.post(f"/operations/jobs/{job.pk}/pause/", follow=True)
    job.refresh_from_db()
    assert job.enabled
    assert "protected" in answer.content.decode()


def test_what_is_not_there(client: Client, operator: User) -> None:
    sign_in(client, operator)
    assert client.post("/operations/jobs/999999/run/").status_code == 404
    assert client.post("/operations/jobs/1/explode/").status_code == 404


@pytest.mark.browser
def test_it_is_live_and_fits_a_phone(tab: Tab, operator: User, job: PeriodicTask) -> None:
    page: Page = tab(operator, "/operations/", viewport={"width": 360, "height": 800})
    page.wait_for_selector("#dot[data-state=live]")
    page.wait_for_selector("#jobs :text('Prune something')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
