"""An installation whose processes can be killed without warning and started again."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from config.launcher import processes, valkey
from config.launcher.parts import Part, stop_process
from tests.fork_server import ForkedProcess, start_part
from tests.services import HOME, LOGS, free_port, process_environment, read_last_lines, wait_until

PATIENCE = 60.0  # of a start, on a machine that is busy with other things


class KillableProcess:
    """A part of our own: started where one can wait for it, ended by a kill or by the block."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.log = LOGS / f"mortal {part.name}.log"
        self.deaths = 0
        self._process: Popen[bytes] | ForkedProcess | None = None

    def start(self) -> None:
        self._process = start_part(self.part, self.log)

    def wait_ready(self) -> None:
        wait_until(self._ready, timeout=PATIENCE, what=f"{self.part.name} ready")

    def kill(self) -> None:
        """Kill without warning, as the kernel does when memory runs out."""
        assert self._process
        assert self._process.poll() is None, (
            f"{self.part.name} had ended: {read_last_lines(self.log)}"
        )
        self._process.kill()
        self.wait_end()

    def wait_end(self) -> None:
        assert self._process
        self._process.wait()
        self.deaths += 1

    def freeze(self) -> None:
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        self.send(signal.SIGCONT)

    def send(self, what: signal.Signals) -> None:
        os.kill(self.pid, what)

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def end(self) -> None:
        if self._process:
            stop_process(self._process, self.part)

    def _ready(self) -> bool:
        assert self._process
        assert self._process.poll() is None, f"{self.part.name} ended: {read_last_lines(self.log)}"
        return self.part.ready()


@dataclass(frozen=True)
class KillableInstallation:
    """Postgres is the tests'; all else is our own, Valkey too."""

    valkey: KillableProcess
    web: KillableProcess
    worker: KillableProcess
    beat: KillableProcess
    address: str

    def process(self, name: str) -> KillableProcess:
        part: KillableProcess = getattr(self, name)
        return part


@contextmanager
def run_installation(**settings: str) -> Iterator[KillableInstallation]:
    """Our own web, worker, beat and Valkey on the database of the tests, until the block ends."""
    home = Path(tempfile.mkdtemp(prefix="mortal ", dir=HOME))
    sockets = Path(tempfile.mkdtemp(prefix="fillwatch-mortal-", dir="/tmp"))
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = _build_environment(sockets, address) | settings
    parts = KillableInstallation(
        valkey=KillableProcess(valkey.valkey_part(home, sockets)),
        web=KillableProcess(processes.web_part(port=port, environment=environment)),
        worker=KillableProcess(processes.worker_part(environment=environment)),
        beat=KillableProcess(processes.beat_part(environment=environment)),
        address=address,
    )
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home)
        stack.callback(shutil.rmtree, sockets)
        for part in (parts.valkey, parts.web, parts.worker, parts.beat):
            stack.callback(part.end)
            part.start()
        parts.valkey.wait_ready()
        parts.web.wait_ready()
        yield parts


def _build_environment(sockets: Path, address: str) -> dict[str, str]:
    return {
        **process_environment(),
        "FILLWATCH_URL": address,
        "REDIS_URL": f"unix://{sockets}/valkey.sock?db=0",
        "CELERY_BROKER_URL": "",
    }
