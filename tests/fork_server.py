"""Start our own processes as forks of one that has imported the libraries already.

A process of ours spends half of its first two seconds importing ccxt, Celery and Django, and the
tests start more than a hundred. A fork has all that; our settings and our own modules it imports
itself, from its own environment, just as `python manage.py …` does.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from config.launcher.home import BASE
from config.launcher.parts import Part
from tests.forked_command import run_command

# Those that import without settings and bring the most with them.
LIBRARIES: Final = (
    "ccxt.pro",
    "celery.bin.worker",
    "celery.fixups.django",
    "channels.consumer",
    "channels_redis.pubsub",
    "cron_descriptor",
    "django.contrib.admindocs.views",
    "django.core.management.commands.migrate",
    "django.db.backends.postgresql.base",
    "django.db.models",
    "django_filters",
    "django_structlog.celery.receivers",
    "drf_spectacular.utils",
    "fido2.server",
    "kombu.transport.redis",
    "nacl.public",
    "psycopg_pool",
    "redis.asyncio",
    "structlog",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
    "whitenoise.middleware",
)

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(list(LIBRARIES))


class ForkedProcess:
    """The part of subprocess.Popen that tests use."""

    def __init__(self, part: Part, log: Path) -> None:
        arguments = (list(part.command), dict(os.environ | part.environment), part.folder, log)
        self._process = _context.Process(target=run_command, args=arguments, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class PythonCommand:
    """A Python command that has begun, and what it writes."""

    def __init__(self, command: Sequence[object], environment: Mapping[str, str]) -> None:
        self.words = [str(word) for word in command]
        self._folder = tempfile.TemporaryDirectory()
        self._output = Path(self._folder.name, "output")
        self._errors = Path(self._folder.name, "errors")
        for file in (self._output, self._errors):
            file.touch()
        arguments = (self.words, dict(environment), BASE, self._output, self._errors)
        self._process = _context.Process(target=run_command, args=arguments, daemon=True)
        self._process.start()

    def poll(self) -> int | None:
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self._folder.cleanup()

    def wait_end(self, *, timeout: float = 600) -> "subprocess.CompletedProcess[str]":
        """Return how it ended; kill it where it has not after this time."""
        self._process.join(timeout)
        output, errors = self._output.read_text(), self._errors.read_text()
        code = self._process.exitcode
        if code is None:
            self.kill()
            raise subprocess.TimeoutExpired(self.words, timeout, output.encode())
        self._folder.cleanup()
        return subprocess.CompletedProcess(self.words, code, output, errors)


def run_python(
    command: Sequence[object], environment: Mapping[str, str], *, timeout: float = 600
) -> "subprocess.CompletedProcess[str]":
    """Run a Python command to its end as subprocess.run does, without two seconds of imports."""
    return PythonCommand(command, environment).wait_end(timeout=timeout)


def start_part(part: Part, log: Path) -> "ForkedProcess | subprocess.Popen[bytes]":
    """Start a part whose output goes to the log: as a fork where it is a Python command."""
    if part.command[0] == sys.executable and part.account is None:
        part.prepare()
        log.touch()
        return ForkedProcess(part, log)
    with log.open("ab") as output:
        return part.start(stdout=output, stderr=output)
