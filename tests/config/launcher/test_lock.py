"""One `up` per home: the second one says who has it, also in the moment before that is written."""

import fcntl
from pathlib import Path

import pytest

from config.launcher.lock import hold_lock
from config.launcher.parts import PartError


def test_the_second_one_says_who_was_first(tmp_path: Path) -> None:
    path = tmp_path / "up.lock"
    with (
        hold_lock(path, "http://127.0.0.1:8000"),
        pytest.raises(PartError, match=r"already runs from .* \(pid \d+\)"),
        hold_lock(path, "http://127.0.0.1:8001"),
    ):
        pass
    assert not path.exists()


def test_two_starts_at_the_same_moment(tmp_path: Path) -> None:
    """The first one has the lock, and has written nothing into it yet."""
    path = tmp_path / "up.lock"
    with path.open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with (
            pytest.raises(PartError, match=r"\(pid not known yet\)"),
            hold_lock(path, "http://127.0.0.1:8001"),
        ):
            pass
