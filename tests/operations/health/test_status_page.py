"""The public status page: off by default, plain words, no secrets, and cheap."""

from collections import defaultdict
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from operations.models import HealthHour
from operations.status_page import groups, pages


@pytest.fixture(autouse=True)
def switched_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STATUS_PAGE = True
    monkeypatch.setattr(pages, "_caches", defaultdict(pages.PageCache))


def test_it_is_off_by_default(client: Client, settings: Settings) -> None:
    settings.STATUS_PAGE = False
    assert client.get("/status/").status_code == 404


def test_it_shows_groups_days_and_incidents(client: Client, db: None) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for ago, down in ((3, 10), (2, 20), (50, 1)):
        HealthHour.objects.create(
            service="postgresql", hour=hour - timedelta(hours=ago), healthy=100, down=down
        )
    text = client.get("/status/").content.decode()
    assert "Pages and API" in text
    assert "down for 15 minutes" in text  # two hours that follow each other are one incident
    assert text.count("down for") == 1
    assert text.count("<i data-status") == 90 * text.count('class="service"')


def test_it_names_no_host_and_no_reason(client: Client, db: None) -> None:
    text = client.get("/status/").content.decode()
    assert "■ down" in text  # no worker runs for this test
    for secret in ("127.0.0.1", "No worker process", "manage.py", "data-user", "csrf"):
        assert secret not in text


def test_a_second_visitor_costs_nothing(
    client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/status/")
    with django_assert_num_queries(0):
        answer = client.get("/status/")
    assert answer["Cache-Control"] == "public, max-age=15"
    assert "Set-Cookie" not in answer
    assert "Accept-Language" in answer["Vary"]
    german = client.get("/status/", headers={"Accept-Language": "de"})
    assert '<html lang="de"' in german.content.decode()


def test_the_history_read_last_stands_while_the_database_is_away() -> None:
    """pytest-django refuses every query of a test without a database."""
    cache = pages.PageCache()
    assert pages.read_history(cache, is_database_away=True) is None
    cache.hours = {"Exchanges": {}}
    assert pages.read_history(cache, is_database_away=True) == {"Exchanges": {}}


def test_a_hiccup_is_no_incident_and_a_gap_ends_one() -> None:
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    down = {ago: groups.HourSum(120, count, 0) for ago, count in ((1, 1), (4, 6), (6, 6))}
    hours = {"Exchanges": {now - timedelta(hours=ago): counts for ago, counts in down.items()}}
    assert [incident.minutes for incident in groups.list_incidents(hours, now=now)] == [3, 3]
