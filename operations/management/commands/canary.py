"""`manage.py canary`: tells itself something every now and then, and measures how soon it hears."""

import asyncio
import signal
import sys
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from operations.health import canary
from operations.health.canary import Canary
from realtime.client.stream import Stopped
from realtime.metrics import snapshot


class Command(BaseCommand):
    help = "Measure the way of an event, from its writing to a socket; see docs/metrics.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", help="where the pages are, if not at FILLWATCH_URL")
        parser.add_argument(
            "--every", type=float, default=settings.CANARY_SECONDS, help="seconds between two"
        )
        parser.add_argument("--once", action="store_true", help="exit code 0: heard, 1: not heard")

    def handle(self, *args: Any, **options: Any) -> None:
        place = urlsplit((options["url"] or settings.FILLWATCH_URL).rstrip("/"))
        scheme = "wss" if place.scheme == "https" else "ws"
        try:
            bird = Canary(f"{scheme}://{place.netloc}{place.path}/ws/", canary.user())
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}") from error
        try:
            if options["once"]:
                self._say(asyncio.run(bird.once()))
            else:
                asyncio.run(self._sing(bird, options["every"]))
        except* Stopped as stopped:
            raise CommandError(str(stopped.exceptions[0])) from None

    def _say(self, seconds: float | None) -> None:
        if seconds is None:
            self.stdout.write("Not heard.")
            sys.exit(1)
        self.stdout.write(f"Heard after {seconds * 1000:.1f} ms.")
        sys.exit(0)

    async def _sing(self, bird: Canary, every: float) -> None:
        singing = asyncio.ensure_future(bird.sing(max(1.0, every)))
        loop = asyncio.get_running_loop()
        for end in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(end, singing.cancel)
        teller = snapshot.tell_always()
        try:
            await singing
        except asyncio.CancelledError:
            self.stdout.write("The canary rests.")
        finally:
            teller.end()
