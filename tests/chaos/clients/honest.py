"""Honest clients: the Python client as it is shipped, with a judge looking over its shoulder."""

import asyncio
import json
import random
import urllib.request
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection

from realtime.client.stream import Frame, StreamClient, StreamStopped
from realtime.frames import Offset
from tests.chaos.clients.frame_audit import FrameAudit, Things, without_freshness
from tests.chaos.servers.cluster import Cluster, wait_until_async
from tests.chaos.servers.user_activity import ChaosUser
from tests.realtime.socket.wire import token as access

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class AuditedStream(StreamClient):
    """Client stream that audits every frame before handling it."""

    audit: FrameAudit = field(kw_only=True)
    socket: ClientConnection | None = None
    renews: bool = True

    def _follow_close_code(self, code: int) -> None:
        self.audit.ends.append((code, self.audit.last))
        super()._follow_close_code(code)

    async def _renew_token(self, socket: ClientConnection) -> None:
        if self.renews:
            await super()._renew_token(socket)

    async def _handle_frame(self, socket: ClientConnection, frame: Frame) -> bool:
        self.socket = socket
        self.audit.record_frame(frame)
        return await super()._handle_frame(socket, frame)


class HonestClient:
    """One tab of a person; each time it connects to any of the servers."""

    def __init__(
        self,
        cluster: Cluster,
        person: ChaosUser,
        chance: random.Random,
        *,
        path: str = "/ws/",
        topics: frozenset[str] | None = None,
        since: Offset | None = None,
        token: Callable[[], str] | None = None,
        door: Callable[[], str] | None = None,
    ) -> None:
        self.person, self.state = person, "new"
        self.lives = 0
        self.audit = FrameAudit(person.id, topics=topics)
        if since:
            self.audit.begins = self.audit.last = since["seq"]
        self.stopped: StreamStopped | None = None
        self._token = token or (lambda: access(person.user))
        self._choose = door or (lambda: cluster.door(chance, path))
        self._town, self._chance = cluster, chance
        self.stream = AuditedStream(
            self._choose(),
            self._give_token,
            since=since,
            topics=topics,
            snapshot=self._snapshot,
            on_state=self._on_state,
            first_delay=0.05,
            audit=self.audit,
        )

    async def _give_token(self) -> str:
        return self._token()

    def _on_state(self, state: str, words: str) -> None:
        self.state = state
        self.lives += state == "live"
        if state == "connecting":
            self.stream.url = self._choose()

    async def _snapshot(self, head: Offset) -> Offset:
        """Fetch a snapshot after a reset, from any server, until one answers."""
        while True:
            address = self._chance.choice(self._town.addresses)
            with suppress(OSError):
                shown = await asyncio.to_thread(
                    _get_json, f"{address}/api/v1/snapshot/", self._token()
                )
                self.audit.restart_from(shown["stream"]["seq"], _snapshot_things(shown))
                where: Offset = shown["stream"]
                return where
            await asyncio.sleep(0.2)

    async def run(self) -> None:
        try:
            async for frame in self.stream.frames():
                self.audit.record_counted(frame)
        except StreamStopped as stopped:
            self.stopped = stopped

    def cut(self) -> None:
        """The line is dead, without a word."""
        if self.stream.socket:
            transport: asyncio.WriteTransport = self.stream.socket.transport
            transport.abort()

    def has(self, seq: int) -> bool:
        return self.audit.last is not None and self.audit.last >= seq


@asynccontextmanager
async def run_clients(
    listeners: Sequence[HonestClient], seconds: float = 60.0
) -> AsyncIterator[None]:
    """All live before the block begins, all gone when it ends."""
    tasks = [asyncio.create_task(one.run()) for one in listeners]

    async def all_live() -> bool:
        for task in tasks:
            if task.done():
                task.result()
        return all(one.lives for one in listeners)

    try:
        await wait_until_async(all_live, lambda: _not_live(listeners), seconds)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _not_live(listeners: Sequence[HonestClient]) -> str:
    states = [one.state for one in listeners if not one.lives]
    return f"{len(listeners)} clients live; {len(states)} are not, such as {states[:5]}"


def _get_json(url: str, token: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    with DIRECT.open(urllib.request.Request(url, headers=headers), timeout=10) as answer:  # noqa: S310
        return json.loads(answer.read())


def _snapshot_things(shown: dict[str, Any]) -> Things:
    orders: Things = {("order", one["id"]): without_freshness(one) for one in shown["orders"]}
    keys: Things = {("key", one["id"]): one for one in shown["keys"]}
    balances: Things = {
        ("balance", (one["key"], one["currency"])): one for one in shown["balances"]
    }
    return {**orders, **keys, **balances}
