"""Settings that cannot work are named, with a remedy."""

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from config.redis_setup import urls


def ids(*, deploy: bool = False) -> set[str]:
    found = run_checks(include_deployment_checks=deploy)
    named = [issue for issue in found if (issue.id or "").startswith("fillwatch.")]
    assert all(issue.hint for issue in named)
    return {str(issue.id) for issue in named}


def test_the_settings_of_one_machine_are_fine() -> None:
    assert ids(deploy=True) == set()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("REDIS_URL", "redis+cluster://host:6379", "fillwatch.E001"),
        ("ORDER_CHECK_SECONDS", 0.0, "fillwatch.E003"),
        ("FILLWATCH_URL", "fillwatch.example.org", "fillwatch.E004"),
        ("FILLWATCH_URL", "https://fillwatch.example.org/below", "fillwatch.E004"),
        ("ALLOWED_HOSTS", ["elsewhere.example.org"], "fillwatch.E005"),
        ("CSRF_TRUSTED_ORIGINS", ["https://elsewhere.example.org"], "fillwatch.W006"),
    ],
)
def test_what_cannot_work_is_named(
    settings: Settings, name: str, value: object, expected: str
) -> None:
    setattr(settings, name, value)
    assert ids() == {expected}


def test_only_postgres_will_do(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    assert ids() == {"fillwatch.E002"}


def test_plain_http_for_others_is_told_before_deployment(settings: Settings) -> None:
    settings.FILLWATCH_URL = "http://fillwatch.example.org"
    settings.ALLOWED_HOSTS, settings.CSRF_TRUSTED_ORIGINS = ["*"], [settings.FILLWATCH_URL]
    assert ids(deploy=True) == {"fillwatch.W007"}
    assert ids() == set()


@pytest.mark.parametrize("url", ["redis://h:6379/0", "rediss://h/1", "unix:///p/r.sock?db=0"])
def test_one_server_by_any_road_is_fine(url: str) -> None:
    assert urls.find_problem(url) is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("rediss+cluster://h", "Cluster"),
        ("sentinel://h:26379", "Sentinel"),
        ("http://h", "'http'"),
        ("", "'nothing'"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(url: str, words: str) -> None:
    assert words in (urls.find_problem(url) or "")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://h:6379/2", "redis://h:6379/2"),
        ("unix:///p/r.sock?db=3", "redis+socket:///p/r.sock?virtual_host=3"),
        ("unix:///p/r.sock", "redis+socket:///p/r.sock?virtual_host=0"),
    ],
)
def test_celery_is_told_in_its_own_words(url: str, expected: str) -> None:
    assert urls.celery_url(url) == expected
