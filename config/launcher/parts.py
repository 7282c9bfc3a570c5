"""A process of the installation: how it starts, when it is ready, how it ends."""

import functools
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psutil

LAST_LINES = 12


class PartError(Exception):
    """A part cannot start or stay up; the message says which, and what to do now."""


@dataclass(frozen=True, kw_only=True)
class Part:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    account: int | None = None  # only root can start a part as somebody else
    prepare: Callable[[], object] = lambda: None  # before every start, also after a crash
    ready: Callable[[], bool] = lambda: True
    alive: Callable[[], bool] | None = None  # asked each second, answers within one
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL  # when the one who started it is killed
    patience: float = 4.0
    quiet: bool = False  # only its last lines are shown, when it ends

    def start(self, **options: Any) -> "subprocess.Popen[bytes]":
        """Start it in a session of its own, so that Ctrl-C reaches only the one who started it.

        Call it from a thread that outlives the part: Linux ties the two together.
        """
        self.prepare()
        if self.account is not None:
            options |= {"user": self.account, "group": self.account, "extra_groups": []}
        options |= {"env": os.environ | self.environment, "cwd": self.folder}
        return subprocess.Popen(  # noqa: S603 (our own command)
            [*_die_with_parent(self.orphan_signal), *self.command],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **options,
        )


class RunningProcess(Protocol):
    """A started part: a `subprocess.Popen` or what acts like one."""

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int, /) -> None: ...
    def kill(self) -> None: ...


@functools.cache
def _find_setpriv() -> str | None:
    return shutil.which("setpriv")


def _die_with_parent(orphan_signal: signal.Signals) -> list[str]:
    """Return the command that makes the kernel end a child whose parent is killed (Linux)."""
    path = _find_setpriv()
    return [path, "--pdeathsig", orphan_signal.name[3:], "--"] if path else []


def stop_process(process: RunningProcess, part: Part) -> None:
    """Ask the process to end, wait, and kill it if it does not."""
    if process.poll() is None:
        process.send_signal(part.stop_signal)
    try:
        process.wait(part.patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def kill_family(pid: int) -> None:
    """Kill a process and all it started, also those that stand still."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for process in [parent, *parent.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
