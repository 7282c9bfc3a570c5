"""A whole installation as users start it, `manage.py up`, in a temporary home."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import SystemRandom
from typing import Any

import psutil

from config.launcher.home import BASE
from config.launcher.processes import answers_http

PATIENCE = 300.0
CALM_SHARE = 0.5  # of a core; the demo's own trade takes a quarter of one
CALM_SECONDS = 5
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
FREE = ("DATABASE_URL", "REDIS_URL", "SIMULATOR_ENDPOINT", "FILLWATCH_URL")  # what `up` decides


@dataclass
class WholeInstallation:
    home: Path
    url: str
    process: "subprocess.Popen[bytes]"
    seconds_to_page: float
    tokens: dict[str, str] = field(default_factory=dict)

    def ask(self, user: str, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token(user)}"}
        return send_request(method, f"{self.url}/api/v1/{path}", body, headers)

    def token(self, user: str) -> str:
        if user not in self.tokens:
            body = {"username": user, "password": self.password(user)}
            address = f"{self.url}/api/v1/auth/token/"
            self.tokens[user] = send_request("POST", address, body)["access"]
        return self.tokens[user]

    def password(self, user: str) -> str:
        people = json.loads((self.home / "demo.json").read_text())["users"]
        return str(next(who["password"] for who in people if who["username"] == user))

    def place_orders(
        self, user: str, number: int, *, price: Decimal, quantity: Decimal
    ) -> list[Any]:
        key = self.ask(user, "GET", "keys/")[0]["id"]
        market = {"key": key, "symbol": "BTC/USDT", "side": "buy", "type": "limit"}
        body = {**market, "price": str(price), "quantity": str(quantity)}
        return [self.ask(user, "POST", "orders/", body) for _ in range(number)]

    def control(self, method: str, name: str, **body: object) -> Any:
        """The simulated venue's own side."""
        return open_control(self.home / "simulator")(method, name, **body)

    def parts(self) -> dict[str, psutil.Process]:
        """Each running part by its name; the launcher is called `up`."""
        found = {"up": psutil.Process(self.process.pid)}
        for child in psutil.Process(self.process.pid).children():
            found[_part_name(child.cmdline())] = child
        return found

    def wait_until_calm(self) -> None:
        """Wait until the work of the start is done; the demo goes on trading, a little each second.

        A visitor of the first minute waits for that work, which is not what pages are measured by.
        """
        calm, deadline = 0, time.monotonic() + PATIENCE
        while calm < CALM_SECONDS and time.monotonic() < deadline:
            before = self._used_seconds()
            time.sleep(1)
            calm = calm + 1 if self._used_seconds() - before < CALM_SHARE else 0

    def _used_seconds(self) -> float:
        """Return the seconds of computing that its parts have used."""
        up = psutil.Process(self.process.pid)
        return sum(_read_cpu_seconds(part) for part in [up, *up.children(recursive=True)])

    def stop(self) -> float:
        began = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)  # as Ctrl-C does, also through make
        self.process.wait(30)
        return time.monotonic() - began


@contextmanager
def run_installation(home: Path | None = None, **settings: str) -> Iterator[WholeInstallation]:
    """Up and its page answering; stopped at the end if the measurement has not done so."""
    with tempfile.TemporaryDirectory(prefix="fillwatch-bench-") as spare:
        ours = start_installation(home or Path(spare), settings=settings)
        try:
            yield ours
        finally:
            if ours.process.poll() is None:
                ours.stop()


def _read_cpu_seconds(part: psutil.Process) -> float:
    try:
        times = part.cpu_times()
    except psutil.NoSuchProcess:
        return 0
    return float(times.user + times.system)


def up_command(options: list[str]) -> list[str]:
    return [sys.executable, str(BASE / "manage.py"), "up", *options]


def start_installation(
    home: Path,
    command: Callable[[list[str]], list[str]] = up_command,
    folder: Path = BASE,
    settings: Mapping[str, str] | None = None,
) -> WholeInstallation:
    port, simulator = free_ports(2)
    environment = {name: value for name, value in os.environ.items() if name not in FREE}
    began = time.monotonic()
    home.mkdir(exist_ok=True)
    with (home / "up.log").open("ab") as log:
        process = subprocess.Popen(
            command(["--port", str(port), "--simulator-port", str(simulator)]),
            cwd=folder,
            env={**environment, **(settings or {}), "FILLWATCH_HOME": str(home)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    wait_for(lambda: process.poll() is not None or answers_http(f"{url}/sign-in/"), "the page")
    if process.poll() is not None:
        raise RuntimeError((home / "up.log").read_text())
    seconds = time.monotonic() - began
    wait_for((home / "demo.json").exists, "the demo data")
    return WholeInstallation(home, url, process, seconds)


def send_request(
    method: str, url: str, body: object = None, headers: Any = None, *, seconds: float = 20.0
) -> Any:
    content = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(  # noqa: S310 (loopback)
        url, content, {"Content-Type": "application/json", **(headers or {})}, method=method
    )
    with DIRECT.open(asked, timeout=seconds) as answer:
        return json.loads(answer.read() or b"null")


def open_control(home: Path) -> Callable[..., Any]:
    """Return a way to the control API of the simulated venue that has this home."""
    endpoint = json.loads((home / "endpoint.json").read_text())
    token = (home / "control-token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    return lambda method, name, **body: send_request(
        method, f"{endpoint['control']}{name}", body or None, headers
    )


def wait_for(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} is not there after {seconds:g} s")
        time.sleep(0.05)


def free_ports(count: int) -> list[int]:
    """Far apart, each with a free one after it, and below those of outgoing connections."""
    chosen = [
        port for port in SystemRandom().sample(range(15_000, 32_000, 2), 50) if _is_free(port)
    ]
    return chosen[:count]


def _is_free(port: int) -> bool:
    try:
        for one in (port, port + 1):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", one))
    except OSError:
        return False
    return True


def _part_name(command: list[str]) -> str:
    line = " ".join(command)
    known = {
        "config.server.web": "web",
        "celery": "worker",
        "manage.py beat": "beat",
        "manage.py stream": "stream",
        "exchanges.simulator": "simulator",
        "valkey": "valkey",
        "redis-server": "valkey",
        "postgres": "postgres",
    }
    return next((name for word, name in known.items() if word in line), line[:30])
