"""Thousands of cheap WebSocket clients in a process of their own: what each hears, and when.

They speak just enough of the protocol to sign in, subscribe, answer pings and come back; a real
client's library would cost more than the server that is measured.
"""

import asyncio
import contextlib
import json
import random
import re
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final, NamedTuple

SOURCES: Final = 8  # addresses that they come from: each has ports for some thousands
AT_ONCE: Final = 200  # handshakes under way
PATIENCE: Final = 120.0
NUMBERED: Final = re.compile(rb'\{"type":"[a-z_]+","seq":(\d+),')
UPGRADE: Final = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "{protocols}\r\n"
)


class Seat(NamedTuple):
    """User and token of one socket; without a token it only listens."""

    user: int
    token: str = ""


class BenchSocket(asyncio.Protocol):
    """One client and all its connections, one after the other."""

    def __init__(self, crowd: "SocketGroup", number: int, seat: Seat) -> None:
        self.group, self.number, self.seat = crowd, number, seat
        self.epoch, self.seq = "", 0
        self.transport: asyncio.Transport | None = None
        self.buffer = bytearray()
        self.upgraded = self.live = False
        self.delay: float | None = None
        self.failures = 0
        self.entered = asyncio.get_running_loop().create_future()

    async def connect(self) -> None:
        loop, crowd = asyncio.get_running_loop(), self.group
        source = f"127.0.0.{1 + self.number % SOURCES}"
        self.upgraded, self.delay, self.buffer = False, None, bytearray()
        await loop.create_connection(lambda: self, "127.0.0.1", crowd.port, local_addr=(source, 0))

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        token = self.seat.token
        protocols = f"Sec-WebSocket-Protocol: fillwatch.v1, bearer.{token}\r\n" if token else ""
        path = self.group.path.format(user=self.seat.user)
        request = UPGRADE.format(path=path, port=self.group.port, protocols=protocols)
        transport.write(request.encode())

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self.buffer += data
        if not self.upgraded and not self._finish_handshake():
            return
        for payload in _cut_frames(self.buffer):
            if numbered := NUMBERED.match(payload):
                self._receive_event(int(numbered[1]), now)
            else:
                self._receive_control(payload)

    def _finish_handshake(self) -> bool:
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        self.upgraded = self.buffer.startswith(b"HTTP/1.1 101")
        del self.buffer[: end + 4]
        if not self.upgraded:
            assert self.transport
            self.transport.close()
        elif self.seat.token:
            since = {"epoch": self.epoch, "seq": self.seq} if self.epoch else None
            self.send_frame("subscribe", {"since": since})
        else:
            self._is_live()
        return self.upgraded

    def _receive_event(self, seq: int, now: float) -> None:
        crowd = self.group
        if self.seat.token:
            crowd.lost += max(0, seq - self.seq - 1)
            crowd.doubled += seq <= self.seq
            self.seq = max(seq, self.seq)
        crowd.record_arrival(self.number, seq, now)

    def _receive_control(self, payload: bytes) -> None:
        frame = json.loads(payload)
        kind, data = frame["type"], frame["data"]
        if kind == "ping":
            self.send_frame("pong", {"seq": self.seq})
        elif kind == "live":
            self.epoch, self.seq = data["epoch"], data["seq"]
            self._is_live()
        elif kind == "bye":
            self.delay = data["delay"]
            self.group.byes.append(data)
        elif kind in ("reset", "error"):
            self.group.troubles.append(frame)

    def _is_live(self) -> None:
        self.live, self.failures = True, 0
        if not self.entered.done():
            self.entered.set_result(None)
        self.group.count_live(1)

    def send_frame(self, kind: str, data: Any) -> None:
        payload = json.dumps({"type": kind, "data": data}).encode()
        head = bytes([0x81, 0x80 | len(payload)])  # all that we say is short
        assert self.transport
        self.transport.write(head + bytes(4) + payload)

    def connection_lost(self, error: Exception | None) -> None:
        if self.live:
            self.live = False
            self.group.count_live(-1)
        self.group.schedule_reconnect(self)


def _cut_frames(buffer: bytearray) -> Iterator[bytes]:
    """Cut whole text frames off a server's bytes; a close frame says nothing more than `bye`."""
    at = 0
    while len(buffer) - at >= 2:
        length, start = buffer[at + 1], at + 2
        if length >= 126:
            size = 2 if length == 126 else 8
            if len(buffer) - start < size:
                break
            (length,) = struct.unpack_from("!H" if size == 2 else "!Q", buffer, start)
            start += size
        if len(buffer) - start < length:
            break
        if buffer[at] == 0x81:
            yield bytes(buffer[start : start + length])
        at = start + length
    del buffer[:at]


class SocketGroup:
    """All clients of a process. What is asked of it comes by name through a pipe."""

    def __init__(self, port: int, path: str, seats: Sequence[Seat]) -> None:
        self.port, self.path = port, path
        self.wires = [BenchSocket(self, number, seat) for number, seat in enumerate(seats)]
        self.arrivals: list[tuple[int, int, float]] = []
        self.byes: list[Any] = []
        self.troubles: list[Any] = []
        self.lost = self.doubled = self.live = 0
        self.ending = False
        self._all_live = asyncio.Event()
        self._expected, self._enough = 0, asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def count_live(self, more: int) -> None:
        self.live += more
        if self.live == len(self.wires):
            self._all_live.set()
        else:
            self._all_live.clear()

    def record_arrival(self, number: int, seq: int, now: float) -> None:
        self.arrivals.append((number, seq, now))
        if len(self.arrivals) == self._expected:
            self._enough.set()

    async def enter(self) -> float:
        """Everybody connects; how long until the last one is live."""
        began = time.perf_counter()
        doors = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(self._connect_one(wire, doors) for wire in self.wires))
        await self.all_live()
        return time.perf_counter() - began

    async def _connect_one(self, wire: BenchSocket, doors: asyncio.Semaphore) -> None:
        async with doors:
            await wire.connect()
            await wire.entered

    async def all_live(self) -> float:
        """The moment when everybody is, or was already."""
        async with asyncio.timeout(PATIENCE):
            await self._all_live.wait()
        return time.perf_counter()

    def schedule_reconnect(self, wire: BenchSocket) -> None:
        """Reconnect as our clients do: after the delay in `bye`, or after a jittered pause."""
        if self.ending:
            return
        pause = wire.delay
        if pause is None:
            pause = random.uniform(0, min(30.0, 0.5 * 2**wire.failures))  # noqa: S311
        wire.failures += 1
        task = asyncio.get_running_loop().create_task(self._reconnect_later(wire, pause))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reconnect_later(self, wire: BenchSocket, pause: float) -> None:
        await asyncio.sleep(pause)
        try:
            await wire.connect()
        except OSError:
            self.schedule_reconnect(wire)

    async def seen(self) -> dict[str, Any]:
        return {
            "live": self.live,
            "lost": self.lost,
            "doubled": self.doubled,
            "heard": len(self.arrivals),
            "behind": [wire.seq for wire in self.wires],
            "byes": self.byes,
            "resets": sum(one["type"] == "reset" for one in self.troubles),
            "troubles": self.troubles[:5],
        }

    async def stall(self, number: int) -> None:
        """Stop reading from this socket, as a client that hangs."""
        transport = self.wires[number].transport
        assert transport
        transport.pause_reading()

    async def forget(self) -> None:
        self.arrivals = []

    async def delays(
        self, told: dict[tuple[int, int], float], expected: int, patience: float
    ) -> list[float]:
        """Seconds from each (user, number)'s moment to each socket that heard it."""
        await self.settle(expected, patience)
        return [
            at - told[self.wires[number].seat.user, seq]
            for number, seq, at in self.arrivals
            if (self.wires[number].seat.user, seq) in told
        ]

    async def settle(self, expected: int, patience: float = PATIENCE) -> None:
        """Wait until so many messages have arrived, or the patience is over."""
        if len(self.arrivals) >= expected:
            return
        self._expected = expected
        self._enough.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._enough.wait()

    async def last(self) -> float:
        return self.arrivals[-1][2] if self.arrivals else 0.0

    async def leave(self) -> None:
        self.ending = True
        for wire in self.wires:
            if wire.transport:
                wire.transport.abort()


Ask = Callable[..., Any]


@contextmanager
def run_sockets(port: int, path: str, seats: Sequence[Seat]) -> Iterator[Ask]:
    """The clients' process; gives a way to ask it: ask("enter")."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run_loop, args=(theirs, port, path, seats), daemon=True)
    process.start()
    theirs.close()

    def ask(name: str, *args: Any) -> Any:
        ours.send((name, args))
        answer = ours.recv()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    try:
        yield ask
    finally:
        ask("leave")
        ours.send(None)
        process.join(10)


def _run_loop(pipe: Connection, port: int, path: str, seats: Sequence[Seat]) -> None:
    import uvloop

    uvloop.run(_serve_commands(pipe, port, path, seats))


async def _serve_commands(pipe: Connection, port: int, path: str, seats: Sequence[Seat]) -> None:
    loop = asyncio.get_running_loop()
    people = SocketGroup(port, path, seats)
    while (asked := await loop.run_in_executor(None, pipe.recv)) is not None:
        name, args = asked
        try:
            answer = await getattr(people, name)(*args)
        except Exception as error:  # noqa: BLE001 (the parent process raises it from `ask`)
            answer = error
        await loop.run_in_executor(None, pipe.send, answer)
