"""Two workers that may die, a stream and a beat, with a queue of their own: nobody else works."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from config.launcher import processes, valkey
from config.launcher.parts import Part
from tests.failures.harness.processes import KillableProcess
from tests.services import HOME, process_environment, wait_until


@dataclass(frozen=True)
class TwoWorkerInstallation:
    valkey: KillableProcess
    workers: tuple[KillableProcess, KillableProcess]
    stream: KillableProcess
    beat: KillableProcess
    file: Path  # names the step at which a worker dies

    def kill_at(self, step: str) -> None:
        self.file.with_suffix(".new").write_text(step)
        self.file.with_suffix(".new").replace(self.file)

    def wait_for_death(self) -> KillableProcess:
        """The other one lives."""
        wait_until(lambda: not self.file.exists(), timeout=60, what="a worker at its step")
        dead = wait_until(
            lambda: [one for one in self.workers if not one.is_alive()], what="a dead worker"
        )
        assert len(dead) == 1
        return dead[0]


@contextmanager
def run_installation() -> Iterator[TwoWorkerInstallation]:
    home = Path(tempfile.mkdtemp(prefix="workplace ", dir=HOME))
    sockets = Path(tempfile.mkdtemp(prefix="fillwatch-workplace-", dir="/tmp"))
    environment = {
        **process_environment(),
        "REDIS_URL": f"unix://{sockets}/valkey.sock?db=0",
        "CELERY_BROKER_URL": "",
        "ORDER_CHECK_SECONDS": "1",
    }
    place = TwoWorkerInstallation(
        valkey=KillableProcess(valkey.valkey_part(home, sockets)),
        workers=(
            KillableProcess(
                _dying_worker_part(
                    processes.worker_part(environment=environment), home / "step", "one"
                )
            ),
            KillableProcess(
                _dying_worker_part(
                    processes.worker_part(environment=environment), home / "step", "two"
                )
            ),
        ),
        stream=KillableProcess(processes.stream_part(environment=environment)),
        beat=KillableProcess(processes.beat_part(environment=environment)),
        file=home / "step",
    )
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home)
        stack.callback(shutil.rmtree, sockets)
        for part in (place.valkey, *place.workers, place.stream, place.beat):
            stack.callback(part.end)
            part.start()
            if part is place.valkey:
                part.wait_ready()
        yield place


def _dying_worker_part(part: Part, file: Path, name: str) -> Part:
    words = part.command[part.command.index("celery") + 1 :]
    command = [
        sys.executable,
        *processes.QUIET_AS_ROOT,
        "-m",
        "tests.bots.endurance.dying_worker",
        str(file),
        *words,
    ]
    return replace(part, name=f"worker {name}", command=[*command, "-n", f"{name}@here"])
