"""A desk with a paper key at the simulated venue; the test process is its only worker."""

import pytest

from exchanges.models import ExchangeKey
from tests.bots.desk import Desk, desk_at
from tests.simulator import SimulatorProcess


@pytest.fixture
def desk(key: ExchangeKey, simulator: SimulatorProcess) -> Desk:
    return desk_at(key, simulator)
