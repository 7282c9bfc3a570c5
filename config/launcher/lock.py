"""Allow one `up` per home, with a lock that the kernel frees however its holder ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.launcher.parts import PartError


@contextmanager
def hold_lock(path: Path, url: str) -> Iterator[None]:
    """Hold the lock; the file says who has it, and where the pages are (see doctor)."""
    file = _take_lock(path)
    try:
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n{url}\n".encode())
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(file)


def _take_lock(path: Path) -> int:
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(file, 100).decode().split()[:1] or ["not known yet"]
            os.close(file)
            raise PartError(
                f"Fillwatch already runs from {path.parent} (pid {holder[0]}). "
                "Stop it with Ctrl-C in its terminal, or set FILLWATCH_HOME to another folder."
            ) from None
        if _is_same_file(path, file):
            return file
        os.close(file)  # its holder just left and removed the file: try again


def _is_same_file(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False
