"""What can go wrong, each as one function: it strikes, holds for a while, and lets go."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

from tests.chaos.clients.honest import Listener
from tests.chaos.clients.slow_network import Line
from tests.chaos.servers.cluster import Town, in_thread
from tests.failures.harness.processes import Mortal


@dataclass
class Monkey:
    """`holds` are the shortest and the longest time of a fault, in seconds."""

    town: Town
    listeners: Sequence[Listener]
    chance: random.Random
    holds: tuple[float, float]
    lines: Sequence[Line]  # that some of the listeners have to their servers
    repairs: dict[str, int] = field(default_factory=dict)  # by the sweep, of each server so far

    async def strike(self, name: str) -> None:
        await FAULTS[name](self)

    async def hold(self) -> None:
        await asyncio.sleep(self.chance.uniform(*self.holds))

    async def killed(self, part: Mortal) -> None:
        """As the kernel does it, and as a supervisor starts it again."""
        part.kill()
        await self.hold()
        await self.up(part)

    async def stopped(self, part: Mortal) -> None:
        """It neither answers nor hangs up; then it goes on as if nothing had been."""
        part.freeze()
        await self.hold()
        part.thaw()

    async def restarted(self, part: Mortal) -> None:
        """Asked to end, as by a new release."""
        await asyncio.to_thread(part.end)
        await self.up(part)

    async def up(self, part: Mortal) -> None:
        part.start()
        await asyncio.to_thread(part.wait_ready)

    def a_web(self) -> Mortal:
        return self.chance.choice(self.town.webs)

    def a_writer(self) -> Mortal:
        return self.chance.choice(self.town.writers)


async def rolling_restart(monkey: Monkey) -> None:
    for web in monkey.town.webs:
        await monkey.restarted(web)


async def all_webs_killed(monkey: Monkey) -> None:
    for web in monkey.town.webs:
        web.kill()
    await monkey.hold()
    await asyncio.gather(*(monkey.up(web) for web in monkey.town.webs))


async def bad_wire(monkey: Monkey) -> None:
    """Of what is published, 2 % is skipped, 2 % doubled, 5 % comes late."""
    for writer in monkey.town.writers:
        writer.send(signal.SIGUSR1)
    await monkey.hold()
    await monkey.hold()
    for writer in monkey.town.writers:
        writer.send(signal.SIGUSR2)


async def database_cut(monkey: Monkey) -> None:
    """Of every process of the installation, again and again."""
    for _ in range(3):
        await in_thread(_terminate)
        await asyncio.sleep(monkey.chance.uniform(0.05, 0.3))


def _terminate() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name LIKE 'fillwatch %' AND pid <> pg_backend_pid()"
            " AND application_name IN ('fillwatch web', 'fillwatch worker')"
        )


async def log_locked(monkey: Monkey) -> None:
    """Nobody can read or write a stream, as while a table is altered."""
    locked, release = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def lock() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE realtime_stream, realtime_event")
            loop.call_soon_threadsafe(locked.set)
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result(60)

    locking = asyncio.create_task(in_thread(lock))
    await locked.wait()
    await monkey.hold()
    release.set()
    await locking


async def subscriptions_cut(monkey: Monkey) -> None:
    """Valkey lives, but hangs up on those who listen: what is said until they are back is lost."""
    for _ in range(3):
        await asyncio.to_thread(_hang_up, monkey.town, "pubsub")
        await asyncio.sleep(monkey.chance.uniform(0.05, 0.3))


async def publishers_cut(monkey: Monkey) -> None:
    for _ in range(3):
        await asyncio.to_thread(_hang_up, monkey.town, "normal")
        await asyncio.sleep(monkey.chance.uniform(0.05, 0.3))


def _hang_up(town: Town, kind: str) -> None:
    with town.redis() as client:
        client.client_kill_filter(_type=kind, skipme=True)


async def valkey_forgets(monkey: Monkey) -> None:
    def forget() -> None:
        with monkey.town.redis() as client:
            client.flushall()

    await asyncio.to_thread(forget)


async def lines_cut(monkey: Monkey) -> None:
    """Every client loses its line at the same moment."""
    for one in monkey.listeners:
        one.cut()


async def lines_dead(monkey: Monkey) -> None:
    """Nothing gets through any more and nobody hangs up: both ends must find it out."""
    for one in monkey.lines:
        one.die()


Fault = Callable[[Monkey], Awaitable[None]]
FAULTS: dict[str, Fault] = {
    "web killed": lambda monkey: monkey.killed(monkey.a_web()),
    "web stopped": lambda monkey: monkey.stopped(monkey.a_web()),
    "web restarted": lambda monkey: monkey.restarted(monkey.a_web()),
    "all webs killed": all_webs_killed,
    "rolling restart": rolling_restart,
    "valkey killed": lambda monkey: monkey.killed(monkey.town.valkey),
    "valkey stopped": lambda monkey: monkey.stopped(monkey.town.valkey),
    "valkey restarted": lambda monkey: monkey.restarted(monkey.town.valkey),
    "valkey forgets": valkey_forgets,
    "subscriptions cut": subscriptions_cut,
    "publishers cut": publishers_cut,
    "writer killed": lambda monkey: monkey.killed(monkey.a_writer()),
    "writer stopped": lambda monkey: monkey.stopped(monkey.a_writer()),
    "bad wire": bad_wire,
    "database cut": database_cut,
    "log locked": log_locked,
    "lines cut": lines_cut,
    "lines dead": lines_dead,
}
