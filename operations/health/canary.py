"""A user of our own who is told something every now and then, and says how soon it was heard.

By the whole way that everybody's events go: the log, the layer, a web server, a socket, at
whatever address the others use.
"""

import asyncio
import secrets
import time
from contextlib import aclosing, suppress

import structlog
from django.db import Error as DatabaseError
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from realtime import streams
from realtime.client.stream import Stream
from realtime.counters import counts
from realtime.shapes import SystemData
from realtime.socket import threads
from realtime.values import format_time
from users.models import User

log = structlog.get_logger(__name__)

NAME = "canary"
LATE_SECONDS = 10.0  # then nobody would call it real time


def user() -> User:
    """Nobody can sign in as this one: there is no password."""
    made, is_new = User.objects.get_or_create(username=NAME)
    if is_new:
        made.set_unusable_password()
        made.save(update_fields=["password"])
    return made


class Canary:
    """Sings, and listens to itself."""

    def __init__(self, url: str, user: User) -> None:
        self._user = user
        position = streams.position(user.pk)
        self.stream = Stream(
            url,
            token=self._token,
            since={"epoch": position.epoch, "seq": position.seq},
            topics=["system"],
            on_state=self._become,
        )
        self._live = asyncio.Event()
        self._awaited: dict[str, asyncio.Event] = {}

    async def sing(self, every: float) -> None:
        """For ever; what is late is counted and said, and ends nothing."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._listen())
            while True:
                both.create_task(self._sing())
                await asyncio.sleep(every)

    async def once(self) -> float | None:
        """The seconds that one event took; None if it was not heard in time."""
        listening = asyncio.create_task(self._listen())
        try:
            return await self._sing()
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    async def _sing(self) -> float | None:
        song = secrets.token_hex(8)
        self._awaited[song] = asyncio.Event()
        try:
            async with asyncio.timeout(LATE_SECONDS):
                await self._live.wait()
                began = time.monotonic()
                await threads.run(self._write, song)
                await self._awaited[song].wait()
        except (TimeoutError, DatabaseError) as error:
            counts.canary_lost += 1
            log.error("the canary was not heard", stream=self.stream.state, error=str(error))
            return None
        finally:
            del self._awaited[song]
        seconds = time.monotonic() - began
        counts.canary.add(seconds)
        return seconds

    def _write(self, song: str) -> None:
        said = SystemData(
            id=0, level="info", title="Canary", message=song, sent_at=format_time(timezone.now())
        )
        with streams.unit() as unit:
            unit.event(user_id=self._user.pk, type="system", data=said)

    async def _listen(self) -> None:
        async with aclosing(self.stream.frames()) as frames:
            async for frame in frames:
                if (
                    frame["type"] == "system"
                    and (song := frame["data"]["message"]) in self._awaited
                ):
                    self._awaited[song].set()

    async def _token(self) -> str:
        return await threads.run(self._make_token)

    def _make_token(self) -> str:
        try:
            return str(AccessToken.for_user(User.objects.get(pk=self._user.pk)))
        except DatabaseError as error:  # as the stream wants to hear it: later, then
            raise OSError(str(error)) from error

    def _become(self, state: str, words: str) -> None:
        if state == "live":
            self._live.set()
        else:
            self._live.clear()
