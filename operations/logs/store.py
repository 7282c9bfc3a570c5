"""Keep the newest log lines in files of FILLWATCH_HOME/logs, for the log viewer.

Each process writes files of its own, so that no process waits for another. A thread writes: whoever
logs only puts a line into a bounded queue, and a full queue drops it and counts it.
"""

import atexit
import logging
import os
import queue
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

LONGEST_QUEUE: Final = 10_000  # lines
FILE_SHARE: Final = 20  # a file is at most this part of what all may take
SUFFIX: Final = ".jsonl"
FLUSH_SECONDS: Final = 1.0  # at the end of the process


class StoreHandler(logging.Handler):
    """Write formatted lines to files that together stay below `total_bytes`."""

    def __init__(self, folder: str, service: str, total_bytes: int) -> None:
        super().__init__()
        self._folder, self._service, self._total_bytes = Path(folder), service, total_bytes
        self._queue: queue.Queue[str] = queue.Queue(LONGEST_QUEUE)
        self._thread: threading.Thread | None = None
        self._process = 0  # a fork has no threads: it starts its own
        self._dropped = 0
        self._file: int | None = None
        self._size = 0

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 (a line that cannot be formatted must not end a request)
            self.handleError(record)
            return
        if self._process != os.getpid():
            self._start_thread()
        try:
            self._queue.put_nowait(line)
        except queue.Full:
            self._dropped += 1

    def flush_lines(self, seconds: float = FLUSH_SECONDS) -> None:
        """Wait until all lines are written, but no longer than this."""
        deadline = time.monotonic() + seconds
        while self._queue.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.01)

    def _start_thread(self) -> None:
        with self.lock or threading.Lock():
            if self._process == os.getpid():
                return
            self._process, self._queue, self._file = os.getpid(), queue.Queue(LONGEST_QUEUE), None
            self._thread = threading.Thread(target=self._write_lines, name="logs", daemon=True)
            self._thread.start()
            atexit.register(self.flush_lines)

    def _write_lines(self) -> None:
        while True:
            line = self._queue.get()
            with suppress(OSError):  # a full disk: the line is on stderr too
                self._write_line(line)
                if self._dropped:
                    dropped, self._dropped = self._dropped, 0
                    self._write_line(self._describe_drop(dropped))
            self._queue.task_done()

    def _write_line(self, line: str) -> None:
        data = f"{line}\n".encode(errors="replace")
        is_full = self._size + len(data) > self._total_bytes // FILE_SHARE
        # Another process removes the oldest files, also one whose process is only quiet.
        if self._file is None or is_full or not os.fstat(self._file).st_nlink:
            self._open_next_file()
        assert self._file is not None  # noqa: S101
        self._size += os.write(self._file, data)

    def _open_next_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self._folder.mkdir(parents=True, exist_ok=True)
        _remove_oldest(self._folder, self._total_bytes)
        name = f"{self._service}.{datetime.now(UTC):%Y%m%dT%H%M%S%f}.{os.getpid()}{SUFFIX}"
        self._file = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = 0

    def _describe_drop(self, dropped: int) -> str:
        render = structlog.processors.JSONRenderer()
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        event = {"event": "log lines dropped", "level": "warning", "count": dropped}
        return str(render(None, "", event | {"timestamp": now, "service": self._service}))


def _remove_oldest(folder: Path, total_bytes: int) -> None:
    """Leave room for one more file, which may grow to its share."""
    sizes: dict[Path, int] = {}
    files = sorted(folder.glob(f"*{SUFFIX}"), key=_read_age, reverse=True)
    for path in files:
        with suppress(OSError):
            sizes[path] = path.stat().st_size
    allowed = total_bytes - total_bytes // FILE_SHARE
    for path in reversed(list(sizes)):
        if sum(sizes.values()) <= allowed and len(sizes) <= 10 * FILE_SHARE:
            return
        with suppress(OSError):
            path.unlink()
        del sizes[path]


def _read_age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
