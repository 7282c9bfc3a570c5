"""`manage.py canary`: measure how soon an event arrives at a socket."""

import asyncio
import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import Error as DatabaseError

from operations.health import canary
from operations.health.canary import Canary
from realtime.client.stream import StreamStopped, socket_address
from realtime.metrics import snapshot
from users.commands import CommandWithExamples

EXAMPLES = """
  manage.py canary                   until it is stopped; figures are at /metrics
  manage.py canary --once            for a script

Exit code 0: the event was received; 1: it was not, or the server cannot be reached.
"""


class Command(CommandWithExamples):
    help = "Measure how long an event takes from its record to a socket; see docs/metrics.md."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", help="where the pages are, if not at FILLWATCH_URL")
        parser.add_argument(
            "--every", type=float, default=settings.CANARY_SECONDS, help="seconds between two"
        )
        parser.add_argument(
            "--once", action="store_true", help="exit code 0: received, 1: not received"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        url = socket_address(options["url"] or settings.FILLWATCH_URL, "/ws/")
        try:
            probe = Canary(url, canary.canary_user())
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}") from error
        try:
            if options["once"]:
                self._report_once(asyncio.run(probe.measure_once()))
            else:
                asyncio.run(self._run_forever(probe, options["every"]))
        except* StreamStopped as stopped:
            raise CommandError(str(stopped.exceptions[0])) from None

    def _report_once(self, seconds: float | None) -> None:
        if seconds is None:
            self.stdout.write("Not received.")
            sys.exit(1)
        self.stdout.write(f"Received after {seconds * 1000:.1f} ms.")
        sys.exit(0)

    async def _run_forever(self, probe: Canary, every: float) -> None:
        measuring = asyncio.ensure_future(probe.measure_forever(max(1.0, every)))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, measuring.cancel)
        teller = snapshot.SummaryWriter()
        teller.start()
        try:
            await measuring
        except asyncio.CancelledError:
            self.stdout.write("Stopped.")
        finally:
            teller.end()
