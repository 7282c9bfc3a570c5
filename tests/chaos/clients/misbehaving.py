"""Clients that do not behave, beside those that do."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random

from tests.chaos import comparison
from tests.chaos.account_changes import open_tabs
from tests.chaos.clients.honest import HonestClient, run_clients
from tests.chaos.clients.raw_websocket import PING, RawWebSocket, build_frame, open_websocket
from tests.chaos.clients.slow_network import run_proxy
from tests.chaos.servers.cluster import Cluster, in_thread
from tests.chaos.servers.user_activity import ChaosUser, write_events
from tests.chaos.storm import create_users, fork_random, make_random
from tests.realtime.socket.wire import token

PACE = 20.0
EACH = 3  # of every kind
TORRENT = 4_000  # events, which fill whatever lies between the server and who does not read
SLOW = 20_000  # bytes a second
SUBSCRIBE = b'{"type":"subscribe","data":{"since":null}}'


async def never_reads(raw: RawWebSocket, chance: Random) -> None:
    """It speaks, so it is not silent; it takes in nothing."""
    await raw.send(build_frame(SUBSCRIBE))
    await _send_while_accepted(raw, lambda: build_frame(b'{"type":"pong","data":{}}'), every=0.5)


async def reads_bytes(raw: RawWebSocket, chance: Random) -> None:
    """One at a time."""
    await raw.send(build_frame(SUBSCRIBE))
    async for _ in _read_bytes(raw):
        await asyncio.sleep(0.001)


async def floods_server(raw: RawWebSocket, chance: Random) -> None:
    """Send as many frames as the connection takes, valid and large ones."""
    words = [
        build_frame(SUBSCRIBE),
        build_frame(b'{"type":"ping"}'),
        build_frame(json.dumps({"type": "pong", "data": {"seq": "9" * 15_000}}).encode()),
        build_frame(b"x" * 100, PING),
    ]
    await _send_while_accepted(raw, lambda: chance.choice(words) * 20, every=0)


async def asks_for_everything(raw: RawWebSocket, chance: Random) -> None:
    """Begins anew from the first event again and again, and takes in nothing of it."""
    again = build_frame(b'{"type":"subscribe","data":{"since":{"epoch":"x","seq":0}}}')
    await _send_while_accepted(raw, lambda: again, every=0.06)


async def _send_while_accepted(
    raw: RawWebSocket, words: Callable[[], bytes], *, every: float
) -> None:
    taken = True
    while taken:
        taken = await raw.send(words())
        await asyncio.sleep(every)


async def _read_bytes(raw: RawWebSocket) -> AsyncIterator[bytes]:
    while byte := await raw.reader.read(1):
        yield byte


KINDS: Sequence[Callable[[RawWebSocket, Random], Awaitable[None]]] = (
    never_reads,
    reads_bytes,
    floods_server,
    asks_for_everything,
)


async def beside_honest_ones(
    cluster: Cluster, seed: int, seconds: float
) -> tuple[list[str], list[int]]:
    """Gives complaints, and how many sockets each steady client needed."""
    chance = make_random(seed)
    who = await create_users(3)
    steady = open_tabs(cluster, who, 2, chance)
    async with run_proxy(cluster.addresses[0], SLOW) as slow:
        crawling = HonestClient(
            cluster, who[0], fork_random(chance), since=who[0].start, door=lambda: slow.door
        )
        async with run_clients([*steady, crawling]), _run_misbehaving(cluster, who, chance):
            await cluster.write(who, seed=seed, pace=PACE)
            for person in who:
                await in_thread(write_events, person, TORRENT)
            await asyncio.sleep(seconds)
            await comparison.wait_until_caught_up(steady)
            slow.rate = None
            complaints = await comparison.collect_complaints(cluster, [*steady, crawling])
    return complaints, [one.audit.sockets for one in steady]


@asynccontextmanager
async def _run_misbehaving(
    cluster: Cluster, who: Sequence[ChaosUser], chance: Random
) -> AsyncIterator[None]:
    tasks = [
        asyncio.create_task(_reconnect_for_ever(cluster, person, kind, fork_random(chance)))
        for kind in KINDS
        for person in [chance.choice(who) for _ in range(EACH)]
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for error in ended:
            if not isinstance(error, asyncio.CancelledError | None):
                raise error


async def _reconnect_for_ever(
    cluster: Cluster,
    person: ChaosUser,
    behave: Callable[[RawWebSocket, Random], Awaitable[None]],
    chance: Random,
) -> None:
    """Reconnect at once after each disconnection."""
    while True:
        raw = await open_websocket(cluster.door(chance), token(person.user))
        try:
            await behave(raw, chance)
        except OSError:
            pass  # thrown out
        finally:
            raw.cut()
        await asyncio.sleep(0.05)
