"""`manage.py up`: everything, in one terminal, until Ctrl-C."""

import os
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.launcher import lock
from config.launcher.installation import Installation, Wishes, claim_ports
from config.launcher.keeper import Keeper, Terminal
from config.launcher.parts import PartError


class Command(BaseCommand):
    requires_system_checks = []  # they run as soon as the home has its keys
    help = "Run Fillwatch: database, message broker, paper venue, pages, sockets, background work."

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
        wishes = Wishes(
            options["host"], options["port"], options["simulator_port"], max(1, options["web"])
        )
        home = Path(settings.FILLWATCH_HOME)
        try:
            home.mkdir(mode=0o711, parents=True, exist_ok=True)
            with lock.held(home / "up.lock"):
                _check_ports(wishes)
                self._run(wishes)
        except (PartError, OSError) as error:
            raise CommandError(str(error)) from error

    def _run(self, wishes: Wishes) -> None:
        terminal = Terminal(sys.stdout)
        keeper = Keeper(terminal)
        installation = Installation(wishes, terminal, keeper)
        installation.prepare()
        self.check()
        _listen_to_signals(keeper)
        try:
            installation.start()
            keeper.stopping.wait()
        except KeyboardInterrupt:
            pass
        finally:
            keeper.stopping.set()  # from here on signals are no news
            terminal.say("Stopping.")
            installation.end()
            terminal.say("Stopped.")
        _leave_quietly()


def _check_ports(wishes: Wishes) -> None:
    simulator, option = wishes.simulator_port, "--simulator-port"
    claim_ports(wishes.host, {wishes.port: "--port"})
    claim_ports("127.0.0.1", {simulator: option, simulator + 1: option} if simulator else {})


def _listen_to_signals(keeper: Keeper) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        """Break off whatever the start is doing; after it, only wake the one who waits."""
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
    """The terminal may be gone, and Python would complain of it at the very end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
