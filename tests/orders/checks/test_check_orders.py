"""The check by hand: on the command line, with what an operator's shell knows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.launcher.home import BASE
from exchanges.models import ExchangeKey
from orders import submission
from tests.fork_server import run_python
from tests.services import process_environment
from tests.simulator import SimulatorProcess
from tests.trading import record_order, reload_order


@pytest.fixture
def operator_home(tmp_path: Path) -> Path:
    """The private keys are in their file, not in the environment."""
    (tmp_path / "seal-private").write_text(os.environ["SEAL_PRIVATE_KEYS"] + "\n")
    return tmp_path


def check_orders(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    own = {"FILLWATCH_HOME": str(home), "SEAL_PRIVATE_KEYS": ""}
    command = [sys.executable, "-W", "ignore", BASE / "manage.py", "check_orders", *arguments]
    return run_python(command, os.environ | process_environment() | own)


def test_it_finds_a_fill(
    key: ExchangeKey, simulator: SimulatorProcess, operator_home: Path
) -> None:
    order = record_order(key)
    submission.submit_order(order.pk)
    simulator.control.post("fill", clientOrderId=order.client_order_id)
    dry = check_orders(operator_home, "--dry-run")
    assert "1 orders by themselves (weight 4)" in dry.stdout
    assert reload_order(order).status == "new"
    ran = check_orders(operator_home, "--user", key.user.username)
    assert (ran.returncode, "updated=1" in ran.stdout) == (0, True), ran.stdout + ran.stderr
    assert reload_order(order).status == "filled"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("--user", "nobody"), "no user 'nobody'"), (("--key", "999"), "no key 999")],
)
def test_who_does_not_exist_is_said_so(
    transactional_db: None, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    ran = check_orders(tmp_path, *arguments)
    assert ran.returncode == 1
    assert words in ran.stderr
