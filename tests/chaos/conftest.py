"""A cluster for the suite, and the table of what a long run found."""

import asyncio
import re
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from pytest_django import Settings

from tests.chaos.servers.cluster import Cluster, run_cluster
from tests.services import log_output_since, log_sizes

# What no server may say, whatever its clients and neighbours do
BROKE = re.compile(r"reader broke|never retrieved|Exception in ASGI|figures cannot be told").search
TOLD = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def running_cluster(django_db_setup: None) -> Iterator[Cluster]:
    with run_cluster() as cluster:
        yield cluster


@pytest.fixture
def cluster(
    running_cluster: Cluster,
    transactional_db: None,
    settings: Settings,
) -> Iterator[Cluster]:
    """All of it up, and this process tells its people of what it does."""
    layer = settings.CHANNEL_LAYERS["default"]
    config = layer["CONFIG"] | {"hosts": [running_cluster.redis_url]}
    settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": config}}
    before = log_sizes()
    try:
        yield running_cluster
    finally:
        asyncio.run(_leave_in_order(running_cluster))
        connection.close()
    broken = [
        line for _, words in log_output_since(before) for line in words.split("\n") if BROKE(line)
    ]
    assert not broken


async def _leave_in_order(cluster: Cluster) -> None:
    await cluster.stop_writers()
    await cluster.heal()


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Shown when all tests are over."""
    return request.config.stash.setdefault(TOLD, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = terminalreporter.config.stash.get(TOLD, [])
    if lines:
        terminalreporter.section("chaos")
    for line in lines:
        terminalreporter.write_line(line)
