"""An installation to kill parts of, and a scene for what goes wrong between us and a venue."""

from collections.abc import Iterator

import pytest

from exchanges import pool
from exchanges.models import ExchangeKey
from exchanges.streams import leases
from tests.failures.harness.processes import Installation, installation
from tests.failures.harness.scene import GROUNDS, Ground, Scene, attach
from tests.failures.harness.tabs import Tab
from tests.simulator import SimulatorProcess
from tests.trading import Trader
from users.models import User


@pytest.fixture
def ours(key: ExchangeKey) -> Iterator[Installation]:
    with installation(ORDER_CHECK_SECONDS="1") as parts:
        yield parts


@pytest.fixture
def ground(request: pytest.FixtureRequest) -> Ground:
    """Binance spot, unless a test is run on others: parametrize("ground", […], indirect=True)."""
    return GROUNDS[getattr(request, "param", "binance-spot")]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, settings: object) -> None:
    """What takes seconds takes less: looks at leases, and patience with an answer."""
    monkeypatch.setattr(leases, "TURN_SECONDS", 0.1)
    settings.VENUE_TIMEOUT_SECONDS = 1.0  # type: ignore[attr-defined]


@pytest.fixture
def scene(
    quick: None,
    web: str,
    transactional_db: None,
    simulator: SimulatorProcess,
    user: User,
    ground: Ground,
) -> Iterator[Scene]:
    """See tests/failures/harness/scene.py. It ends with the socket and the database agreeing."""
    key = attach(simulator, user, ground)
    trader = Trader(web, user)
    try:
        with trader.listen() as ears:
            scene = Scene(ground, simulator, key, Tab(trader, ears))
            yield scene
            scene.agree()
    finally:
        pool.close()
