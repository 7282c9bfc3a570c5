"""Measure how soon events arrive: send one to a user of our own, and wait for it on a socket.

It takes the way of everybody's events: the log, the channel layer, a web server and a socket.
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
from realtime.client.stream import StreamClient
from realtime.counters import counts
from realtime.shapes.events import SystemData
from realtime.socket import threads
from realtime.values import format_time
from users.models import User

log = structlog.get_logger(__name__)

NAME = "canary"
LATE_SECONDS = 10.0  # later would not be real time


def canary_user() -> User:
    """Return the canary's user, who has no password and cannot sign in."""
    user, is_new = User.objects.get_or_create(username=NAME)
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


class Canary:
    """Send events to our own user and wait for them on a socket."""

    def __init__(self, url: str, user: User) -> None:
        self._user = user
        position = streams.fetch_head(user.pk)
        self.stream = StreamClient(
            url,
            token=self._token,
            since={"epoch": position.epoch, "seq": position.seq},
            topics=["system"],
            on_state=self._note_state,
        )
        self._live = asyncio.Event()
        self._awaited: dict[str, asyncio.Event] = {}

    async def measure_forever(self, every: float) -> None:
        """Measure again and again; a late event is counted and logged, and does not end this."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            while True:
                tasks.create_task(self._measure())
                await asyncio.sleep(every)

    async def measure_once(self) -> float | None:
        """Return the seconds one event took; None if it did not arrive in time."""
        listening = asyncio.create_task(self._listen())
        try:
            return await self._measure()
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    async def _measure(self) -> float | None:
        marker = secrets.token_hex(8)
        self._awaited[marker] = asyncio.Event()
        try:
            async with asyncio.timeout(LATE_SECONDS):
                await self._live.wait()
                started = time.monotonic()
                await threads.run_in_thread(self._add_event, marker)
                await self._awaited[marker].wait()
        except (TimeoutError, DatabaseError) as error:
            counts.canary_lost += 1
            log.error("canary event not received", stream=self.stream.state, error=str(error))
            return None
        finally:
            del self._awaited[marker]
        seconds = time.monotonic() - started
        counts.canary.add(seconds)
        return seconds

    def _add_event(self, marker: str) -> None:
        data = SystemData(
            id=0, level="info", title="Canary", message=marker, sent_at=format_time(timezone.now())
        )
        with streams.unit() as unit:
            unit.event(user_id=self._user.pk, type="system", data=data)

    async def _listen(self) -> None:
        async with aclosing(self.stream.frames()) as frames:
            async for frame in frames:
                if (
                    frame["type"] == "system"
                    and (marker := frame["data"]["message"]) in self._awaited
                ):
                    self._awaited[marker].set()

    async def _token(self) -> str:
        return await threads.run_in_thread(self._make_token)

    def _make_token(self) -> str:
        try:
            return str(AccessToken.for_user(User.objects.get(pk=self._user.pk)))
        except DatabaseError as error:  # the stream retries on OSError
            raise OSError(str(error)) from error

    def _note_state(self, state: str, reason: str) -> None:
        if state == "live":
            self._live.set()
        else:
            self._live.clear()
