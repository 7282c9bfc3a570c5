"""What `manage.py up` starts, in which order, and how it ends."""

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import connections
from django.shortcuts import resolve_url

from config.launcher import home, postgres, processes, valkey
from config.launcher.keeper import Keeper, Kept, Terminal
from config.launcher.parts import PartError
from exchanges.keys import seal_files

LAST_TO_END = (["simulator"], ["valkey", "postgres"])


@dataclass(frozen=True)
class Wishes:
    host: str
    port: int
    simulator_port: int
    web: int  # processes


class Installation:
    def __init__(self, wishes: Wishes, terminal: Terminal, keeper: Keeper) -> None:
        self._wishes = wishes
        self._terminal = terminal
        self._keeper = keeper
        self._home = Path(settings.FILLWATCH_HOME)
        self.url = os.environ.get("FILLWATCH_URL") or f"http://127.0.0.1:{wishes.port}"

    def start(self) -> None:
        services = list(self._start_services())
        for kept in services:
            self._keeper.wait_ready(kept)
        self._terminal.say("Bringing the database up to date.")
        call_command("migrate", interactive=False, verbosity=0)
        connections.close_all()
        webs = list(self._start_web())
        if self._has_simulator:
            self._demo()
        self._start_background()
        for web in webs:
            self._keeper.wait_ready(web)
        self._welcome()

    def end(self) -> None:
        self._keeper.end(LAST_TO_END)
        if not (settings.DATABASE_URL and os.environ.get("REDIS_URL")):
            shutil.rmtree(home.socket_folder(), ignore_errors=True)

    def prepare(self) -> None:
        (self._home / "static").mkdir(parents=True, exist_ok=True)
        if not os.environ.get("SEAL_PUBLIC_KEY"):
            seal_files.ensure()
            settings.SEAL_PUBLIC_KEY = seal_files.public_key()

    def _start_services(self) -> Iterator[Kept]:
        sockets = home.socket_folder()
        if not settings.DATABASE_URL:
            yield self._keeper.start(postgres.part(self._home, sockets))
        if not os.environ.get("REDIS_URL"):
            yield self._keeper.start(valkey.part(self._home, sockets))
        if self._has_simulator:
            folder, port = Path(settings.SIMULATOR_ENDPOINT).parent, self._wishes.simulator_port
            part = processes.simulator(port=port, home=folder, environment=self._environment)
            yield self._keeper.start(part)

    def _start_web(self) -> Iterator[Kept]:
        wishes = self._wishes
        part = processes.web(
            port=wishes.port,
            host=wishes.host,
            shared=wishes.web > 1,
            environment=self._environment,
        )
        for number in range(1, wishes.web + 1):
            yield self._keeper.start(replace(part, name=_numbered("web", number)))

    def _start_background(self) -> None:
        self._keeper.start(processes.worker(environment=self._environment))
        for number in range(1, settings.STREAM_PROCESSES + 1):
            part = processes.stream(environment=self._environment)
            self._keeper.start(replace(part, name=_numbered("stream", number)))
        self._keeper.start(processes.beat(environment=self._environment))

    def _demo(self) -> None:
        """Once; whoever deletes the demo data is not given them again."""
        if "demo" not in get_commands() or self._demo_file.exists():
            return
        demo = self._keeper.start(processes.demo(environment=self._environment), once=True)
        if self._keeper.wait_done(demo) != 0:
            self._terminal.say("No demo data; everything else works. See the lines of demo above.")

    def _welcome(self) -> None:
        lines = ["", f"Fillwatch is at {self.url}{resolve_url(settings.LOGIN_URL)}"]
        for user in self._sign_ins():
            lines.append(f"  sign in as {user['username']} / {user['password']}  ({user['role']})")
        lines += [f"State is kept in {self._home}. Ctrl-C stops everything.", ""]
        for line in lines:
            self._terminal.say(line or " ")

    def _sign_ins(self) -> list[dict[str, str]]:
        try:
            return list(json.loads(self._demo_file.read_text())["users"])
        except FileNotFoundError:
            self._terminal.say("No user yet? `manage.py createsuperuser` makes one.")
            return []

    @property
    def _demo_file(self) -> Path:
        return self._home / "demo.json"

    @property
    def _has_simulator(self) -> bool:
        """Ours, unless paper trading is off or its venue is run by somebody else."""
        ours = self._home / "simulator" / "endpoint.json"
        return bool(settings.SIMULATOR_ENDPOINT) and Path(settings.SIMULATOR_ENDPOINT) == ours

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "FILLWATCH_HOME": str(self._home),
            "FILLWATCH_URL": self.url,
            "LOG_FORMAT": os.environ.get("LOG_FORMAT", "console"),
            "PYTHONUNBUFFERED": "1",
            "SEAL_PUBLIC_KEY": settings.SEAL_PUBLIC_KEY,
        }


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} {number}"


def claim_ports(host: str, ports: dict[int, str]) -> None:
    """Each port is free, or the words say which is not and how to take another."""
    for port, option in ports.items():
        with _probe(host) as probe:
            try:
                probe.bind((host, port))
            except OSError as error:
                raise PartError(
                    f"Port {port} cannot be used ({(error.strerror or str(error)).lower()}). "
                    f"Choose another with {option}, such as `manage.py up {option} {port + 1000}`."
                ) from error


@contextmanager
def _probe(host: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        yield probe
