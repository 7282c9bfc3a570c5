"""Random venues, wishes, hands, faults, restarts: once all is calm, our books are the venue's."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from exchanges import pool
from tests.failures.harness.state_machine import TradingMachine
from tests.simulator import SimulatorProcess

EXAMPLES, STEPS = 40, 25


@pytest.fixture
def world(
    quick: None, transactional_db: None, simulator: SimulatorProcess
) -> Iterator[type[TradingMachine]]:
    usual = simulator.control.post("limits")["weight_per_minute"]
    simulator.control.post("limits", weight_per_minute=10**9)
    TradingMachine.simulator = simulator
    yield TradingMachine
    pool.close()
    simulator.control.post("limits", weight_per_minute=usual)


def test_whatever_happened_in_the_end_the_books_agree(world: type[TradingMachine]) -> None:
    run_state_machine_as_test(
        world,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],  # a shorter way to the same end would take an hour to find
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
