"""The groups of the channel layer that this process is in, all over one connection to Redis.

In the layer's own format: what `group_send` sends is heard here (a test holds it to that). The
layer's own receiving side is not used: it subscribes to one group at a time, each with a task's
worth of bookkeeping, and says "joined" before the server has confirmed it. With 10,000 groups it
took two minutes and 30 KB for each; here they go together and are known to be joined.
"""

import asyncio
import contextlib
import math
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import redis
import structlog
from channels_redis.utils import decode_hosts
from django.conf import settings
from redis.asyncio import ConnectionPool

from realtime.counters import counts

log = structlog.get_logger(__name__)

JOIN_SECONDS = 2.0  # a Redis that is away must not hold up who connects; they join when it is back
CONNECT_SECONDS = 1.0
AGAIN_SECONDS = 0.2
QUIET_SECONDS = 10.0  # then the connection is tried; after as long again it is given up
AT_ONCE = 500  # names in one command


class Groups:
    """Which groups are wanted here, and of which the server has said that we are in them."""

    def __init__(self, hear: Callable[[str, bytes], None]) -> None:
        layers: Any = settings.CHANNEL_LAYERS
        config = layers["default"]["CONFIG"]
        self._prefix = f"{config['prefix']}__group__"
        self._url = decode_hosts(config["hosts"])[0]["address"]
        self._hear = hear
        self._wanted: set[str] = set()
        self._joined: set[str] = set()
        self._asked: set[str] = set()  # as far as the server was told
        self._unanswered: Counter[str] = Counter()
        self._changed: set[str] = set()
        self._change = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._heard_at = 0.0
        self._tried = self._dead = self._away = False

    def __len__(self) -> int:
        return len(self._wanted)

    def want(self, group: str) -> None:
        self._wanted.add(group)
        self._say(group)

    def drop(self, group: str) -> None:
        self._wanted.discard(group)
        self._say(group)
        if waiting := self._waiting.pop(group, None):
            waiting.cancel()

    async def joined(self, group: str) -> None:
        """Until the server has confirmed it, or is known to be away."""
        if group in self._joined or self._away:
            return
        if group not in self._waiting:
            self._waiting[group] = asyncio.get_running_loop().create_future()
        done, _ = await asyncio.wait([self._waiting[group]], timeout=JOIN_SECONDS)
        if not done:
            counts.join_failures += 1

    async def listen(self) -> None:
        """The life of the connection, and of those after it."""
        while True:
            try:
                await self._connected()
            except (redis.RedisError, OSError) as error:
                self._lost(error)
                await asyncio.sleep(AGAIN_SECONDS)

    def check(self) -> None:
        """To be asked now and then: a connection that died in silence is found so."""
        quiet = time.monotonic() - self._heard_at
        if quiet > QUIET_SECONDS and not self._away:
            self._dead = quiet > 2 * QUIET_SECONDS
            self._tried = True
            self._change.set()

    # One connection

    async def _connected(self) -> None:
        pool: Any = ConnectionPool.from_url(
            self._url, protocol=2, socket_timeout=None, socket_connect_timeout=CONNECT_SECONDS
        )
        connection: Any = pool.make_connection()
        tasks: list[asyncio.Task[None]] = []
        try:
            await connection.connect()
            self._found()
            tasks += [asyncio.create_task(do(connection)) for do in (self._speak, self._read)]
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(redis.RedisError, OSError):
                await connection.disconnect(nowait=True)

    def _found(self) -> None:
        if self._away:
            log.info("the channel layer is back", groups=len(self._wanted))
        self._away = self._tried = self._dead = False
        self._heard_at = time.monotonic()
        self._asked.clear()
        self._unanswered.clear()
        self._changed = set(self._wanted)
        self._change.set()

    def _lost(self, error: Exception) -> None:
        if not self._away:
            log.warning("the channel layer is away", groups=len(self._wanted), error=str(error))
        counts.join_failures += 1
        self._away = True
        self._joined.clear()
        for waiting in self._waiting.values():
            waiting.cancel()
        self._waiting.clear()

    # Saying what we want

    def _say(self, group: str) -> None:
        self._changed.add(group)
        self._change.set()

    async def _speak(self, connection: Any) -> None:
        while True:
            await self._change.wait()
            self._change.clear()
            changed, self._changed = self._changed, set()
            await self._send(connection, "SUBSCRIBE", (changed & self._wanted) - self._asked)
            await self._send(connection, "UNSUBSCRIBE", (changed - self._wanted) & self._asked)
            if self._dead:
                raise redis.ConnectionError("no answer")
            if self._tried:
                await connection.send_command("PING")

    async def _send(self, connection: Any, command: str, groups: set[str]) -> None:
        names = list(groups)
        for start in range(0, len(names), AT_ONCE):
            some = names[start : start + AT_ONCE]
            if command == "SUBSCRIBE":
                self._asked.update(some)
            else:
                self._asked.difference_update(some)
                self._joined.difference_update(some)
            self._unanswered.update(some)
            await connection.send_command(command, *(self._prefix + name for name in some))

    # Hearing

    async def _read(self, connection: Any) -> None:
        while True:
            answer = await connection.read_response(timeout=math.inf)
            self._heard_at, self._tried = time.monotonic(), False
            if not isinstance(answer, list):
                continue  # to a ping, as long as we are in no group
            kind, name, *rest = answer
            group = name.decode().removeprefix(self._prefix)
            if kind == b"message":
                self._hear(group, rest[0])
            elif kind in (b"subscribe", b"unsubscribe"):
                self._confirmed(group, kind == b"subscribe")

    def _confirmed(self, group: str, is_in: bool) -> None:
        self._unanswered[group] -= 1
        if self._unanswered[group] > 0:
            return  # of what was asked earlier
        del self._unanswered[group]
        if is_in and group in self._wanted:
            self._joined.add(group)
            if waiting := self._waiting.pop(group, None):
                waiting.set_result(None)
