"""A part without signs of life is ended, and none that only starts, is slow, or slept."""

import os
import threading
from pathlib import Path

from config.launcher.liveness import (
    FORGET_SECONDS,
    LONGEST_PATIENCE,
    START_SECONDS,
    LifeSignFile,
    LifeSigns,
    LifeWatch,
    add_life_sign,
)
from config.launcher.parts import Part


class FakeThread:
    """A part that says it lives when asked, or not."""

    def __init__(self) -> None:
        self.part = Part(name="worker", command=[], alive=lambda: self.is_alive)
        self.is_alive = True
        self.kills = 0

    def find_pid(self) -> int | None:
        return 7

    def kill_process(self) -> None:
        self.kills += 1


def test_a_silent_part_is_ended_after_its_patience() -> None:
    signs = LifeSigns(20.0)
    assert signs.note_look(0.0, pid=1, is_alive=True) is None
    assert signs.note_look(20.0, pid=1, is_alive=False) is None
    assert signs.note_look(21.0, pid=1, is_alive=False) == 21.0


def test_a_start_has_more_time() -> None:
    signs = LifeSigns(20.0)
    assert signs.note_look(100.0, pid=1, is_alive=False) is None
    assert signs.note_look(119.0 + START_SECONDS, pid=1, is_alive=False) is None
    assert signs.note_look(121.0 + START_SECONDS, pid=1, is_alive=False) == 21.0
    assert signs.note_look(125.0 + START_SECONDS, pid=2, is_alive=False) is None  # the next one


def test_nothing_that_does_not_run_is_ended() -> None:
    signs = LifeSigns(20.0)
    signs.note_look(0.0, pid=1, is_alive=True)
    assert signs.note_look(500.0, pid=None, is_alive=False) is None


def test_each_end_doubles_the_patience_up_to_a_limit() -> None:
    signs, now, waits = LifeSigns(20.0), 0.0, []
    for pid in range(1, 8):
        signs.note_look(now, pid=pid, is_alive=True)
        began = now
        while signs.note_look(now, pid=pid, is_alive=False) is None:
            now += 1.0
        waits.append(now - began - 1.0)
    assert waits == [20.0, 40.0, 80.0, 160.0, *[LONGEST_PATIENCE] * 3]
    signs.note_look(now + FORGET_SECONDS + 1, pid=9, is_alive=True)
    assert signs.kills == 0


def test_a_part_that_never_lives_is_ended_for_weeks() -> None:
    signs = LifeSigns(20.0, pid=1, kills=5_000)
    assert signs.note_look(LONGEST_PATIENCE + 1, pid=1, is_alive=False) is not None


def test_time_in_which_nobody_looked_does_not_count() -> None:
    lines: list[str] = []
    watch = LifeWatch(20.0, lines.append, threading.Event())
    thread = FakeThread()
    watch.add_part(thread)
    ((_, signs),) = watch._signs
    signs.note_look(1.0, pid=7, is_alive=True)
    watch.note_time(3600.0)  # the machine slept
    assert signs.note_look(3602.0, pid=7, is_alive=False) is None
    assert signs.note_look(3622.0, pid=7, is_alive=False) == 21.0
    watch.note_time(1.0)  # a busy machine
    assert lines == ["Nothing was looked at for 3600 s: the machine slept, or stood."]


def test_patience_of_zero_ends_nobody() -> None:
    watch = LifeWatch(0.0, print, threading.Event())
    watch.add_part(FakeThread())
    assert watch._signs == []


def test_only_a_change_of_the_file_is_a_sign_of_life(tmp_path: Path) -> None:
    part = add_life_sign(Part(name="web 2", command=["web"]), tmp_path)
    path = Path(part.environment["LIFE_SIGN_FILE"])
    assert path == tmp_path / "life-signs" / "web-2"
    file = LifeSignFile(path)
    assert not file.has_changed()
    for time in (10, 5):  # also of a clock that was set back
        path.touch()
        os.utime(path, (time, time))
        assert file.has_changed()
        assert not file.has_changed()
