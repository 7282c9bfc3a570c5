"""An installation to kill parts of, and a scene for what goes wrong between us and a venue."""

from collections.abc import Iterator

import pytest

from exchanges import pool
from exchanges.models import ExchangeKey
from exchanges.streams import leases
from tests.failures.harness.processes import KillableInstallation, run_installation
from tests.failures.harness.scene import MARKETS, MarketEndpoints, Scene, attach_key
from tests.failures.harness.tabs import RecordedTab
from tests.simulator import SimulatorProcess
from tests.trading import Trader
from users.models import User


@pytest.fixture
def ours(key: ExchangeKey) -> Iterator[KillableInstallation]:
    with run_installation(ORDER_CHECK_SECONDS="1") as parts:
        yield parts


@pytest.fixture
def market(request: pytest.FixtureRequest) -> MarketEndpoints:
    """Binance spot, unless a test is run on others: parametrize("market", […], indirect=True)."""
    return MARKETS[getattr(request, "param", "binance-spot")]


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
    market: MarketEndpoints,
) -> Iterator[Scene]:
    """See tests/failures/harness/scene.py. It ends with the socket and the database agreeing."""
    key = attach_key(simulator, user, market)
    trader = Trader(web, user)
    try:
        with trader.listen() as ears:
            scene = Scene(market, simulator, key, RecordedTab(trader, ears))
            yield scene
            scene.agree()
    finally:
        pool.close()
