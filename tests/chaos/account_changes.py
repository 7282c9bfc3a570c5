"""Change a user's token, rights and keys while events flow."""

import asyncio
import secrets
import time
from collections.abc import Sequence
from random import Random

from django.utils import timezone

from exchanges.keys import actions
from exchanges.keys.permissions import KeyVerdict
from tests.chaos import comparison
from tests.chaos.clients.frame_audit import owner_mark
from tests.chaos.clients.honest import HonestClient, run_clients
from tests.chaos.clients.slow_network import run_proxy
from tests.chaos.servers.cluster import Cluster, in_thread, wait_until_async
from tests.chaos.servers.user_activity import ChaosUser, write_events
from tests.chaos.storm import create_users, fork_random, make_random
from tests.realtime.socket.wire import token
from users.models import User

BEHIND = 4_500  # events to catch up with; a little more and the answer would be `reset`
LENGTH = 3_000  # of each, so that they do not all fit into what the kernel holds for a line
RATE, SLOW = 4_000_000, 3_000_000  # bytes a second: it takes some seconds
LATER, SOON = 5, 2  # seconds that a token is good for
WITHIN = 5.0
PACE = 20.0


def open_tabs(
    cluster: Cluster, who: Sequence[ChaosUser], each: int, chance: Random
) -> list[HonestClient]:
    return [
        HonestClient(cluster, person, fork_random(chance), since=person.start)
        for person in who
        for _ in range(each)
    ]


# The token ends while thousands of events are on their way


async def expire_token_in_catch_up(cluster: Cluster, seed: int, *, renews: bool) -> HonestClient:
    """A slow line, a short token; who does not renew is cut off and comes back."""
    chance = make_random(seed)
    [person] = await create_users(1)
    await in_thread(_lengthen_label, person)
    await in_thread(write_events, person, BEHIND)
    tokens = [token(person.user, exp=int(time.time()) + (LATER if renews else SOON))]
    rate = RATE if renews else SLOW
    async with run_proxy(cluster.addresses[seed % len(cluster.addresses)], rate) as slow:
        listener = HonestClient(
            cluster,
            person,
            chance,
            since=person.start,
            token=lambda: tokens.pop() if tokens else token(person.user),
            door=lambda: slow.door,
        )
        listener.stream.renews = renews
        async with run_clients([listener]):
            await comparison.collect_complaints(cluster, [listener])
    return listener


def _lengthen_label(person: ChaosUser) -> None:
    verdict = KeyVerdict(ok=False, message="x" * LENGTH, permissions=("read",))
    actions.record(person.other, verdict, now=timezone.now())


# Rights that end


async def deactivate_user(cluster: Cluster, seed: int) -> tuple[list[str], set[int], float]:
    """Gives complaints, how the sockets of who was deactivated ended, and after how long."""
    chance = make_random(seed)
    victim, *others = await create_users(3)
    gone, staying = open_tabs(cluster, [victim], 4, chance), open_tabs(cluster, others, 2, chance)
    async with run_clients([*gone, *staying]):
        await cluster.write([victim, *others], seed=seed, pace=PACE)
        await comparison.wait_until_caught_up(gone)
        began = time.monotonic()
        await in_thread(User.objects.filter(pk=victim.id).update, is_active=False)

        async def all_stopped() -> bool:
            return all(one.stopped for one in gone)

        await wait_until_async(all_stopped, lambda: "the sockets of who was deactivated closed")
        seconds = time.monotonic() - began
        complaints = await comparison.collect_complaints(cluster, staying)
    complaints += [words for one in gone for words in one.audit.wrong]
    complaints += [f"a steady one had {one.audit.sockets}" for one in staying if one.lives > 1]
    return complaints, {one.stopped.code for one in gone if one.stopped}, seconds


# An account changes hands


async def move_account_between_users(cluster: Cluster, seed: int, times: int) -> list[str]:
    """Again and again, from one to the other, while both listen at every server."""
    chance = make_random(seed)
    pair = await create_users(2)
    both = open_tabs(cluster, pair, 3, chance)
    api_key = secrets.token_hex(16)
    async with run_clients(both):
        await cluster.write(pair, seed=seed, pace=PACE)
        for turn in range(times):
            await in_thread(_own_for_a_moment, pair[turn % 2], api_key)
            await asyncio.sleep(chance.uniform(0, 0.05))
        return await comparison.collect_complaints(cluster, both)


def _own_for_a_moment(person: ChaosUser, api_key: str) -> None:
    key = actions.attach(
        user=person.user,
        label=owner_mark(person.id, "bought"),
        venue="binance",
        market="spot",
        api_key=api_key,
        secret="s" * 32,
    )
    actions.rename(key.pk, owner_mark(person.id, "mine"))
    actions.detach(key.pk)
