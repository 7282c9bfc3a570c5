"""Fixtures for every test. A server starts when the first test asks for it.

A test is marked `quick` when its fixtures reach none of SERVERS: it runs without Valkey,
PostgreSQL, a simulated venue or a browser, and `make quick` selects it.
"""

import gc
import os
import time
from collections.abc import Callable, Generator, Iterator
from decimal import Context, localcontext
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django import DjangoDbBlocker

from tests import services
from tests.database import flush, template
from users.models import User

pytest_plugins = ["tests.processes", "tests.browser", "tests.trading"]
HERE = Path(__file__).parent
PASSWORD = "correct horse battery"
# Fixtures that start a server, by the name under which tests reach them.
SERVERS = {
    "valkey",
    "django_db_setup",
    "simulator",
    "simulator_process",
    "venue_process",
    "process",
    "browser",
}
# They begin first, or in the end one process would be at work and all others wait for it.
LONGEST = [
    "config/launcher/test_up.py",
    "orders/dead_mans_switch/test_silence.py",
    "orders/streams/test_key_stream.py",
    "failures/test_stream_11_19.py",
    "failures/kills/test_outages_69.py",
    "config/api/fuzzing/test_fuzzing.py",
    "operations/health/test_health_story.py",
    "operations/backup/test_backup.py",
    "failures/kills/test_notifications_72.py",
    "failures/test_stateful.py",
    "failures/test_venues.py",
    "failures/found_since/test_burst_68.py",
    "failures/found_since/test_hedge_66.py",
    "exchanges/prices/test_taking_over.py",
    "failures/found_since/test_timetable_70.py",
    "pages/test_live_pages.py",
    "exchanges/prices/test_following.py",
    "orders/streams/test_holdings.py",
    "chaos/test_chaos.py",
    "realtime/client/test_terminal.py",
    "bots/pnl/test_late_fills.py",
    "failures/kills/test_killed_while_sending.py",
    "orders/checks/test_check_orders.py",
    "pages/orders/test_order_list_browser.py",
    "failures/kills/test_killed.py",
    "bots/running/test_stop_all.py",
    "exchanges/holdings/test_marks.py",
    "config/test_migrations.py",
    "pages/orders/test_troubles_browser.py",
    "failures/kills/test_queue_killed.py",
    "chaos/test_garbage.py",
    "operations/reports/test_record.py",
    "failures/found_since/test_first_market_71.py",
    "bots/running/test_run_state.py",
    "realtime/test_retention.py",
    "operations/health/test_doctor.py",
    "failures/test_delivery_54_57.py",
    "bots/endurance/test_endurance.py",
    "realtime/client/test_tabs.py",
    "bots/endurance/test_killed_at_each_step.py",
    "realtime/socket/test_rolling.py",
    "pages/test_examples.py",
    "config/api/roles/test_role_table.py",
    "config/api/roles/test_page_table.py",
]
flush.replace_flush()
# How long a machine takes for an example is no fault of ours.
hypothesis.settings.register_profile(
    "here", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("here")


@pytest.fixture(scope="session")
def valkey() -> Iterator[None]:
    with services.redis_server():
        yield


@pytest.fixture(scope="session")
def copy_cluster(
    valkey: None, django_db_blocker: DjangoDbBlocker, request: pytest.FixtureRequest
) -> Callable[[Path], None]:
    """Put a migrated PostgreSQL into a folder: to run all migrations takes long.

    Where tests run on another server none is made; an installation then migrates its own.
    """

    def copy(home: Path) -> None:
        if os.environ.get("TEST_DATABASE_URL"):
            return
        cache = request.config.cache
        folder = cache.mkdir("migrated-clusters") if cache else services.HOME
        with django_db_blocker.unblock():
            template.copy_cluster(folder, home)

    return copy


@pytest.fixture(scope="session")
def django_db_modify_db_settings(copy_cluster: Callable[[Path], None]) -> Iterator[None]:
    copy_cluster(services.HOME)
    with services.database_server():
        yield


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The embedded database goes with its folder."""
    return not os.environ.get("TEST_DATABASE_URL")


@pytest.fixture
def empty_redis(valkey: None) -> None:
    """Valkey, emptied: ask for it in a test that needs Redis and no database."""
    services.forget_keys()


@pytest.fixture(autouse=True)
def _server_access(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty Redis before a test that uses servers, and keep a quick test from Redis.

    Otherwise a quick test could pass by chance, on a Valkey that an earlier test started.
    pytest-django blocks the database in the same way.
    """
    if request.node.get_closest_marker("quick"):
        services.block_redis(monkeypatch)
    else:
        request.getfixturevalue("empty_redis")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Round as Python does in each test: a test that calls ccxt itself changes the rounding."""
    with localcontext(Context()):
        yield


@pytest.fixture
def user(db: None) -> User:
    return create_user("ada")


@pytest.fixture
def other_user(db: None) -> User:
    return create_user("bob")


@pytest.fixture
def staff_user(db: None) -> User:
    return create_user("olga", is_staff=True, is_superuser=True)


def sign_in(client: Client, user: User) -> None:
    """Sign in as with the password, a moment ago: keys may be attached then, secrets shown."""
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def create_user(name: str, **fields: Any) -> User:
    made: User = get_user_model().objects.create_user(name, password=PASSWORD, **fields)
    return made


@pytest.fixture(autouse=True, scope="module")
def _nothing_left_open() -> Iterator[None]:
    """What a module forgot to close is warned of here, and fails nobody else's test.

    What stays is kept out of the next collections, or each would take 0.15 s.
    """
    yield
    gc.collect()
    gc.freeze()


def pytest_itemcollected(item: pytest.Item) -> None:
    fixtures = SERVERS.intersection(getattr(item, "fixturenames", ()))
    if (
        not fixtures
        and not any(item.iter_markers("django_db"))
        and not any(item.iter_markers("server"))
    ):
        item.add_marker("quick")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect no garbage while modules are imported: there is hardly any, and each look costs."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Keep what the imports made out of every later collection, which else takes 0.3 s a module.

    It is not looked through before: that would take a second in each test process.
    """
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {HERE / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    item.stash[_BEFORE] = services.log_sizes()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for name, words in services.log_output_since(item.stash[_BEFORE]):
            report.sections.append((f"output of {name}", words))
    return report


_BEFORE = pytest.StashKey[dict[Any, int]]()
