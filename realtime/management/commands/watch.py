"""`manage.py watch USER`: somebody's stream in a terminal, by the same socket as any client's."""

import asyncio
import json
import urllib.request
from argparse import ArgumentParser
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rest_framework_simplejwt.tokens import AccessToken

from realtime.client import Frame, Stopped, Stream
from realtime.frames import Position, dump
from realtime.terminal import Screen
from users.models import User

SNAPSHOT_SECONDS = 10
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Command(BaseCommand):
    help = "Show a user's orders live; the connection heals by itself, nothing is missed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="the name that they sign in with")
        parser.add_argument("--url", help="where the pages are, if not at FILLWATCH_URL")
        parser.add_argument("--json", action="store_true", help="print each frame as a line")
        parser.add_argument("--count", type=int, default=0, help="stop after so many events")

    def handle(self, *args: Any, **options: Any) -> None:
        if not User.objects.filter(username=options["user"]).exists():
            raise CommandError(f"There is no user {options['user']!r}.")
        watch = Watch(options["user"], options["url"] or settings.FILLWATCH_URL, options["count"])
        try:
            with suppress(KeyboardInterrupt):
                asyncio.run(self._lines(watch) if options["json"] else self._screen(watch))
        except Stopped as stopped:
            raise CommandError(str(stopped)) from None

    async def _lines(self, watch: "Watch") -> None:
        async with aclosing(watch.frames()) as frames:
            async for frame in frames:
                self.stdout.write(dump(frame))
                self.stdout.flush()

    async def _screen(self, watch: "Watch") -> None:
        with Screen(watch.name) as screen:
            watch.stream.on_state = screen.become
            watch.on_snapshot = screen.replace
            await watch.begin()
            async with aclosing(watch.frames()) as frames:
                async for frame in frames:
                    screen.take(frame)


class Watch:
    """One user's stream, with tokens made here and the snapshot read by HTTP."""

    def __init__(self, name: str, url: str, count: int) -> None:
        self.name, self._url, self._count = name, url.rstrip("/"), count
        place = urlsplit(self._url)
        scheme = "wss" if place.scheme == "https" else "ws"
        self.stream = Stream(
            f"{scheme}://{place.netloc}{place.path}/ws/",
            token=self._token,
            snapshot=self._snapshot,
        )
        self.on_snapshot: Callable[[list[Frame]], None] = lambda orders: None

    async def begin(self) -> None:
        """Start from the state as it is, not from nothing."""
        self.stream.follower.position = await self._snapshot()

    async def frames(self) -> AsyncGenerator[Frame, None]:
        events = 0
        async with aclosing(self.stream.frames()) as frames:
            async for frame in frames:
                yield frame
                events += "seq" in frame
                if self._count and events >= self._count:
                    return

    def _make_token(self) -> str:
        """Anew each time: it is short-lived, and the password may have changed."""
        return str(AccessToken.for_user(User.objects.get(username=self.name)))

    async def _token(self) -> str:
        return await asyncio.to_thread(self._make_token)

    async def _snapshot(self, head: Position | None = None) -> Position:
        snapshot = await asyncio.to_thread(self._read_snapshot)
        self.on_snapshot(snapshot["orders"])
        return Position(epoch=snapshot["stream"]["epoch"], seq=snapshot["stream"]["seq"])

    def _read_snapshot(self) -> Frame:
        request = urllib.request.Request(  # noqa: S310 (an address the operator gave)
            f"{self._url}/api/v1/snapshot/",
            headers={"Authorization": f"Bearer {self._make_token()}"},
        )
        with direct.open(request, timeout=SNAPSHOT_SECONDS) as answer:
            snapshot: Frame = json.load(answer)
        return snapshot
