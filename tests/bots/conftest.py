"""A desk with a paper key at the simulated venue; the test process is its only worker."""

from collections.abc import Iterator

import pytest

from exchanges.models import ExchangeKey
from tests.bots.desk import Desk, desk_at
from tests.processes import idle_worker
from tests.simulator import SimulatorProcess


@pytest.fixture(scope="module")
def only_worker(valkey: None) -> Iterator[None]:
    with idle_worker():
        yield


@pytest.fixture
def desk(key: ExchangeKey, simulator: SimulatorProcess, only_worker: None) -> Desk:
    return desk_at(key, simulator)
