"""What every test can ask for. The services start when the first test needs them."""

import os
from collections.abc import Generator, Iterator
from typing import Any

import hypothesis
import pytest
from django.contrib.auth import get_user_model

from tests import database, services
from users.models import User

pytest_plugins = ["tests.processes", "tests.browser", "tests.trading"]
PASSWORD = "correct horse battery"
database.use()
# How long a machine takes for an example is no fault of ours.
hypothesis.settings.register_profile(
    "here", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("here")


@pytest.fixture(scope="session", autouse=True)
def valkey() -> Iterator[None]:
    with services.redis_server():
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(valkey: None) -> Iterator[None]:
    with services.database_server():
        yield


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The embedded database goes with its folder."""
    return not os.environ.get("TEST_DATABASE_URL")


@pytest.fixture(autouse=True)
def _forgetful_redis(valkey: None) -> None:
    services.forget_keys()


@pytest.fixture
def user(db: None) -> User:
    return _user("ada")


@pytest.fixture
def other_user(db: None) -> User:
    return _user("bob")


@pytest.fixture
def staff_user(db: None) -> User:
    return _user("olga", is_staff=True, is_superuser=True)


def _user(name: str, **fields: Any) -> User:
    made: User = get_user_model().objects.create_user(name, password=PASSWORD, **fields)
    return made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    item.stash[_BEFORE] = services.sizes()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for name, words in services.said_since(item.stash[_BEFORE]):
            report.sections.append((f"output of {name}", words))
    return report


_BEFORE = pytest.StashKey[dict[Any, int]]()
