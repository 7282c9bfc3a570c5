"""`manage.py up`: run everything in one terminal until Ctrl-C."""

import os
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from config.launcher import lock
from config.launcher.installation import Installation, UpOptions, claim_ports
from config.launcher.keeper import Keeper, Terminal
from config.launcher.parts import PartError
from users.commands import CommandWithExamples

EXAMPLES = """
  manage.py up                       on this machine, at http://127.0.0.1:8000
  manage.py up --port 8080 --web 4   at another port, by four processes

Ctrl-C stops all parts. Exit code 0: it was stopped; 1: it could not begin, and says why.
"""


class Command(CommandWithExamples):
    requires_system_checks = []  # they run as soon as the home has its keys
    help = "Run Fillwatch: database, message broker, paper venue, pages, sockets, background work."
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address the pages listen on")
        parser.add_argument("--port", type=int, default=8000, help="the port of the pages")
        parser.add_argument(
            "--web",
            type=int,
            default=settings.WEB_PROCESSES,
            help="how many processes serve that port",
        )
        parser.add_argument(
            "--simulator-port", type=int, default=9100, help="of the paper venue; it takes two"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = UpOptions(
            options["host"], options["port"], options["simulator_port"], max(1, options["web"])
        )
        home = Path(settings.FILLWATCH_HOME)
        try:
            home.mkdir(mode=0o711, parents=True, exist_ok=True)
            with lock.hold_lock(home / "up.lock", wanted.url):
                _check_ports(wanted)
                self._run(wanted)
        except (PartError, OSError) as error:
            raise CommandError(str(error)) from error

    def _run(self, options: UpOptions) -> None:
        terminal = Terminal(sys.stdout)
        keeper = Keeper(terminal, patience=settings.FROZEN_PART_SECONDS)
        installation = Installation(options, terminal, keeper)
        installation.prepare_home()
        self.check()
        _listen_to_signals(keeper)
        try:
            installation.start_all()
            keeper.stopping.wait()
        except KeyboardInterrupt:
            pass
        finally:
            keeper.stopping.set()  # from here on signals are no news
            terminal.print_line("Stopping.")
            installation.stop_all()
            terminal.print_line("Stopped.")
        _leave_quietly()


def _check_ports(options: UpOptions) -> None:
    simulator, option = options.simulator_port, "--simulator-port"
    claim_ports(options.host, {options.port: "--port"})
    claim_ports("127.0.0.1", {simulator: option, simulator + 1: option} if simulator else {})


def _listen_to_signals(keeper: Keeper) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        """Interrupt the start; once everything runs, only wake the thread that waits."""
        first = not keeper.stopping.is_set()
        keeper.stopping.set()
        if first:
            raise KeyboardInterrupt

    wanted = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup wants it to go on
        wanted.append(signal.SIGHUP)
    for number in wanted:
        signal.signal(number, stop)


def _leave_quietly() -> None:
    """Flush, or drop the output of a closed terminal: Python would fail on it at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
