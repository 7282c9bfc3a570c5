"""One WebSocket: reads requests, and sends what is put into its outbox, in order."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable

from aiohttp import WSMsgType, web

from exchanges.simulator.faults.faults import Fault, get_venue
from exchanges.simulator.faults.refusals import REFUSALS, build_error_frame
from exchanges.simulator.simulation import SIMULATION, Simulation
from exchanges.simulator.transport.event_faults import EventDelivery

# A client that does not read this many messages is cut off, as by the real venue.
OUTBOX_SIZE = 10_000
HALF_OPEN_SECONDS = 0.05
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Connection:
    """A dialect derives from this: it hears text in `receive`, and speaks by `send`."""

    def __init__(self, request: web.Request) -> None:
        self.request = request
        self.simulation: Simulation = request.app[SIMULATION]
        self._socket = web.WebSocketResponse(autoping=False)
        self._outbox: asyncio.Queue[tuple[float, str]] = asyncio.Queue(OUTBOX_SIZE)
        self._delivery = EventDelivery(self.simulation, request.path, self.send)
        self._heard = True

    @property
    def path(self) -> str:
        return self.request.path

    def receive_text(self, text: str) -> None:
        raise NotImplementedError

    def list_subscriptions(self) -> list[str]:
        """What of the market this socket was asked for."""
        return []

    def serves_key(self, key: str) -> bool:
        """Whether this socket carries anything of that API key's account."""
        raise NotImplementedError

    def end_streams(self) -> None:
        """Say that the account's stream is over, and keep the socket."""

    def send_custom_event(self, key: str, event: object) -> None:
        """Pass on an event that an operator made up, to that account's subscriptions."""

    def tick(self) -> None:
        """Once a second."""

    def send_error(self, code: int, words: str) -> None:
        """An error that answers nothing the client asked."""
        venue = get_venue(self.path)
        usual = REFUSALS[venue]["error_frame"]
        self.send(build_error_frame(venue, self.path, code or usual.code, words or usual.words))

    def send(self, message: object) -> None:
        self.send_text(json.dumps(message, separators=(",", ":")))

    def send_text(self, text: str) -> None:
        late = self._find_fault("latency_sockets")
        due = asyncio.get_running_loop().time() + (late.latency_ms / 1000 if late else 0)
        try:
            self._outbox.put_nowait((due, text))
        except asyncio.QueueFull:
            self.cut_connection()

    def send_event(self, message: object, key: str = "") -> None:
        """Like `send`, unless a fault loses, doubles, delays, reorders or falsifies it.

        Pings and answers go on in either case.
        """
        self._delivery.deliver_event(message, key)

    def find_login_fault(self, key: str) -> str:
        """The kind of the fault because of which this key is turned away, or nothing."""
        now = self.simulation.venue.now()
        kinds = frozenset({"revoked_key", "restricted_ip"})
        taken = self.simulation.faults.take_matching(
            kinds, path=self.path, method="WS", key=key, now=now
        )
        if self._find_fault_for_key("drop_sockets", key):
            self.cut_connection()
        return taken[0].kind if taken else ""

    def cut_connection(self) -> None:
        """Cut the connection without a word."""
        if self.request.transport is not None:
            self.request.transport.abort()

    async def serve(self) -> web.StreamResponse:
        if self._find_fault("drop_sockets"):
            return web.Response(status=503)
        await self._socket.prepare(self.request)
        self.simulation.sockets.add(self)
        work = (self._write_outbox(), self._run_ticks(), self._run_pings())
        tasks = [asyncio.create_task(one) for one in work]
        try:
            async for message in self._socket:
                await self._while_half_open()
                self._heard = True
                if message.type is WSMsgType.TEXT:
                    self.receive_text(message.data)
                elif message.type is WSMsgType.PING:
                    await self._socket.pong(message.data)
        except ConnectionError:
            pass  # gone before its ping could be answered
        finally:
            self.simulation.sockets.discard(self)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return self._socket

    def _find_fault(self, kind: str) -> Fault | None:
        """Such a fault, if one holds for this socket now."""
        return self._find_fault_for_key(kind, "")

    def _find_fault_for_key(self, kind: str, key: str) -> Fault | None:
        for fault in self.simulation.faults.active:
            match = fault.match
            if fault.kind != kind or fault.is_spent(self.simulation.venue.now()):
                continue
            mine = match.key in ("", key) or self.serves_key(match.key)
            if mine and match.matches_request(self.path, match.method, match.key):
                return fault
        return None

    async def _while_half_open(self) -> None:
        stopping = self.simulation.stopping
        while self._find_fault("half_open_sockets") and not stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), HALF_OPEN_SECONDS)

    async def _write_outbox(self) -> None:
        # A vanished client ends the reading side, which ends this.
        with contextlib.suppress(ConnectionError):
            while True:
                due, text = await self._outbox.get()
                await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
                await self._while_half_open()
                await self._socket.send_str(text)

    async def _run_pings(self) -> None:
        """A client of which nothing is heard between two pings is cut off."""
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.sleep(self.simulation.config.ping_seconds)
                await self._while_half_open()
                if not self._heard:
                    self.cut_connection()
                self._heard = False
                await self._socket.ping()

    async def _run_ticks(self) -> None:
        while True:
            await asyncio.sleep(1)
            self._delivery.release_ended()
            self.tick()


def make_handler(kind: Callable[[web.Request], Connection]) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        return await kind(request).serve()

    return serve
