"""A whole installation of our own, PostgreSQL and the simulated venue too, to stop parts of.

Nothing of it is the tests' own, so nothing here uses Django's models: what a test does goes
through the doors of the web process, and what is recorded is read from its own PostgreSQL.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg

from config.launcher import postgres, processes, valkey
from config.launcher.home import BASE
from config.launcher.parts import kill_family
from tests.conftest import PASSWORD
from tests.failures.harness.processes import KillableProcess
from tests.fork_server import run_python
from tests.services import HOME, WITHOUT_SYNC, free_port, process_environment, wait_until
from tests.simulator import TOKEN, ControlClient
from tests.trading import BALANCES, DIRECT, Trader
from users.models import User

PATIENCE: Final = 6.0  # longer than any answer is to take, even on a busy machine
PREPARE: Final = Path(__file__).with_name("prepare_whole.py")
NO_ANSWER: Final = 0
# A killed server must keep what it confirmed; only a power cut would lose it.
FSYNC_OFF: Final = WITHOUT_SYNC | {"synchronous_commit": "on"}
LIMIT: Final = {
    "symbol": "BTC/USDT",
    "side": "buy",
    "type": "limit",
    "price": "50000",
    "quantity": "0.01",
}


class FamilyProcess(KillableProcess):
    """A process that stands still together with the processes it started, as PostgreSQL does."""

    def send(self, what: signal.Signals) -> None:
        family = psutil.Process(self.pid)
        for process in [family, *family.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):  # a session may end at this moment
                process.send_signal(what)

    def kill(self) -> None:
        """Kill all of it: a new server waits for the last process of the one before."""
        kill_family(self.pid)
        self.wait_end()


@dataclass(frozen=True)
class Account:
    """What the preparation made: a user, a session, an access token, a paper key."""

    user: int
    cookie: str
    token: str
    key: int
    api_key: str


class OutsideTrader(Trader):
    """A trader who is no row of the tests' own database."""

    account: Account

    def token(self) -> str:
        return self.account.token

    def ask_soon(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Return status and content, or NO_ANSWER."""
        try:
            return self.ask(method, path, body)
        except OSError:
            return NO_ANSWER, None


@dataclass(frozen=True)
class WholeInstallation:
    parts: dict[str, KillableProcess]
    address: str
    account: Account
    home: Path
    sockets: Path
    environment: dict[str, str]

    @property
    def control(self) -> ControlClient:
        endpoint = json.loads((self.home / "simulator" / "endpoint.json").read_text())
        return ControlClient(endpoint["control"])

    def make_trader(self) -> OutsideTrader:
        trader = OutsideTrader(self.address, User(pk=self.account.user), patience=PATIENCE)
        trader.account = self.account
        return trader

    def get_page(self, path: str, *, seconds: float = PATIENCE) -> tuple[int, str]:
        """Return a page's status and content as the signed-in user, or NO_ANSWER."""
        headers = {"Cookie": f"sessionid={self.account.cookie}", "Accept": "text/html"}
        request = urllib.request.Request(f"{self.address}{path}", headers=headers)  # noqa: S310
        try:
            with DIRECT.open(request, timeout=seconds) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return NO_ANSWER, ""

    def run_command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `manage.py` as an operator does at this installation, for a minute at most."""
        command = [sys.executable, "-W", "ignore", BASE / "manage.py", *arguments]
        return run_python(command, os.environ | self.environment, timeout=60)

    def place_order(self, trader: OutsideTrader) -> tuple[int, Any]:
        return trader.ask_soon("POST", "orders/", LIMIT | {"key": self.account.key})

    def place_resting(self, trader: OutsideTrader) -> dict[str, Any]:
        """Place an order and wait until it rests at the venue."""
        status, order = self.place_order(trader)
        assert status == 201
        wait_until(lambda: self.read_status(order["id"]) == "new", what="the order at the venue")
        return dict(order)

    def fill_order(self, order: dict[str, Any]) -> None:
        names = {"clientOrderId": order["client_order_id"], "account": self.account.api_key}
        self.control.post("fill", **names)

    def list_dead(self) -> list[str]:
        return [name for name, part in self.parts.items() if not part.is_alive()]

    def read_status(self, order_id: int) -> str:
        query = "SELECT status FROM orders_order WHERE id = %s"
        return str(self.read_rows(query, order_id)[0][0])

    def list_jobs_done(self) -> list[tuple[Any, ...]]:
        """A beat that still reads its timetable ends where PostgreSQL stands still."""
        return self.read_rows("SELECT job_id FROM operations_jobstate WHERE runs > 0")

    def read_rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(
            host=str(self.sockets), user=postgres.USER, dbname=postgres.DATABASE
        ) as connection:
            return connection.execute(query, values).fetchall()


@contextmanager
def run_whole(copy_cluster: Callable[[Path], None], **settings: str) -> Iterator[WholeInstallation]:
    """Run everything until the block ends; each part is started once."""
    home = Path(tempfile.mkdtemp(prefix="whole ", dir=HOME))
    copy_cluster(home)
    sockets = Path(tempfile.mkdtemp(prefix="fillwatch-whole-", dir="/tmp"))
    address = f"http://127.0.0.1:{free_port()}"
    environment = _build_environment(home, sockets, address) | settings
    parts = _list_parts(home, sockets, address, environment)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home)
        stack.callback(shutil.rmtree, sockets)
        for names in (("postgres", "valkey", "simulator"), ("web", "worker", "beat", "stream")):
            for name in names:
                stack.callback(parts[name].end)
                parts[name].start()
            for name in names:
                parts[name].wait_ready()
            if "postgres" in names:
                account = _prepare_account(environment)
        installation = WholeInstallation(parts, address, account, home, sockets, environment)
        wait_until(installation.list_jobs_done, what="beat and the worker at work")
        yield installation


def _build_environment(home: Path, sockets: Path, address: str) -> dict[str, str]:
    name = f"postgres://{postgres.USER}@/{postgres.DATABASE}"
    return {
        **process_environment(),
        "DATABASE_URL": f"{name}?host={sockets}",
        "FILLWATCH_URL": address,
        "REDIS_URL": f"unix://{sockets}/valkey.sock?db=0",
        "CELERY_BROKER_URL": "",
        "SIMULATOR_ENDPOINT": str(home / "simulator" / "endpoint.json"),
    }


def _list_parts(
    home: Path, sockets: Path, address: str, environment: dict[str, str]
) -> dict[str, KillableProcess]:
    (home / "simulator").mkdir()
    simulator = processes.simulator_part(
        port=_find_two_ports(), home=home / "simulator", environment=environment
    )
    flags = [*simulator.command, "--paused", "--control-token", TOKEN]
    parts = [
        valkey.valkey_part(home, sockets),
        replace(simulator, command=flags),
        processes.web_part(port=int(address.rpartition(":")[2]), environment=environment),
        processes.worker_part(environment=environment),
        processes.beat_part(environment=environment),
        processes.stream_part(environment=environment),
    ]
    server = postgres.postgres_part(home, sockets, FSYNC_OFF)
    return {"postgres": FamilyProcess(server)} | {
        part.name: KillableProcess(part) for part in parts
    }


def _find_two_ports() -> int:
    def find_pair() -> int:
        first = free_port()
        with socket.socket() as probe:
            return 0 if probe.connect_ex(("127.0.0.1", first + 1)) == 0 else first

    return wait_until(find_pair, what="two free ports in a row")


def _prepare_account(environment: dict[str, str]) -> Account:
    prepared = run_python(
        [sys.executable, "-W", "ignore", PREPARE, PASSWORD, json.dumps(BALANCES), TOKEN],
        os.environ | environment,
    )
    prepared.check_returncode()
    return Account(**json.loads(prepared.stdout))
