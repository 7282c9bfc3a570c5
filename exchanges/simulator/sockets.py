"""One WebSocket: reads requests, and sends what is put into its outbox, in order."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable

from aiohttp import WSMsgType, web

from exchanges.simulator.simulation import SIMULATION, Simulation

# A client that does not read this many messages is cut off, as by the real venue.
OUTBOX = 10_000
DROP = frozenset({"drop_sockets"})
REPEAT = frozenset({"repeat_events"})
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MUTE = frozenset({"mute_sockets"})


class Connection:
    """A dialect derives from this: it hears text in `receive`, and speaks by `send`."""

    def __init__(self, request: web.Request) -> None:
        self.request = request
        self.simulation: Simulation = request.app[SIMULATION]
        self._socket = web.WebSocketResponse(heartbeat=self.simulation.config.ping_seconds)
        self._outbox: asyncio.Queue[str] = asyncio.Queue(OUTBOX)

    def receive(self, text: str) -> None:
        raise NotImplementedError

    def serves(self, key: str) -> bool:
        """Whether this socket carries anything of that API key's account."""
        raise NotImplementedError

    def end_streams(self) -> None:
        """Say that the account's stream is over, and keep the socket."""

    def say(self, key: str, event: object) -> None:
        """Pass on an event that an operator made up, to that account's subscriptions."""

    def tick(self) -> None:
        """Once a second."""

    def send(self, message: object) -> None:
        try:
            self._outbox.put_nowait(json.dumps(message, separators=(",", ":")))
        except asyncio.QueueFull:
            self.drop()

    def send_event(self, message: object, key: str = "") -> None:
        """Like `send`, unless a fault mutes the socket or makes it say everything twice.

        Pings and answers go on in either case.
        """
        if self._faulty(MUTE, key):
            return
        self.send(message)
        if self._faulty(REPEAT, key):
            self.send(message)

    def drop(self) -> None:
        """Cut the connection without a word."""
        if self.request.transport is not None:
            self.request.transport.abort()

    async def serve(self) -> web.StreamResponse:
        if self._faulty(DROP):
            return web.Response(status=503)
        await self._socket.prepare(self.request)
        self.simulation.sockets.add(self)
        tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._tick())]
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    self.receive(message.data)
        finally:
            self.simulation.sockets.discard(self)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return self._socket

    def _faulty(self, kinds: frozenset[str], key: str = "") -> bool:
        now = self.simulation.venue.now()
        faults = self.simulation.faults
        return bool(faults.take(kinds, path=self.request.path, method="GET", key=key, now=now))

    async def _write(self) -> None:
        # A vanished client ends the reading side, which ends this.
        with contextlib.suppress(ConnectionError):
            while True:
                await self._socket.send_str(await self._outbox.get())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1)
            self.tick()


def door(kind: Callable[[web.Request], Connection]) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        return await kind(request).serve()

    return serve
