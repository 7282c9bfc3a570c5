"""Start everything that `manage.py up` runs, in order, and stop it again."""

import json
import os
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import connections
from django.shortcuts import resolve_url

from config.launcher import home, liveness, postgres, postgres_upgrade, processes, valkey
from config.launcher.keeper import Keeper, PartThread, Terminal
from config.launcher.parts import Part, PartError
from config.static_files import bundles, collected
from exchanges.secrets import key_files
from operations.notifications.ways import push_keys

LAST_TO_STOP = (["simulator"], ["valkey", "postgres"])


@dataclass(frozen=True)
class UpOptions:
    host: str
    port: int
    simulator_port: int
    web: int  # processes

    @property
    def url(self) -> str:
        return os.environ.get("FILLWATCH_URL") or f"http://127.0.0.1:{self.port}"


class Installation:
    def __init__(self, options: UpOptions, terminal: Terminal, keeper: Keeper) -> None:
        self._options = options
        self._terminal = terminal
        self._keeper = keeper
        self._home = Path(settings.FILLWATCH_HOME)
        self.url = options.url

    def start_all(self) -> None:
        files = self._start_collecting()
        services = list(self._start_services())
        for service in services:
            self._keeper.wait_ready(service)
        self._terminal.print_line("Bringing the database up to date.")
        call_command("migrate", interactive=False, verbosity=0)
        connections.close_all()
        if files is not None and self._keeper.wait_done(files) != 0:
            self._terminal.print_line("The pages' files could not be joined; they load one by one.")
        webs = list(self._start_web())
        if self._has_simulator:
            self._start_demo()
        self._start_background()
        for web in webs:
            self._keeper.wait_ready(web)
        self._print_welcome()

    def stop_all(self) -> None:
        self._keeper.stop_all(LAST_TO_STOP)
        if not (settings.DATABASE_URL and os.environ.get("REDIS_URL")):
            shutil.rmtree(home.socket_folder(), ignore_errors=True)

    def prepare_home(self) -> None:
        (self._home / "static").mkdir(parents=True, exist_ok=True)
        if not os.environ.get("SEAL_PUBLIC_KEY"):
            key_files.ensure_pair()
            settings.SEAL_PUBLIC_KEY = key_files.public_key()
        if not os.environ.get("VAPID_PUBLIC_KEY"):
            settings.VAPID_PUBLIC_KEY = push_keys.ensure_pair(self._home)

    def _start_services(self) -> Iterator[PartThread]:
        sockets = home.socket_folder()
        if not settings.DATABASE_URL:
            self._upgrade_data(sockets)
            yield self._keeper.start_part(postgres.postgres_part(self._home, sockets))
        if not os.environ.get("REDIS_URL"):
            yield self._keeper.start_part(valkey.valkey_part(self._home, sockets))
        if self._has_simulator:
            folder, port = Path(settings.SIMULATOR_ENDPOINT).parent, self._options.simulator_port
            part = processes.simulator_part(
                port=port, home=folder, environment=self._part_environment
            )
            yield self._keeper.start_part(part)

    def _upgrade_data(self, sockets: Path) -> None:
        """Move the data of an older embedded PostgreSQL, once."""
        postgres_upgrade.finish_interrupted(self._home)
        if (plan := postgres_upgrade.plan_upgrade(self._home)) is not None:
            versions = f"PostgreSQL {plan.old.major} to {plan.new.major}"
            self._terminal.print_line(f"Moving the data of {versions}; they also stay as they are.")
            postgres_upgrade.upgrade_data(plan, sockets)

    def _start_collecting(self) -> PartThread | None:
        """Join the pages' files beside the start of the database, if they changed."""
        root = Path(settings.STATIC_ROOT)
        if collected.is_current(root):
            return None
        collected.manifest(root).unlink(missing_ok=True)
        if bundles.find_esbuild() is None:
            return None
        part = processes.collect_part(environment=self._part_environment)
        return self._keeper.start_part(part, once=True)

    def _start_web(self) -> Iterator[PartThread]:
        options = self._options
        part = processes.web_part(
            port=options.port,
            host=options.host,
            shared=options.web > 1,
            environment=self._part_environment,
        )
        for number in range(1, options.web + 1):
            yield self._start_watched(replace(part, name=_number_name("web", number)))

    def _start_background(self) -> None:
        self._start_watched(processes.worker_part(environment=self._part_environment))
        for number in range(1, settings.STREAM_PROCESSES + 1):
            part = processes.stream_part(environment=self._part_environment)
            self._start_watched(replace(part, name=_number_name("stream", number)))
        self._start_watched(processes.beat_part(environment=self._part_environment))

    def _start_watched(self, part: Part) -> PartThread:
        """Start a process of ours, which gives a sign of life each second."""
        return self._keeper.start_part(liveness.add_life_sign(part, self._home))

    def _start_demo(self) -> None:
        """Fill the demo once: whoever deleted its data does not get it again."""
        if "demo" not in get_commands() or self._demo_file.exists():
            return
        part = processes.demo_part(environment=self._part_environment)
        if self._keeper.wait_done(self._keeper.start_part(part, once=True)) != 0:
            message = "No demo data; everything else works. See the lines of demo above."
            self._terminal.print_line(message)

    def _print_welcome(self) -> None:
        lines = ["", f"Fillwatch is at {self.url}{resolve_url(settings.LOGIN_URL)}"]
        for user in self._read_sign_ins():
            lines.append(f"  sign in as {user['username']} / {user['password']}  ({user['role']})")
        lines += [f"Data is kept in {self._home}. Ctrl-C stops everything.", ""]
        for line in lines:
            self._terminal.print_line(line or " ")

    def _read_sign_ins(self) -> list[dict[str, str]]:
        try:
            return list(json.loads(self._demo_file.read_text())["users"])
        except FileNotFoundError:
            self._terminal.print_line("No user yet? `manage.py createsuperuser` makes one.")
            return []

    @property
    def _demo_file(self) -> Path:
        return self._home / "demo.json"

    @property
    def _has_simulator(self) -> bool:
        """Tell whether we run the simulator: paper trading is on and its venue is not elsewhere."""
        own = self._home / "simulator" / "endpoint.json"
        return bool(settings.SIMULATOR_ENDPOINT) and Path(settings.SIMULATOR_ENDPOINT) == own

    @property
    def _part_environment(self) -> dict[str, str]:
        return {
            "FILLWATCH_HOME": str(self._home),
            "FILLWATCH_URL": self.url,
            "LOG_FORMAT": os.environ.get("LOG_FORMAT", "console"),
            "PYTHONUNBUFFERED": "1",
            "SEAL_PUBLIC_KEY": settings.SEAL_PUBLIC_KEY,
        }


def _number_name(name: str, number: int) -> str:
    return name if number == 1 else f"{name} {number}"


def claim_ports(host: str, ports: dict[int, str]) -> None:
    """Raise PartError for a port that is taken, saying how to choose another."""
    for port, option in ports.items():
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise PartError(
                    f"Port {port} cannot be used ({(error.strerror or str(error)).lower()}). "
                    f"Choose another with {option}, such as `manage.py up {option} {port + 1000}`."
                ) from error
