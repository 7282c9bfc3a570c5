"""Notice parts that run and do nothing, and end them: then they are started again as dead ones.

A part that is frozen, or whose event loop is stuck, keeps its connections and its locks, and
nothing else would ever end it.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

from config.launcher.parts import Part

LOOK_SECONDS: Final = 1.0
START_SECONDS: Final = 60.0  # a part that starts has so much longer
JUMP_SECONDS: Final = 5.0  # a look that comes so late: this process stood still itself
LONGEST_PATIENCE: Final = 320.0
FORGET_SECONDS: Final = 3600.0


class WatchedPart(Protocol):
    """A part's thread, as the watch sees it."""

    part: Part

    def find_pid(self) -> int | None: ...

    def kill_process(self) -> None: ...


@dataclass
class LifeSigns:
    """When one part was heard of last, by a clock that is an argument."""

    patience: float
    pid: int | None = None
    heard_at: float = 0.0
    kills: int = 0
    killed_at: float = 0.0

    def note_look(self, now: float, *, pid: int | None, is_alive: bool) -> float | None:
        """Return the seconds of silence after which the part is to be ended, else None."""
        if pid != self.pid:
            self.pid, self.heard_at = pid, now + START_SECONDS
        if pid is None:
            return None
        if is_alive:
            self.heard_at = now
            if now - self.killed_at > FORGET_SECONDS:
                self.kills = 0
        silence = now - self.heard_at
        # Twice as long each time: a part that is only slow must get its work done at last.
        if silence <= min(self.patience * 2 ** min(self.kills, 10), LONGEST_PATIENCE):
            return None
        self.kills, self.killed_at = self.kills + 1, now
        return silence

    def forgive(self, seconds: float) -> None:
        """Leave out a time in which nobody looked."""
        self.heard_at += seconds


@dataclass
class LifeWatch:
    """Looks at all parts, each second, from a thread of its own."""

    patience: float  # 0: no part is ended
    print_line: Callable[[str], None]
    stopping: threading.Event
    _signs: list[tuple[WatchedPart, LifeSigns]] = field(default_factory=list)

    def add_part(self, thread: WatchedPart) -> None:
        if self.patience and thread.part.alive is not None:
            self._signs.append((thread, LifeSigns(self.patience)))

    def start(self) -> None:
        threading.Thread(target=self._look_repeatedly, daemon=True, name="life watch").start()

    def _look_repeatedly(self) -> None:
        last = time.monotonic()
        while not self.stopping.wait(LOOK_SECONDS):
            now = time.monotonic()
            self.note_time(now - last - LOOK_SECONDS)
            last = now
            for thread, signs in list(self._signs):
                self._look_at(thread, signs)

    def note_time(self, late: float) -> None:
        """Give all parts their time again when the whole machine slept, or we were frozen."""
        slow_pings = sum(signs.pid is not None for _, signs in self._signs) * LOOK_SECONDS
        if late > JUMP_SECONDS + slow_pings:
            self.print_line(f"Nothing was looked at for {late:.0f} s: the machine slept, or stood.")
            for _, signs in self._signs:
                signs.forgive(late)

    def _look_at(self, thread: WatchedPart, signs: LifeSigns) -> None:
        pid, alive = thread.find_pid(), thread.part.alive
        is_alive = pid is not None and alive is not None and alive()
        silence = signs.note_look(time.monotonic(), pid=pid, is_alive=is_alive)
        if silence is not None and not self.stopping.is_set():
            name = thread.part.name
            self.print_line(
                f"{name} runs, but gave no sign of life for {silence:.0f} s. Ending it."
            )
            thread.kill_process()


class LifeSignFile:
    """A file that a part touches each second. Only its change counts, so no clock has to agree."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = self._read_time()

    def has_changed(self) -> bool:
        before, self._last = self._last, self._read_time()
        return self._last != before

    def _read_time(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0


def add_life_sign(part: Part, home: Path) -> Part:
    """Return the part with a file for its signs of life, and the look at it."""
    path = home / "life-signs" / part.name.replace(" ", "-")
    path.parent.mkdir(parents=True, exist_ok=True)
    environment = {**part.environment, "LIFE_SIGN_FILE": str(path)}
    return replace(part, environment=environment, alive=LifeSignFile(path).has_changed)
