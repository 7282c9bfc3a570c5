"""Tell users what of theirs is late though their socket is live, and operators of sick services.

Each web process finds out by itself and tells its own sockets. So it goes on while the worker, the
beat, the stream process or Redis is away, which is when it matters.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

import redis
import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.utils.module_loading import import_string

from realtime import publish
from realtime.shapes.notes import DelayData, HealthData
from realtime.socket import threads

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 1.0  # until a user who has just connected is told
EVERY_LOOKS: Final = 5  # until all users are told again
HEALTH_SECONDS: Final = 10.0
FindDelays = Callable[[frozenset[int]], Mapping[int, list[DelayData]]]
ListChanges = Callable[[dict[str, str]], list[HealthData]]


class Audience(Protocol):
    """The hub, as it is seen from here."""

    @property
    def sockets(self) -> Iterable[Any]: ...

    @property
    def members(self) -> Mapping[str, Any]: ...

    async def hand_out(self, group: str, message: Mapping[str, Any]) -> None: ...


class DelayWatch:
    """Repeats each delay until it is over, then says so once: silence means that all keeps up."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience
        self._find: FindDelays = import_string(settings.REALTIME_DELAYS)
        self._told: dict[int, set[str]] = {}  # each user that was looked at: what was late

    async def run(self) -> None:
        looks = 0
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            looks += 1
            users = frozenset(socket.user_id for socket in self._audience.sockets) - {0}
            due = users if looks % EVERY_LOOKS == 0 else users - self._told.keys()
            if due:
                await self._tell_users(due)
            self._told = {user: told for user, told in self._told.items() if user in users}

    async def _tell_users(self, users: frozenset[int]) -> None:
        try:
            found = await threads.run_in_thread(self._find, users)
        except (DatabaseError, redis.RedisError) as error:  # the sweep tells of the database
            log.info("delays not found out", error=str(error))
            return
        except Exception:  # a bug there must not end this for all
            log.exception("delays not found out")
            return
        for user in users:
            delays = found.get(user, [])
            late = {delay["about"] for delay in delays}
            over = self._told.get(user, set()) - late
            self._told[user] = late
            ended = [DelayData(about=about, late=False, since=None, words="") for about in over]
            for delay in [*delays, *ended]:
                await self._send_delay(user, delay)

    async def _send_delay(self, user: int, delay: DelayData) -> None:
        group = publish.user_group(user)
        message = publish.build_note(
            to=group, type="delay_update", data=delay, about=delay["about"]
        )
        await self._audience.hand_out(group, message)


class HealthWatch:
    """Tells operators each change of a service's health, as long as one is connected."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience
        self._list: ListChanges = import_string(settings.REALTIME_HEALTH)
        self._known: dict[str, str] = {}  # the status of each service

    async def run(self) -> None:
        while True:
            await asyncio.sleep(HEALTH_SECONDS)
            if not self._audience.members.get(publish.STAFF):
                self._known = {}
                continue
            try:
                changes = await threads.run_in_thread(self._list, self._known)
            except Exception:  # whatever fails in asking, the next round may succeed
                log.exception("health not found out")
                continue
            for change in changes:
                about = f"health {change['service']}"
                message = publish.build_note(
                    to=publish.STAFF, type="health_update", data=change, about=about
                )
                await self._audience.hand_out(publish.STAFF, message)
