"""Several web processes, writers and a Valkey of their own on the Postgres of the tests."""

import asyncio
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ParamSpec, TypeVar

import redis
from django.db import connection

from config.launcher import processes, valkey
from config.launcher.home import BASE
from config.launcher.parts import Part
from tests.chaos.servers.user_activity import ChaosUser
from tests.failures.harness.processes import KillableProcess
from tests.services import HOME, free_port, process_environment

P = ParamSpec("P")
T = TypeVar("T")
WEBS = 3 if os.environ.get("CHAOS_SECONDS") else 2
# Quicker than in earnest, so that what takes a minute there is seen here.
TIMES = {
    "REALTIME_HEARTBEAT_SECONDS": "2",
    "REALTIME_SILENCE_SECONDS": "12",
    "REALTIME_SEND_SECONDS": "3",
    "REALTIME_USER_SOCKETS": "100000",
    "REALTIME_CONNECTS_PER_MINUTE": "0",
    "REALTIME_EXPIRY_WARNING_SECONDS": "4",
    "REALTIME_EXPIRY_GRACE_SECONDS": "1",
    "DATABASE_POOL_SIZE": "8",
}


@dataclass
class Cluster:
    """Use it from a loop in the main thread: what a thread starts dies with that thread."""

    valkey: KillableProcess
    webs: Sequence[KillableProcess]
    addresses: Sequence[str]
    environment: dict[str, str]
    writers: list[KillableProcess] = field(default_factory=list)

    @property
    def redis_url(self) -> str:
        return self.environment["REDIS_URL"]

    def redis(self) -> "redis.Redis":
        return redis.Redis.from_url(self.redis_url, socket_timeout=10)

    def door(self, chance: random.Random, path: str = "/ws/") -> str:
        """Choose the endpoint of any server, as a proxy would."""
        return chance.choice(self.addresses).replace("http", "ws", 1) + path

    async def write(
        self, people: Sequence[ChaosUser], *, seed: int, pace: float
    ) -> KillableProcess:
        """Another writer begins."""
        part = _writer_part(len(self.writers), people, self.environment, seed, pace)
        writer = KillableProcess(part)
        self.writers.append(writer)
        writer.start()
        return writer

    def end_writers(self) -> None:
        """Whatever was done to them."""
        for writer in self.writers:
            if writer.is_alive():
                writer.thaw()
            writer.end()
        self.writers.clear()

    async def stop_writers(self) -> None:
        await asyncio.to_thread(self.end_writers)

    async def heal(self) -> None:
        """Whatever is dead or asleep is up again."""
        parts = [self.valkey, *self.webs]
        for part in parts:
            part.thaw() if part.is_alive() else part.start()
        await asyncio.gather(*(asyncio.to_thread(part.wait_ready) for part in parts))


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Django's database from the loop; no connection stays behind."""

    def work() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            connection.close()

    return await asyncio.to_thread(work)


async def wait_until_async(
    condition: Callable[[], Awaitable[bool]], what: Callable[[], str], seconds: float = 60.0
) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not await condition():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"After {seconds:g} s still not: {what()}")
        await asyncio.sleep(0.05)


@contextmanager
def run_cluster() -> Iterator[Cluster]:
    """It lasts until the block ends, and nothing of it longer."""
    home = Path(tempfile.mkdtemp(prefix="cluster ", dir=HOME))
    sockets = Path(tempfile.mkdtemp(prefix="fillwatch-cluster-", dir="/tmp"))
    environment = process_environment() | TIMES
    environment |= {"REDIS_URL": f"unix://{sockets}/valkey.sock?db=0", "CELERY_BROKER_URL": ""}
    ports = [free_port() for _ in range(WEBS)]
    part = replace(valkey.valkey_part(home, sockets), name="cluster valkey")
    cluster = Cluster(
        valkey=KillableProcess(part),
        webs=[
            KillableProcess(_web_part(number, port, environment))
            for number, port in enumerate(ports)
        ],
        addresses=[f"http://127.0.0.1:{port}" for port in ports],
        environment=environment,
    )
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home)
        stack.callback(shutil.rmtree, sockets)
        for mortal in (cluster.valkey, *cluster.webs):
            stack.callback(mortal.end)
            mortal.start()
        stack.callback(cluster.end_writers)
        for mortal in (cluster.valkey, *cluster.webs):
            mortal.wait_ready()
        yield cluster


def _web_part(number: int, port: int, environment: dict[str, str]) -> Part:
    address = f"http://127.0.0.1:{port}"
    part = processes.web_part(port=port, environment=environment | {"FILLWATCH_URL": address})
    return replace(part, name=f"cluster web {number}")


def _writer_part(
    number: int, people: Sequence[ChaosUser], environment: dict[str, str], seed: int, pace: float
) -> Part:
    words = ["--seed", str(seed + number), "--pace", str(pace)]
    return Part(
        name=f"cluster writer {number}",
        command=[
            *(sys.executable, "-W", "ignore", "-m", "tests.chaos.servers.writer", *words),
            *(str(person.id) for person in people),
        ],
        environment=environment
        | {"FILLWATCH_ROLE": "worker", "SECRET_KEY": os.environ["SECRET_KEY"]},
        folder=BASE,
    )
