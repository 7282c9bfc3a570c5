"""Turn a forked process into the one that `python …` would be. Imports nothing of ours before."""

import atexit
import gc
import os
import runpy
import signal
import sys
import warnings
from collections.abc import Sequence
from ctypes import CDLL
from pathlib import Path
from typing import Final

DIE_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG of prctl(2)


def run_command(
    command: Sequence[str],
    environment: dict[str, str],
    folder: Path | None,
    log: Path,
    errors: Path | None = None,
) -> None:
    """Become the process that `python …` would be, and end as it would."""
    gc.freeze()  # no collection looks through the libraries, nor copies their memory
    os.setsid()
    CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    _send_output_to(log, errors)
    os.environ.clear()
    os.environ.update(environment)
    if folder:
        os.chdir(folder)
    flags, program = _split_flags(command[1:])
    for flag in flags:
        action, message, category, module = (*flag.split(":"), "", "", "")[:4]
        assert (message, category) == ("", "")
        warnings.filterwarnings(action, module=module.replace(".", r"\."))  # type: ignore[arg-type]
    try:
        if program[0] == "-m":
            sys.argv = list(program[1:])
            runpy.run_module(program[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = list(program)
            sys.path[0] = str(Path(program[0]).parent)
            runpy.run_path(program[0], run_name="__main__")
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves them out


def _send_output_to(log: Path, errors: Path | None) -> None:
    writing = os.O_WRONLY | os.O_APPEND
    places = (
        (os.devnull, os.O_RDONLY),
        (str(log), writing),
        (str(errors or log), writing),
    )
    for number, (path, flags) in enumerate(places):
        opened = os.open(path, flags)
        os.dup2(opened, number)
        os.close(opened)


def _split_flags(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split `-W action` from what follows."""
    rest, flags = list(arguments), []
    while rest[0] == "-W":
        flags.append(rest[1])
        rest = rest[2:]
    return flags, rest
