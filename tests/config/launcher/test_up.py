"""`manage.py up`, as a person runs it: from an empty folder to a page, and to nothing left."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from config.launcher.home import BASE
from config.launcher.processes import answers_http
from tests.services import free_port, wait_until

pytestmark = pytest.mark.server

STOP_SECONDS = 30.0
START_SECONDS = 240
MARK = "FILLWATCH_HOME"
NOT_OURS = ("DATABASE_URL", "REDIS_URL", "SEAL_PUBLIC_KEY", "SEAL_PRIVATE_KEYS", "FILLWATCH_URL")


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="a home with spaces "))
    yield folder
    shutil.rmtree(folder)


class Up:
    """A running `up`, its output in a file."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        self.log = home / "up.log"
        self.port = free_port()
        ports = ["--port", str(self.port), "--simulator-port", str(_two_free_ports())]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, BASE / "manage.py", "up", *ports, *options],
                env=_environment(home),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def wait_welcome(self) -> None:
        def welcomed() -> bool:
            assert self.process.poll() is None, self.said
            return f"Fillwatch is at {self.url}" in self.said

        wait_until(welcomed, timeout=START_SECONDS, what="the welcome")

    def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    kept.pop("SIMULATOR_ENDPOINT", None)
    return kept | {MARK: str(home), "DJANGO_SETTINGS_MODULE": "config.settings"}


def _two_free_ports() -> int:
    def pair() -> int:
        first = free_port()
        return first if first < 65535 and not answers_http(f"http://127.0.0.1:{first + 1}") else 0

    return wait_until(pair, what="two free ports in a row")


def left_of(home: Path) -> list[str]:
    """Every process that was started for this home and still lives."""
    return [
        " ".join(process.cmdline())
        for process in psutil.process_iter()
        if _mark(process) == str(home) and process.status() != psutil.STATUS_ZOMBIE
    ]


def _mark(process: psutil.Process) -> str | None:
    try:
        mark: str | None = process.environ().get(MARK)
    except psutil.Error:
        return None
    return mark


@contextmanager
def running(home: Path, *options: str) -> Iterator[Up]:
    up = Up(home, *options)
    try:
        up.wait_welcome()
        yield up
    finally:
        if up.process.poll() is None:
            up.process.kill()
            up.process.wait()
        wait_until(lambda: not left_of(home), timeout=STOP_SECONDS, what="all processes gone")


def sign_in(up: Up) -> str:
    found = re.search(r"sign in as (\S+ / \S+)", up.said)
    assert found, up.said
    return found[1]


def test_from_nothing_to_a_page_and_back_however_it_ends(home: Path) -> None:
    """One home for all: each start takes ten seconds of computing, the first one twenty."""
    with running(home, "--web", "2") as up:
        assert answers_http(up.url)
        first_sign_in = sign_in(up)
        check_dead_part_is_replaced(up)
        assert "Fillwatch already runs from" in refusal(home, free_port())
        check_stop(up, signal.SIGINT)
    up.log.unlink()
    with running(home) as again:
        assert sign_in(again) == first_sign_in
        check_stop(again, signal.SIGTERM)
    with running(home) as killed:
        killed.process.kill()
        killed.process.wait()
        wait_until(lambda: not left_of(home), timeout=STOP_SECONDS, what="no orphan left")
    inherited = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup would have it ignored
    try:
        with running(home) as after_kill:
            check_stop(after_kill, signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, inherited)


def check_stop(up: Up, number: signal.Signals) -> None:
    assert up.stop(number) == 0, up.said
    assert left_of(up.home) == []
    assert not (up.home / "up.lock").exists()


def check_dead_part_is_replaced(up: Up) -> None:
    web, other = webs(up.home)
    web.kill()
    wait_until(lambda: " ended (exit code -9)" in up.said, what="the death of web told")
    wait_until(lambda: answers_http(up.url), what="the other one serving")
    wait_until(lambda: len(webs(up.home)) == 2, what="two web processes again")
    assert other in webs(up.home)


def test_parts_that_freeze_are_ended_and_started_again(
    home: Path, monkeypatch: pytest.MonkeyPatch, copy_cluster: Callable[[Path], None]
) -> None:
    copy_cluster(home)
    monkeypatch.setenv("FROZEN_PART_SECONDS", "6")
    with running(home) as up:
        beating = {"web", "worker", "stream", "beat"}
        wait_until(lambda: beating == set(os.listdir(home / "life-signs")), what="signs of life")
        for process in psutil.Process(up.process.pid).children(recursive=True):
            process.suspend()
        frozen = beating | {"postgres", "valkey", "simulator"}
        wait_until(lambda: frozen == ended_parts(up), what="all parts ended")
        wait_until(lambda: answers_http(f"{up.url}sign-in/"), what="pages again")
        assert up.stop(signal.SIGINT) == 0, up.said


def ended_parts(up: Up) -> set[str]:
    return set(re.findall(r"\| (\S+) runs, but gave no sign of life for \d+ s\.", up.said))


def webs(home: Path) -> list[psutil.Process]:
    return [one for one in psutil.process_iter() if "config.server.web" in _words(one, home)]


def _words(process: psutil.Process, home: Path) -> list[str]:
    return process.cmdline() if _mark(process) == str(home) else []


def refusal(home: Path, port: int) -> str:
    """The words of an `up` that does not start."""
    tried = subprocess.run(
        [sys.executable, BASE / "manage.py", "up", "--port", str(port)],
        env=_environment(home),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert tried.returncode == 1
    return tried.stderr


def test_a_taken_port_is_named_with_the_remedy(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} cannot be used (address already in use)" in refusal(home, port)
    assert not (home / "up.lock").exists()
