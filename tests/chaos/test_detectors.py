"""The suite finds what it looks for: faults that no server can mend are seen and named."""

import asyncio
from collections.abc import Sequence

import pytest
from channels.layers import get_channel_layer
from pytest_django import Settings

from realtime import publish, streams
from tests.chaos import comparison
from tests.chaos.account_changes import open_tabs
from tests.chaos.clients.honest import HonestClient, run_clients
from tests.chaos.servers import resources
from tests.chaos.servers.cluster import Cluster, in_thread
from tests.chaos.servers.faulty_layer import FaultyChannelLayer
from tests.chaos.servers.user_activity import ChaosUser, write_events
from tests.chaos.storm import create_users, make_random
from tests.realtime.event_log import read_events
from tests.realtime.socket.wire import web_thread
from users.models import User


async def _listeners(cluster: Cluster, number: int) -> tuple[list[ChaosUser], list[HonestClient]]:
    who = await create_users(number)
    return who, open_tabs(cluster, who, 1, make_random(1))


def test_a_frame_told_to_the_wrong_group_is_seen(cluster: Cluster) -> None:
    async def play() -> Sequence[str]:
        (one, other), listeners = await _listeners(cluster, 2)
        async with run_clients(listeners):
            await comparison.wait_until_caught_up(listeners)
            await in_thread(_misaddress, one, other)
            await comparison.wait_until_caught_up(listeners)
            await in_thread(write_events, other, 1)
            await comparison.wait_until_caught_up(listeners)
        return listeners[1].audit.wrong

    [*wrong] = asyncio.run(play())
    assert any("others" in words for words in wrong)


def _misaddress(owner: ChaosUser, listener: ChaosUser) -> None:
    """Publish to the wrong user, under the number that this user expects next."""
    [event] = read_events(owner.id, 0, 1)
    seq = streams.fetch_head(listener.id).seq + 1
    message = {
        "type": "stream.events",
        "to": publish.user_group(listener.id),
        "head": seq,
        "events": [(seq, event.type, event.frame.replace('"seq":1,', f'"seq":{seq},'))],
    }
    publish._send_messages([message])


@pytest.fixture
def deaf_layer(cluster: Cluster, settings: Settings) -> FaultyChannelLayer:
    """Nothing that this process publishes arrives; and no server here sweeps."""
    backend = {"BACKEND": "tests.chaos.servers.faulty_layer.FaultyChannelLayer"}
    settings.CHANNEL_LAYERS = {"default": settings.CHANNEL_LAYERS["default"] | backend}
    layer: FaultyChannelLayer = get_channel_layer()
    layer.skips, layer.faulty = 1.0, True
    settings.REALTIME = settings.REALTIME | {"SWEEP_SECONDS": 3600.0}
    return layer


def test_without_the_sweep_what_the_layer_drops_is_missed(
    cluster: Cluster, deaf_layer: FaultyChannelLayer
) -> None:
    async def play(door: str) -> None:
        [person] = await create_users(1)
        listener = HonestClient(
            cluster, person, make_random(1), since=person.start, door=lambda: door
        )
        async with run_clients([listener]):
            await in_thread(write_events, person, 3)
            with pytest.raises(AssertionError, match="After 1 s still not: all at"):
                await comparison.wait_until_caught_up([listener], 1.0)
            listener.audit.compare_with(
                await in_thread(comparison.expected_numbers, listener.audit), {}
            )
            assert listener.audit.verdicts["lost"]
            deaf_layer.faulty = False  # what comes next shows what was missed, without any sweep
            await in_thread(write_events, person, 1)
            await comparison.wait_until_caught_up([listener])

    with web_thread() as door:
        asyncio.run(play(door))


def test_what_is_held_is_seen(cluster: Cluster, staff_user: User) -> None:
    """A socket that stays is a group, a descriptor and more that a warm server does not hold."""

    async def play() -> list[str]:
        _, listeners = await _listeners(cluster, 6)
        warm = await resources.wait_until_empty(cluster, staff_user)
        async with run_clients(listeners):
            return (await resources.measure_cluster(cluster, staff_user)).complaints(warm)

    complaints = " ".join(asyncio.run(play()))
    for what in ("groups are left", "sockets are left", "tasks, warm"):
        assert what in complaints
