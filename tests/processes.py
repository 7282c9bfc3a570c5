"""Fixtures that run our own processes for real, on the test database and the test Valkey.

Each process starts once and stays; what it does in one test is awaited before the next begins.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from celery import current_app

from config.launcher import processes
from tests.services import HOME, QUEUES, free_port, process_environment, run_part, wait_until
from tests.simulator import SimulatorProcess


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[SimulatorProcess]:
    (HOME / "simulator").mkdir()
    with SimulatorProcess(HOME / "simulator") as process:
        yield process


@pytest.fixture
def simulator(simulator_process: SimulatorProcess) -> SimulatorProcess:
    """The simulated venue that every process of ours attaches to: as new, prices at rest."""
    simulator_process.control.post("reset")
    return simulator_process


@pytest.fixture(scope="session")
def web(django_db_setup: None) -> Iterator[str]:
    """The real web server's address, such as http://127.0.0.1:34567."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = process_environment() | {"FILLWATCH_URL": url}
    with run_part(processes.web_part(port=port, environment=environment)):
        yield url


def _broadcast(command: str, **arguments: str) -> list[Any]:
    answers = current_app.control.broadcast(
        command, arguments=arguments, reply=True, limit=1, timeout=0.5
    )
    return [answer for named in answers or [] for answer in named.values()]


def _is_idle() -> bool:
    answers = _broadcast("active")
    return bool(answers) and not answers[0]


@pytest.fixture(scope="session")
def worker_process(django_db_setup: None) -> Iterator[None]:
    current_app.control.purge()
    part = processes.worker_part(environment=process_environment())
    with run_part(replace(part, ready=lambda: bool(_broadcast("ping")))):
        _pause_worker()
        yield


@pytest.fixture
def worker(worker_process: None, transactional_db: None) -> Iterator[None]:
    """A real Celery worker: what is queued runs; the test ends when the last task has.

    For all other tests it takes nothing from the queues.
    """
    current_app.control.purge()
    for queue in QUEUES:
        _broadcast("add_consumer", queue=queue)
    yield
    current_app.control.purge()
    _pause_worker()
    wait_until(_is_idle, what="the worker idle")


def _pause_worker() -> None:
    for queue in QUEUES:
        _broadcast("cancel_consumer", queue=queue)


@pytest.fixture
def start_beat(worker: None) -> Iterator[Callable[..., None]]:
    """Start the real timetable with settings of its own: start_beat(ORDER_CHECK_SECONDS="1")."""
    with ExitStack() as stack:

        def start(**environment: str) -> None:
            part = processes.beat_part(environment=process_environment() | environment)
            stack.enter_context(run_part(part))

        yield start


@pytest.fixture
def beat(start_beat: Callable[..., None]) -> None:
    """The real timetable, checking orders every second."""
    start_beat(ORDER_CHECK_SECONDS="1")
