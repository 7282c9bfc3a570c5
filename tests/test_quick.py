"""`make quick` starts no server, and a quick test cannot reach one by chance."""

import subprocess
import sys

import pytest

from realtime.redis import redis_client
from tests.conftest import SERVERS

# Files with quick tests and others.
MIXED = ["tests/realtime/socket/test_hub.py", "tests/bots/running/test_limits.py"]


def test_the_quick_selection_sets_up_no_server() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "quick", "--setup-show", *MIXED],
        capture_output=True,
        text=True,
    )
    fixtures = {line.split()[2] for line in run.stdout.split("\n") if "SETUP " in line}
    assert run.returncode == 0, run.stdout
    assert " deselected" in run.stdout
    assert "_server_access" in fixtures
    assert not fixtures & SERVERS


def test_a_quick_test_that_needs_redis_is_told_so(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("quick")
    with pytest.raises(AssertionError, match="empty_redis"):
        redis_client().ping()
