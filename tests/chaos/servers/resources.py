"""Resources held by the servers: as when warm once their clients are gone."""

import asyncio
import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from realtime.metrics.snapshot import SUMMARY_PREFIX
from realtime.publish import MARKETS
from tests.chaos.clients.honest import DIRECT
from tests.chaos.servers.cluster import TIMES, Cluster, in_thread, wait_until_async
from tests.realtime.socket.wire import token
from users.models import User

MEGABYTE = 2**20
MORE_MEMORY, MORE_SHARE = 12 * MEGABYTE, 0.1  # beyond the warm one; pages that malloc keeps
# Pools and executors grow with what is asked at the same moment, up to a bound of their own
MORE_DESCRIPTORS, MORE_THREADS = 4, 2
POOLED = int(TIMES["DATABASE_POOL_SIZE"])
GROUP = "fillwatch__group__"


@dataclass(frozen=True)
class ServerResources:
    """By one web process. `busy` are the database's connections that somebody has in hand."""

    sockets: int
    tasks: int
    groups: int
    threads: int
    descriptors: int
    busy: int
    rss: int


@dataclass(frozen=True)
class ClusterResources:
    servers: tuple[ServerResources, ...]
    subscribed: frozenset[str]  # groups of the channel layer that anybody listens to
    connections: int

    def complaints(self, warm: "ClusterResources") -> list[str]:
        return list(self._complaints(warm))

    def _complaints(self, warm: "ClusterResources") -> Iterator[str]:
        if self.subscribed:
            yield f"groups are left: {sorted(self.subscribed)}"
        if self.connections > POOLED * len(self.servers):
            yield f"{self.connections} database connections, more than the pools have"
        for number, (now, then) in enumerate(zip(self.servers, warm.servers, strict=True)):
            yield from (f"server {number}: {words}" for words in _compare_server(now, then))


def _compare_server(now: ServerResources, warm: ServerResources) -> Iterator[str]:
    for name in ("sockets", "groups"):
        if getattr(now, name):
            yield f"{getattr(now, name)} {name} are left"
    for name, spare in (
        ("tasks", 0),
        ("busy", 0),
        ("threads", MORE_THREADS),
        ("descriptors", MORE_DESCRIPTORS),
    ):
        if getattr(now, name) > getattr(warm, name) + spare:
            yield f"{getattr(now, name)} {name}, warm {getattr(warm, name)}"
    if now.rss > warm.rss + max(MORE_MEMORY, warm.rss * MORE_SHARE):
        yield f"{now.rss // MEGABYTE} MB, warm {warm.rss // MEGABYTE} MB"


async def measure_cluster(cluster: Cluster, operator: User) -> ClusterResources:
    """Each server speaks for itself."""
    proof = token(operator)
    servers = [
        await asyncio.to_thread(_measure_server, address, proof) for address in cluster.addresses
    ]
    return ClusterResources(
        servers=tuple(servers),
        subscribed=frozenset(await asyncio.to_thread(_subscribed_groups, cluster)),
        connections=await in_thread(_count_connections),
    )


async def wait_until_empty(
    cluster: Cluster, operator: User, seconds: float = 30.0
) -> ClusterResources:
    """When every socket is gone; each server asked a few times, as it was when it got warm."""
    found: list[ClusterResources] = []

    async def empty() -> bool:
        found.append(await measure_cluster(cluster, operator))
        return not found[-1].subscribed and not any(one.sockets for one in found[-1].servers)

    await wait_until_async(empty, lambda: f"everybody gone: {found[-1]}", seconds)
    return found[-1]


async def wait_until_as_warm(
    cluster: Cluster, operator: User, warm: ClusterResources, seconds: float = 30.0
) -> None:
    found: list[str] = []

    async def same() -> bool:
        found[:] = (await measure_cluster(cluster, operator)).complaints(warm)
        return not found

    await wait_until_async(same, lambda: f"as when warm: {found}", seconds)


def _measure_server(address: str, proof: str) -> ServerResources:
    said = _get_json(f"{address}/api/v1/realtime/stats/", proof)["servers"][0]
    return ServerResources(
        **{name: said[name] for name in ("sockets", "tasks", "groups", "threads", "descriptors")},
        busy=said["connections_used"],
        rss=said["rss_bytes"],
    )


def _get_json(url: str, proof: str) -> Any:
    headers = {"Authorization": f"Bearer {proof}", "Connection": "close"}
    with DIRECT.open(urllib.request.Request(url, headers=headers), timeout=10) as answer:  # noqa: S310
        return json.loads(answer.read())


def _subscribed_groups(cluster: Cluster) -> list[str]:
    with cluster.redis() as client:
        found: Any = client.pubsub_channels(f"{GROUP}*")
        names = [name.decode().removeprefix(GROUP) for name in found]
    return [name for name in names if name.startswith(("user.", MARKETS))]


def _count_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'fillwatch web'"
        )
        [number] = cursor.fetchone()
    return int(number)


def read_repairs(cluster: Cluster) -> dict[str, int]:
    """Read each process's count of events that only the sweep delivered."""
    with cluster.redis() as client:
        said: Any = [client.get(key) for key in client.scan_iter(f"{SUMMARY_PREFIX}*")]
    summaries = [json.loads(words) for words in said if words]
    return {one["server"]: one["numbers"]["repairs"] for one in summaries}
