"""Base of the venues' WebSockets: reads requests, and sends its outbox in order."""

import asyncio
import contextlib
import json
from collections.abc import Callable

from aiohttp import WSMsgType, web
from aiohttp.typedefs import Handler

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.faults.faults import Fault, get_venue
from exchanges.simulator.faults.refusals import REFUSALS, build_error_frame
from exchanges.simulator.refusals import VenueError
from exchanges.simulator.simulation import SIMULATION, Simulation
from exchanges.simulator.transport.event_faults import EventDelivery

# A client that leaves this many messages unread is cut off, as by the real venues.
OUTBOX_SIZE = 10_000
HALF_OPEN_SECONDS = 0.05


class Connection:
    """One socket. A dialect derives from it: override `receive_text`, answer with `send`."""

    def __init__(self, request: web.Request) -> None:
        self.request = request
        self.simulation: Simulation = request.app[SIMULATION]
        self.account: Account | None = None  # the one that has logged in
        self._socket = web.WebSocketResponse(autoping=False)
        self._outbox: asyncio.Queue[tuple[float, str]] = asyncio.Queue(OUTBOX_SIZE)
        self._delivery = EventDelivery(self.simulation, request.path, self.send)
        self._is_alive = True

    @property
    def path(self) -> str:
        return self.request.path

    def receive_text(self, text: str) -> None:
        raise NotImplementedError

    def list_subscriptions(self) -> list[str]:
        """Return the names of the market streams that the client subscribed to."""
        return []

    def account_key(self) -> str:
        return self.account.key if self.account else ""

    def serves_key(self, key: str) -> bool:
        """Return whether this socket sends events of the account with that API key."""
        return self.account is not None and self.account.key == key

    def end_streams(self) -> None:
        """Send the venue's notice that the account's stream has ended, and keep the socket."""

    def send_custom_event(self, key: str, event: object) -> None:
        """Send an operator's own event to the subscriptions of that account."""
        self.send(event)

    def on_changes(self, changes: Changes) -> None:
        """Send the messages that follow from changes at the venue."""
        raise NotImplementedError

    def on_close(self) -> None:
        """Do what the venue does when a socket has gone."""

    def tick(self) -> None:
        """Run once a second; dialects send their periodic messages here."""

    def send_error(self, code: int, message: str) -> None:
        """Send an error that answers no request."""
        venue = get_venue(self.path)
        refusal = REFUSALS[venue]["error_frame"]
        code, message = code or refusal.code, message or refusal.message
        self.send(build_error_frame(venue, self.path, code, message))

    def send(self, message: object) -> None:
        self.send_text(json.dumps(message, separators=(",", ":")))

    def send_text(self, text: str) -> None:
        latency = self._find_fault("latency_sockets")
        due = asyncio.get_running_loop().time() + (latency.latency_ms / 1000 if latency else 0)
        try:
            self._outbox.put_nowait((due, text))
        except asyncio.QueueFull:
            self.cut_connection()

    def send_event(self, message: object, key: str = "") -> None:
        """Send an event, unless a fault loses, doubles, delays, reorders or falsifies it.

        Those faults never concern pings and answers.
        """
        self._delivery.deliver_event(message, key)

    def check_login_fault(self, key: str, error: type[VenueError]) -> None:
        """Raise the dialect's error if a fault refuses this key's login.

        Until its login a socket has no key, so a `drop_sockets` fault for the key applies here.
        """
        now, kinds = self.simulation.venue.now(), frozenset({"revoked_key", "restricted_ip"})
        take = self.simulation.faults.take_matching
        faults = take(kinds, path=self.path, method="WS", key=key, now=now)
        if self._find_fault("drop_sockets", key):
            self.cut_connection()
        if faults:
            refusal = REFUSALS[get_venue(self.path)][faults[0].kind]
            raise error(refusal.code, refusal.message, refusal.status)

    def cut_connection(self) -> None:
        """Cut the connection without a close frame."""
        if self.request.transport is not None:
            self.request.transport.abort()

    async def serve(self) -> web.StreamResponse:
        if self._find_fault("drop_sockets"):
            return web.Response(status=503)
        await self._socket.prepare(self.request)
        self.simulation.sockets.add(self)
        coroutines = (self._write_outbox(), self._run_ticks(), self._run_pings())
        tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
        try:
            async for message in self._socket:
                await self._wait_while_half_open()
                self._is_alive = True
                if message.type is WSMsgType.TEXT:
                    self.receive_text(message.data)
                elif message.type is WSMsgType.PING:
                    await self._socket.pong(message.data)
        except ConnectionError:
            pass  # the client left before its ping was answered
        finally:
            self.simulation.sockets.discard(self)
            if not self.simulation.stopping.is_set():
                self.on_close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return self._socket

    def _find_fault(self, kind: str, key: str = "") -> Fault | None:
        """Return an active fault of that kind for this socket, if there is one."""
        for fault in self.simulation.faults.active:
            match = fault.match
            if fault.kind != kind or fault.is_spent(self.simulation.venue.now()):
                continue
            is_account = match.key in ("", key) or self.serves_key(match.key)
            if is_account and match.matches_request(self.path, match.method, match.key):
                return fault
        return None

    async def _wait_while_half_open(self) -> None:
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
                await self._wait_while_half_open()
                await self._socket.send_str(text)

    async def _run_pings(self) -> None:
        """Ping the client, and cut it off if it sent nothing since the last ping."""
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.sleep(self.simulation.config.ping_seconds)
                await self._wait_while_half_open()
                if not self._is_alive:
                    self.cut_connection()
                self._is_alive = False
                await self._socket.ping()

    async def _run_ticks(self) -> None:
        while True:
            await asyncio.sleep(1)
            self._delivery.release_ended()
            self.tick()


def make_handler(kind: Callable[[web.Request], Connection]) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        connection = kind(request)
        stop = connection.simulation.venue.add_listener(connection.on_changes)
        try:
            return await connection.serve()
        finally:
            stop()

    return serve
