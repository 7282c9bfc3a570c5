"""Fixtures of the endurance tests: short in every run, long with `make endurance`."""

import os
from collections.abc import Callable, Iterator

import pytest

from exchanges.streams import leases
from tests.bots.endurance.plans import PLANS
from tests.bots.endurance.runs import restore_limits
from tests.simulator import SimulatorProcess

SHORT = 15
TOLD = pytest.StashKey[list[str]]()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """In the long form at every market that is named, in the short one at the first of them."""
    if "where" in metafunc.fixturenames:
        upto = None if "ENDURANCE_FILLS" in os.environ else 1
        cases = [(name, at) for name, one in PLANS.items() for at in one.markets[:upto]]
        metafunc.parametrize(("name", "where"), cases)


@pytest.fixture
def fills() -> int:
    return int(os.environ.get("ENDURANCE_FILLS", SHORT))


@pytest.fixture
def seed() -> int:
    return int(os.environ.get("ENDURANCE_SEED", 1))


@pytest.fixture
def depth() -> str:
    """What rests at each price: the less it is, the more parts an order is filled in."""
    return os.environ.get("ENDURANCE_DEPTH", "0.009")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, settings: object) -> None:
    """What takes seconds takes less: looks at leases, and patience with an answer."""
    monkeypatch.setattr(leases, "TURN_SECONDS", 0.1)
    settings.VENUE_TIMEOUT_SECONDS = 1.0  # type: ignore[attr-defined]


@pytest.fixture
def venue(simulator: SimulatorProcess) -> Iterator[SimulatorProcess]:
    with restore_limits(simulator):
        yield simulator


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Shown when all tests are over."""
    return request.config.stash.setdefault(TOLD, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = terminalreporter.config.stash.get(TOLD, [])
    if lines and "ENDURANCE_FILLS" in os.environ:
        terminalreporter.section("endurance")
        for line in lines:
            terminalreporter.write_line(line)
