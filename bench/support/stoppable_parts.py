"""Parts of an installation that a measurement kills, freezes and starts again."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import psutil

from bench.support import servers
from bench.support.resting_orders import attach_account
from bench.support.whole_installation import free_ports, open_control, send_request
from config.launcher.parts import Part, kill_family, stop_process

MACHINE_TOKEN: Final = "token-of-the-measurement"  # noqa: S105 (of an installation of minutes)
MONEY: Final = {"USDT": "1000000", "BTC": "10"}
ORDER: Final = {"symbol": "BTC/USDT", "side": "buy", "type": "limit", "quantity": "0.01"}


class StoppablePart:
    """A part with all processes that it started."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = Path(os.environ["FILLWATCH_HOME"]) / f"{self.part.name}.log"
        with log.open("ab") as output:
            self._process = self.part.start(stdout=output, stderr=output)
        deadline = time.monotonic() + servers.PATIENCE
        while not self.part.ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.part.name} does not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.05)

    def strike(self, how: str) -> None:
        assert self._process
        if how == "killed":
            kill_family(self._process.pid)
            self._process.wait()
        else:
            self._send_signal(signal.SIGSTOP)

    def mend(self, how: str) -> None:
        self.start() if how == "killed" else self._send_signal(signal.SIGCONT)

    def has_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def end(self) -> None:
        if self._process is not None:
            self._send_signal(signal.SIGCONT)
            stop_process(self._process, self.part)

    def _send_signal(self, what: signal.Signals) -> None:
        assert self._process
        with suppress(psutil.NoSuchProcess):
            family = psutil.Process(self._process.pid)
            for process in [family, *family.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):  # a session may end at this moment
                    process.send_signal(what)


@dataclass
class SeparateParts:
    """A whole installation without the launcher, which would repair what is measured."""

    parts: dict[str, StoppablePart] = field(default_factory=dict)
    url: str = ""
    user: Any = None

    @contextmanager
    def run(self, part: Part) -> Iterator[None]:
        own = self.parts[part.name] = StoppablePart(part)
        try:
            own.start()
            yield
        finally:
            own.end()

    def restart_ended(self) -> None:
        """Start parts that ended themselves, as beat does after it hung: a manager would."""
        for own in self.parts.values():
            if own.has_ended():
                with suppress(RuntimeError):  # what it needs is not there yet: again later
                    own.start()

    def make_token(self) -> str:
        from rest_framework_simplejwt.tokens import AccessToken

        return str(AccessToken.for_user(self.user))

    def read_statuses(self, seconds: float = 10.0) -> dict[str, str]:
        """Ask the web process for the status of each service; OSError when it does not answer."""
        path = "/api/v1/monitoring/health/summary/"
        headers = {"Authorization": f"Bearer {MACHINE_TOKEN}"}
        summary = send_request("GET", self.url + path, headers=headers, seconds=seconds)
        return {row["service"]: row["status"] for row in summary["services"]}


@contextmanager
def run_separate_parts() -> Iterator[SeparateParts]:
    """Run all parts, with an operator who has a key and an order that rests at the venue."""
    ours, [port, venue_port] = SeparateParts(), free_ports(2)
    ours.url = f"http://127.0.0.1:{port}"
    os.environ |= {"METRICS_TOKEN": MACHINE_TOKEN, "FILLWATCH_URL": ours.url}
    os.environ |= {"NOTIFICATION_ALLOW_NETWORKS": "127.0.0.0/8"}
    with servers.run_services(ours.run), ExitStack() as stack:
        from django.conf import settings

        from config.launcher import processes

        settings.DATABASE_ANSWER_SECONDS = 2.0  # or this process would wait for a frozen server
        home = Path(os.environ["FILLWATCH_HOME"]) / "simulator"
        home.mkdir()
        os.environ["SIMULATOR_ENDPOINT"] = str(home / "endpoint.json")
        environment = dict(os.environ)
        venue = processes.simulator_part(port=venue_port, home=home, environment=environment)
        venue = replace(venue, command=[*venue.command, "--paused"])
        stack.enter_context(ours.run(venue))
        ours.user = _create_operator(home)
        stack.enter_context(ours.run(processes.web_part(port=port, environment=environment)))
        for part in (processes.worker_part, processes.beat_part, processes.stream_part):
            stack.enter_context(ours.run(part(environment=environment)))
        _place_order(ours)
        yield ours


def _create_operator(home: Path) -> Any:
    from django.contrib.auth import get_user_model

    from exchanges import symbols

    user = get_user_model().objects.create_superuser("ada")
    key = attach_account(
        open_control(home),
        ("binance", "spot"),
        "ada",
        "Paper",
        balances=MONEY,
        futures={"USDT": MONEY["USDT"]},
    )
    symbols.read_market(key)
    return user


def _place_order(ours: SeparateParts) -> None:
    headers = {"Authorization": f"Bearer {ours.make_token()}"}
    [key] = send_request("GET", f"{ours.url}/api/v1/keys/", headers=headers)
    body = {**ORDER, "key": key["id"], "price": "30000"}
    send_request("POST", f"{ours.url}/api/v1/orders/", body, headers)
