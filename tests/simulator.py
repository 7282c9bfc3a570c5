"""The simulated venue as a real process, for everybody's tests.

with SimulatorProcess() as simulator:
    account = simulator.open_account({"USDT": "10000"})
    simulator.control.post("price", symbol="BTCUSDT", price="60000")
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "control-token-of-the-tests"


class ControlError(Exception):
    """The control API refused; `status` says how, the message why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}")
        self.status = status


class ControlClient:
    def __init__(self, url: str, token: str = TOKEN) -> None:
        self.url = url
        self.token = token

    def get(self, name: str, **fields: object) -> dict[str, Any]:
        return self._send("GET", name, fields)

    def post(self, name: str, **fields: object) -> dict[str, Any]:
        return self._send("POST", name, fields)

    def patch(self, name: str, **fields: object) -> dict[str, Any]:
        return self._send("PATCH", name, fields)

    def delete(self, name: str, **fields: object) -> dict[str, Any]:
        return self._send("DELETE", name, fields)

    def _send(self, method: str, name: str, fields: dict[str, object]) -> dict[str, Any]:
        address = urlsplit(self.url + name)
        connection = HTTPConnection(address.netloc, timeout=10)
        body = json.dumps(fields, default=str) if fields else None
        try:
            connection.request(
                method, address.path, body, {"Authorization": f"Bearer {self.token}"}
            )
            answer = connection.getresponse()
            content = dict(json.load(answer))
        finally:
            connection.close()
        if answer.status != 200:
            raise ControlError(answer.status, str(content.get("error")))
        return content


class SimulatorProcess:
    """`python -m exchanges.simulator` on free ports, paused unless asked otherwise.

    With a `home` of one's own the state outlives the process: `kill()` it, `start()` it again.
    """

    def __init__(self, home: Path | None = None, *arguments: str, paused: bool = True) -> None:
        self._own_home = None if home else tempfile.TemporaryDirectory(prefix="fillwatch-sim-")
        self.home = home or Path(self._own_home.name if self._own_home else "")
        self._arguments = [*arguments, *(["--paused"] if paused else [])]
        self._process: subprocess.Popen[str] | None = None
        self.endpoints: dict[str, Any] = {}
        self.ready_line = ""

    def start(self) -> "SimulatorProcess":
        command = [sys.executable, "-m", "exchanges.simulator", "--home", str(self.home)]
        ports = [] if "--port" in self._arguments else ["--port", "0"]
        with (self.home / "simulator.log").open("a") as log:
            self._process = subprocess.Popen(
                [*command, *ports, "--control-token", TOKEN, *self._arguments],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        self.ready_line = self._process.stdout.readline()
        if not self.ready_line.startswith("simulator ready"):
            self.stop()
            raise RuntimeError((self.home / "simulator.log").read_text())
        self.endpoints = json.loads((self.home / "endpoint.json").read_text())
        return self

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def control(self) -> ControlClient:
        return ControlClient(self.endpoints["control"])

    @property
    def ca(self) -> str:
        return str(self.endpoints["ca"])

    @property
    def spot(self) -> dict[str, Any]:
        """Binance spot's addresses: rest, stream, ws_api, tls {host, port}, names."""
        return dict(self.endpoints["venues"]["binance"]["spot"])

    def open_account(self, balances: dict[str, str], **fields: object) -> dict[str, Any]:
        """A new account; the answer has its `key` and `secret`."""
        return self.control.post("accounts", balances=balances, **fields)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int | None:
        """Its exit code: 0 if it went of its own accord."""
        return self._end(number)

    def kill(self) -> int | None:
        return self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Keep every connection open and answer nothing, until `thaw`."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def __enter__(self) -> "SimulatorProcess":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        if self._own_home:
            self._own_home.cleanup()

    def _end(self, number: signal.Signals) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        try:
            code = process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        if process.stdout is not None:
            process.stdout.close()
        return code


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Until `condition()` is true; for tests that would otherwise sleep."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the condition never became true")
        time.sleep(0.02)
