"""Faults of the cluster, one function each: break, wait, mend."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

from tests.chaos.clients.honest import HonestClient
from tests.chaos.clients.slow_network import SlowProxy
from tests.chaos.servers.cluster import Cluster, in_thread
from tests.failures.harness.processes import KillableProcess


@dataclass
class FaultInjector:
    """`holds` are the shortest and the longest time of a fault, in seconds."""

    cluster: Cluster
    listeners: Sequence[HonestClient]
    chance: random.Random
    holds: tuple[float, float]
    lines: Sequence[SlowProxy]  # that some of the listeners have to their servers
    repairs: dict[str, int] = field(default_factory=dict)  # by the sweep, of each server so far

    async def strike(self, name: str) -> None:
        await FAULTS[name](self)

    async def wait_in_fault(self) -> None:
        await asyncio.sleep(self.chance.uniform(*self.holds))

    async def kill_and_restart(self, part: KillableProcess) -> None:
        """Kill without warning, then start again as a supervisor would."""
        part.kill()
        await self.wait_in_fault()
        await self.start_part(part)

    async def freeze_and_thaw(self, part: KillableProcess) -> None:
        """It neither answers nor hangs up; then it goes on as if nothing had been."""
        part.freeze()
        await self.wait_in_fault()
        part.thaw()

    async def restart_part(self, part: KillableProcess) -> None:
        """Asked to end, as by a new release."""
        await asyncio.to_thread(part.end)
        await self.start_part(part)

    async def start_part(self, part: KillableProcess) -> None:
        part.start()
        await asyncio.to_thread(part.wait_ready)

    def choose_web(self) -> KillableProcess:
        return self.chance.choice(self.cluster.webs)

    def choose_writer(self) -> KillableProcess:
        return self.chance.choice(self.cluster.writers)


async def rolling_restart(injector: FaultInjector) -> None:
    for web in injector.cluster.webs:
        await injector.restart_part(web)


async def all_webs_killed(injector: FaultInjector) -> None:
    for web in injector.cluster.webs:
        web.kill()
    await injector.wait_in_fault()
    await asyncio.gather(*(injector.start_part(web) for web in injector.cluster.webs))


async def bad_wire(injector: FaultInjector) -> None:
    """Skip 2 % of the published messages, double 2 %, delay 5 %."""
    for writer in injector.cluster.writers:
        writer.send(signal.SIGUSR1)
    await injector.wait_in_fault()
    await injector.wait_in_fault()
    for writer in injector.cluster.writers:
        writer.send(signal.SIGUSR2)


async def database_cut(injector: FaultInjector) -> None:
    """Terminate every process's database connections, three times."""
    for _ in range(3):
        await in_thread(_terminate_connections)
        await asyncio.sleep(injector.chance.uniform(0.05, 0.3))


def _terminate_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name LIKE 'fillwatch %' AND pid <> pg_backend_pid()"
            " AND application_name IN ('fillwatch web', 'fillwatch worker')"
        )


async def log_locked(injector: FaultInjector) -> None:
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
    await injector.wait_in_fault()
    release.set()
    await locking


async def subscriptions_cut(injector: FaultInjector) -> None:
    """Valkey lives, but hangs up on those who listen: what is said until they are back is lost."""
    for _ in range(3):
        await asyncio.to_thread(_kill_redis_clients, injector.cluster, "pubsub")
        await asyncio.sleep(injector.chance.uniform(0.05, 0.3))


async def publishers_cut(injector: FaultInjector) -> None:
    for _ in range(3):
        await asyncio.to_thread(_kill_redis_clients, injector.cluster, "normal")
        await asyncio.sleep(injector.chance.uniform(0.05, 0.3))


def _kill_redis_clients(cluster: Cluster, kind: str) -> None:
    with cluster.redis() as client:
        client.client_kill_filter(_type=kind, skipme=True)


async def valkey_forgets(injector: FaultInjector) -> None:
    def forget() -> None:
        with injector.cluster.redis() as client:
            client.flushall()

    await asyncio.to_thread(forget)


async def lines_cut(injector: FaultInjector) -> None:
    """Every client loses its line at the same moment."""
    for one in injector.listeners:
        one.cut()


async def lines_dead(injector: FaultInjector) -> None:
    """Nothing gets through any more and nobody hangs up: both ends must find it out."""
    for one in injector.lines:
        one.die()


Fault = Callable[[FaultInjector], Awaitable[None]]
FAULTS: dict[str, Fault] = {
    "web killed": lambda injector: injector.kill_and_restart(injector.choose_web()),
    "web stopped": lambda injector: injector.freeze_and_thaw(injector.choose_web()),
    "web restarted": lambda injector: injector.restart_part(injector.choose_web()),
    "all webs killed": all_webs_killed,
    "rolling restart": rolling_restart,
    "valkey killed": lambda injector: injector.kill_and_restart(injector.cluster.valkey),
    "valkey stopped": lambda injector: injector.freeze_and_thaw(injector.cluster.valkey),
    "valkey restarted": lambda injector: injector.restart_part(injector.cluster.valkey),
    "valkey forgets": valkey_forgets,
    "subscriptions cut": subscriptions_cut,
    "publishers cut": publishers_cut,
    "writer killed": lambda injector: injector.kill_and_restart(injector.choose_writer()),
    "writer stopped": lambda injector: injector.freeze_and_thaw(injector.choose_writer()),
    "bad wire": bad_wire,
    "database cut": database_cut,
    "log locked": log_locked,
    "lines cut": lines_cut,
    "lines dead": lines_dead,
}
