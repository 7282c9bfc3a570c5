"""`manage.py watch USER`: somebody's stream in a terminal, by the same socket as any client's."""

import asyncio
from argparse import ArgumentParser
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from functools import partial
from typing import Any, get_args

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from rest_framework_simplejwt.tokens import AccessToken

from realtime.client import snapshot as client_snapshot
from realtime.client.stream import Frame, StreamClient, StreamStopped, socket_address
from realtime.client.terminal import TerminalScreen
from realtime.endpoints import ENDPOINTS, MAIN, WATCHED
from realtime.frames import Offset, Topic, dump_json
from users.commands import CommandWithExamples
from users.models import User

EXAMPLES = """
  manage.py watch ada                            on the screen, until Ctrl-C
  manage.py watch ada --json --count 5           five events, a line each
  manage.py watch ada --topic orders --prices binance.spot:BTC/USDT

Exit code 0: it was stopped, or so many events came; 1: no such user, or the server refused.
"""


class Command(CommandWithExamples):
    help = "Show a user's orders live; the connection heals by itself, nothing is missed."
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="the name that they sign in with")
        parser.add_argument("--url", help="where the pages are, if not at FILLWATCH_URL")
        parser.add_argument("--door", choices=[*ENDPOINTS], default=MAIN, help="which socket")
        parser.add_argument(
            "--topic",
            action="append",
            choices=sorted({*get_args(Topic)} - WATCHED),
            help="only this topic; may be repeated",
        )
        parser.add_argument(
            "--prices",
            nargs="+",
            default=[],
            metavar="INSTRUMENT",
            help="prices as well, such as of binance.spot:BTC/USDT",
        )
        parser.add_argument("--since", help="go on behind this position, EPOCH:NUMBER")
        parser.add_argument("--json", action="store_true", help="print each frame as a line")
        parser.add_argument("--count", type=int, default=0, help="stop after so many events")

    def handle(self, *args: Any, **options: Any) -> None:
        if not User.objects.filter(username=options["user"]).exists():
            raise CommandError(f"There is no user {options['user']!r}.")
        watch = UserWatch(options)
        try:
            with suppress(KeyboardInterrupt):
                asyncio.run(
                    self._print_lines(watch) if options["json"] else self._show_screen(watch)
                )
        except StreamStopped as stopped:
            raise CommandError(str(stopped)) from None

    async def _print_lines(self, watch: "UserWatch") -> None:
        async with aclosing(watch.frames()) as frames:
            async for frame in frames:
                self.stdout.write(dump_json(frame))
                self.stdout.flush()

    async def _show_screen(self, watch: "UserWatch") -> None:
        stream = watch.stream
        heard_at = partial(getattr, stream, "heard_at")
        with TerminalScreen(watch.name, heard_at=heard_at, orders=watch.has_orders) as screen:
            stream.on_state = lambda state, message: screen.set_state(
                state, message, stream.retry_at if state == "waiting" else None
            )
            watch.on_snapshot = screen.replace_orders
            async with aclosing(watch.frames()) as frames:
                async for frame in frames:
                    screen.apply_frame(frame)


class UserWatch:
    """One user's stream, with tokens made here and the snapshot read by HTTP."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.name: str = options["user"]
        self._prices: list[str] = options["prices"]
        self._count: int = options["count"]
        endpoint, topics = ENDPOINTS[options["door"]], options["topic"]
        self.has_orders = "orders" in (topics or endpoint.streamed)
        self.stream = StreamClient(
            socket_address(options["url"] or settings.FILLWATCH_URL, endpoint.path),
            token=self._fetch_token,
            since=parse_offset(options["since"]),
            topics=topics,
            snapshot=self._read_snapshot,
            begins_anew=self.has_orders,
        )
        self.on_snapshot: Callable[[list[Frame]], None] = lambda orders: None

    async def frames(self) -> AsyncGenerator[Frame, None]:
        events = 0
        if self._prices:
            await self.stream.watch(*self._prices, topics=WATCHED)
        async with aclosing(self.stream.frames()) as frames:
            async for frame in frames:
                yield frame
                events += "seq" in frame or frame["type"] in ("price_update", "book_update")
                if self._count and events >= self._count:
                    return

    def _make_token(self) -> str:
        """Make a new token each time: it is short-lived, and the password may have changed.

        The connection is closed each time: one that broke meanwhile would never work again.
        """
        try:
            return str(AccessToken.for_user(User.objects.get(username=self.name)))
        except DatabaseError as error:
            raise ConnectionError("the database does not answer") from error
        finally:
            connection.close()

    async def _fetch_token(self) -> str:
        return await asyncio.to_thread(self._make_token)

    async def _read_snapshot(self, head: Offset) -> Offset:
        snapshot = await client_snapshot.read_snapshot(self.stream.url, await self._fetch_token())
        self.on_snapshot(snapshot["orders"])
        return Offset(epoch=snapshot["stream"]["epoch"], seq=snapshot["stream"]["seq"])


def parse_offset(text: str | None) -> Offset | None:
    if text is None:
        return None
    epoch, colon, seq = text.rpartition(":")
    if not (colon and epoch and seq.isdecimal()):
        raise CommandError(f"{text!r} is no position; write one as 1-9f3c:120.")
    return Offset(epoch=epoch, seq=int(seq))
