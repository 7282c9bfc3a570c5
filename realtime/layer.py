"""Our channel layer: channels_redis' pubsub layer, with batched joins and a synchronous send.

The stock layer subscribes to one group at a time, each with a task's worth of bookkeeping, and says
"joined" before the server has confirmed it. With 10,000 groups it took two minutes and 30 KB for
each. Here subscriptions go together, over one connection, and a join is reported when it is true.
Only this module knows the layer's format in Redis; a test holds it to that of the stock layer.
"""

import asyncio
import contextlib
import math
import os
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import redis
import structlog
from channels.exceptions import ChannelFull
from channels_redis.pubsub import (
    RedisPubSubChannelLayer,
    RedisPubSubLoopLayer,
    RedisSingleShardConnection,
)
from channels_redis.utils import _consistent_hash, _wrap_close, create_pool, decode_hosts
from redis.backoff import NoBackoff
from redis.retry import Retry

from realtime.counters import counts

log = structlog.get_logger(__name__)

LAYER_ERRORS = (redis.RedisError, OSError, ChannelFull)  # what layers raise while they cannot send
CONNECT_SECONDS = 1.0
RECONNECT_SECONDS = 0.2
QUIET_SECONDS = 10.0  # then the connection is tested; after as long again it is given up
BATCH = 500  # names in one command
SEND_SECONDS = 1.0


class BatchingChannelLayer(RedisPubSubChannelLayer):  # type: ignore[misc]  # channels_redis is untyped
    """The stock layer's API and format; `send_to_groups` besides, for workers and views."""

    def __init__(self, hosts: Any = None, prefix: str = "asgi", **options: Any) -> None:
        super().__init__(hosts=hosts, prefix=prefix, **options)
        self._prefix, self._hosts = prefix, decode_hosts(hosts)
        self._clients: dict[int, redis.Redis] = {}
        self._pid = os.getpid()
        self._lock = threading.Lock()

    def send_to_groups(self, messages: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Send each message to its group from synchronous code, all in one round trip.

        The stock way, `async_to_sync(group_send)`, opens a new connection for every call: 5.4 ms.
        """
        packed_by_shard = defaultdict(list)
        for group, message in messages:
            name = f"{self._prefix}__group__{group}"
            shard = _consistent_hash(name, len(self._hosts))
            packed_by_shard[shard].append((name, self.serialize(message)))
        for shard, rows in packed_by_shard.items():
            with self._client(shard).pipeline(transaction=False) as pipe:
                for name, packed in rows:
                    pipe.publish(name, packed)
                pipe.execute()

    def _client(self, shard: int) -> redis.Redis:
        """Return this process's own client: a fork must not share its parent's connection."""
        with self._lock:
            if self._pid != os.getpid():
                self._pid, self._clients = os.getpid(), {}
            if shard not in self._clients:
                self._clients[shard] = _make_client(self._hosts[shard])
            return self._clients[shard]

    def _get_layer(self) -> "BatchingLoopLayer":
        loop = asyncio.get_running_loop()
        if loop not in self._layers:
            self._layers[loop] = BatchingLoopLayer(*self._args, **self._kwargs, channel_layer=self)
            _wrap_close(self, loop)
        layer: BatchingLoopLayer = self._layers[loop]
        return layer


def _make_client(host: Mapping[str, Any]) -> redis.Redis:
    options = dict(host)
    address = options.pop("address", None)
    options |= {
        "socket_timeout": SEND_SECONDS,
        "socket_connect_timeout": SEND_SECONDS,
        "retry": Retry(NoBackoff(), 1),  # once: an idle connection may have been cut
    }
    return redis.Redis.from_url(address, **options) if address else redis.Redis(**options)


class BatchingLoopLayer(RedisPubSubLoopLayer):  # type: ignore[misc]  # channels_redis is untyped
    """One event loop's half of the layer: its channels, its groups, its connections."""

    def __init__(self, hosts: Any = None, **options: Any) -> None:
        super().__init__(hosts=hosts, **options)
        self._shards = [BatchingConnection(host, self) for host in decode_hosts(hosts)]

    async def _subscribe_to_channel(self, channel: str) -> None:
        """Do not wait: a Redis that is away must not keep a process from having its channel."""
        self.channels[channel] = asyncio.Queue()
        self._get_shard(channel).want(channel)


class BatchingConnection(RedisSingleShardConnection):  # type: ignore[misc]  # untyped
    """One server's subscriptions, on one connection and those after it.

    The connection lives until the layer is flushed, also while nothing is subscribed to.
    """

    _receive_task: asyncio.Task[None] | None

    def __init__(self, host: Mapping[str, Any], channel_layer: BatchingLoopLayer) -> None:
        super().__init__(host, channel_layer)
        self._wanted: set[str] = set()
        self._unanswered: Counter[str] = Counter()  # commands, by name
        self._changed: set[str] = set()
        self._change = asyncio.Event()
        self._confirmations: dict[str, asyncio.Future[None]] = {}
        self._heard_at = 0.0
        self._is_away = False

    async def subscribe(self, name: str) -> None:
        """Return when the server has confirmed it; raise while the server is away.

        A name stays wanted in either case, and is subscribed to when the server is back.
        """
        self.want(name)
        if self._is_confirmed(name):
            return
        if not self._is_away:
            confirmation = self._confirmations.get(name)
            if confirmation is None:
                confirmation = asyncio.get_running_loop().create_future()
                self._confirmations[name] = confirmation
            await asyncio.wait([confirmation])  # others may wait for the same
            if not confirmation.cancelled():
                return
        raise redis.ConnectionError("the channel layer is away")

    async def unsubscribe(self, name: str) -> None:
        self._wanted.discard(name)
        self._note_change(name)
        if confirmation := self._confirmations.pop(name, None):
            confirmation.set_result(None)

    def want(self, name: str) -> None:
        """Subscribe with the next batch."""
        if name not in self._wanted:
            self._wanted.add(name)
            self._note_change(name)
        if self._receive_task is None:
            self._receive_task = asyncio.create_task(self._keep_listening())

    async def flush(self) -> None:
        self._wanted.clear()
        self._cancel_confirmations()
        await super().flush()

    def _is_confirmed(self, name: str) -> bool:
        return name in self._subscribed_to and name not in self._unanswered

    def _note_change(self, name: str) -> None:
        self._changed.add(name)
        self._change.set()

    def _cancel_confirmations(self) -> None:
        for confirmation in self._confirmations.values():
            confirmation.cancel()
        self._confirmations.clear()

    # One connection after the other

    async def _keep_listening(self) -> None:
        while True:
            try:
                await self._listen()
            except (redis.RedisError, OSError) as error:
                self._note_loss(error)
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self) -> None:
        """Speak and read on one connection until it breaks.

        redis-py's own timeout of 5 seconds would end every idle connection (channels_redis#422).
        """
        options = {"protocol": 2, "socket_timeout": None, "socket_connect_timeout": CONNECT_SECONDS}
        pool: Any = create_pool({**self.host, **options})
        connection: Any = pool.make_connection()
        tasks: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(QUIET_SECONDS):  # redis-py's limit leaves out the greeting
                await connection.connect()
            self._begin()
            tasks += [asyncio.create_task(run(connection)) for run in (self._speak, self._read)]
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(redis.RedisError, OSError):
                await connection.disconnect(nowait=True)

    def _begin(self) -> None:
        """Subscribe anew to all that is wanted: a new connection knows of nothing."""
        if self._is_away:
            log.info("channel layer reconnected", subscriptions=len(self._wanted))
        self._is_away = False
        self._heard_at = time.monotonic()
        self._subscribed_to.clear()
        self._unanswered.clear()
        self._changed = set(self._wanted)
        self._change.set()

    def _note_loss(self, error: Exception) -> None:
        if not self._is_away:
            log.warning("channel layer away", subscriptions=len(self._wanted), error=str(error))
        counts.join_failures += 1
        self._is_away = True
        self._subscribed_to.clear()
        self._cancel_confirmations()

    # Speaking

    async def _speak(self, connection: Any) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(QUIET_SECONDS / 4):
                    await self._change.wait()
            self._change.clear()
            changed, self._changed = self._changed, set()
            await self._send(
                connection, "SUBSCRIBE", (changed & self._wanted) - self._subscribed_to
            )
            await self._send(
                connection, "UNSUBSCRIBE", (changed - self._wanted) & self._subscribed_to
            )
            await self._test_silence(connection)

    async def _send(self, connection: Any, command: str, names: set[str]) -> None:
        ordered = list(names)
        for start in range(0, len(ordered), BATCH):
            batch = ordered[start : start + BATCH]
            if command == "SUBSCRIBE":
                self._subscribed_to.update(batch)
            else:
                self._subscribed_to.difference_update(batch)
            self._unanswered.update(batch)
            async with asyncio.timeout(2 * QUIET_SECONDS):  # a peer that takes nothing in is gone
                await connection.send_command(command, *batch)

    async def _test_silence(self, connection: Any) -> None:
        """Find a connection that died without a word: no reader would ever notice."""
        quiet = time.monotonic() - self._heard_at
        if quiet > 2 * QUIET_SECONDS:
            raise redis.ConnectionError("no answer")
        if quiet > QUIET_SECONDS:
            await connection.send_command("PING")

    # Reading

    async def _read(self, connection: Any) -> None:
        while True:
            answer = await connection.read_response(timeout=math.inf)
            self._heard_at = time.monotonic()
            if not isinstance(answer, list):
                continue  # a PONG while nothing is subscribed to is a plain string
            kind, name, *rest = answer
            if kind == b"message":
                self._receive_message({"channel": name, "data": rest[0]})
            elif kind in (b"subscribe", b"unsubscribe"):
                self._confirm(name.decode())

    def _confirm(self, name: str) -> None:
        """Count an answer. Only the last of those that are due says how things are now."""
        self._unanswered[name] -= 1
        if self._unanswered[name] > 0:
            return
        del self._unanswered[name]
        if name in self._subscribed_to and name in self._confirmations:
            self._confirmations.pop(name).set_result(None)
