"""Our channel layer, on a real Redis: joined means that the server has said so."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from channels.layers import get_channel_layer

from realtime import layer, publish
from realtime.frames import StreamEvent
from realtime.redis import redis_client

pytestmark = pytest.mark.usefixtures("empty_redis")


class Member:
    """One channel, its groups, and what came to it."""

    def __init__(self, channel: str) -> None:
        self.layer: Any = get_channel_layer()
        self.channel = channel
        self.heard: list[str] = []

    @property
    def connection(self) -> layer.BatchingConnection:
        [connection] = self.layer._get_layer()._shards
        assert isinstance(connection, layer.BatchingConnection)
        return connection

    async def join(self, *groups: str) -> None:
        await asyncio.gather(*(self.layer.group_add(group, self.channel) for group in groups))

    async def leave(self, group: str) -> None:
        await self.layer.group_discard(group, self.channel)

    async def receive(self) -> None:
        while True:
            message = await self.layer.receive(self.channel)
            self.heard.append(message["to"])


def with_member(use: Callable[[Member], Awaitable[None]]) -> None:
    async def run() -> None:
        member = Member(await get_channel_layer().new_channel())
        task = asyncio.create_task(member.receive())
        try:
            async with asyncio.timeout(20):
                await use(member)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


async def send(*users: int) -> None:
    event = StreamEvent(1, "key_update", "{}")
    await asyncio.to_thread(publish.send_events, {user: [event] for user in users})


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 (what is waited for happens elsewhere)
        await asyncio.sleep(0.005)


def count_subscribers(*groups: str) -> int:
    """How many listen to these, as the server sees it."""
    names = [f"fillwatch__group__{group}" for group in groups]
    return sum(number for _, number in redis_client().pubsub_numsub(*names))


def test_a_thousand_at_once_are_all_joined_when_it_says_so() -> None:
    async def use(member: Member) -> None:
        groups = [f"user.{number}" for number in range(1200)]
        await member.join(*groups)
        assert await asyncio.to_thread(count_subscribers, *groups) == 1200
        await send(*range(1200))
        await until(lambda: len(member.heard) == 1200)
        assert sorted(member.heard) == sorted(groups)

    with_member(use)


def test_a_message_to_the_channel_itself_arrives() -> None:
    async def use(member: Member) -> None:
        await member.layer.send(member.channel, {"type": "test", "to": "me"})
        await until(lambda: member.heard == ["me"])

    with_member(use)


def test_left_and_joined_again_at_the_same_moment() -> None:
    async def use(member: Member) -> None:
        await member.join("user.1")
        for number in range(1, 21):
            await member.leave("user.1")
            await member.join("user.1")
            await send(1)
            await until(lambda number=number: len(member.heard) == number)  # type: ignore[misc]

    with_member(use)


def test_left_is_left() -> None:
    async def use(member: Member) -> None:
        await member.join("user.1", "user.2")
        await member.leave("user.1")
        await until(lambda: not count_subscribers("user.1"))
        await send(1, 2)
        await until(lambda: member.heard)
        assert member.heard == ["user.2"]

    with_member(use)


def test_a_cut_connection_is_made_again_with_all_groups() -> None:
    async def use(member: Member) -> None:
        await member.join("user.1", "user.2")
        await asyncio.to_thread(redis_client().client_kill_filter, _type="pubsub")
        await until(lambda: count_subscribers("user.1", "user.2") == 2)
        await send(1, 2)
        await until(lambda: len(member.heard) == 2)

    with_member(use)


def test_a_join_fails_at_once_while_the_server_is_away(settings: Any) -> None:
    config = {"prefix": "fillwatch", "hosts": ["unix:///nowhere.sock"]}
    settings.CHANNEL_LAYERS = {"default": settings.CHANNEL_LAYERS["default"] | {"CONFIG": config}}

    async def use(member: Member) -> None:
        for _ in range(2):
            with pytest.raises(layer.LAYER_ERRORS):
                await member.join("user.1")

    with_member(use)


def test_a_connection_that_died_in_silence_is_given_up() -> None:
    async def use(member: Member) -> None:
        await member.join("user.1")
        before = await asyncio.to_thread(connection_ids)
        member.connection._heard_at -= 2.5 * layer.QUIET_SECONDS
        member.connection._change.set()
        await until(lambda: connection_ids() - before)
        await member.join("user.1")
        await send(1)
        await until(lambda: member.heard)

    with_member(use)


@pytest.mark.parametrize("greets", [True, False])
def test_a_server_that_froze_is_given_up(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, greets: bool
) -> None:
    """Amid the subscriptions of a large process, which it does not take in, or before them."""
    monkeypatch.setattr(layer, "QUIET_SECONDS", 0.2)
    path, connects = tmp_path / "frozen.sock", list[asyncio.StreamWriter]()
    config = {"prefix": "fillwatch", "hosts": [f"unix://{path}"]}
    settings.CHANNEL_LAYERS = {"default": settings.CHANNEL_LAYERS["default"] | {"CONFIG": config}}

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connects.append(writer)
        while greets and (heard := await reader.read(1000)) and b"SUBSCRIBE" not in heard:
            writer.write(b"+OK\r\n" * heard.count(b"CLIENT"))

    async def use(member: Member) -> None:
        server = await asyncio.start_unix_server(greet, path)
        try:
            for number in range(20_000):
                member.connection.want(f"user.{number:0100}")
            await until(lambda: len(connects) > 1)
        finally:
            server.close()
            for writer in connects:
                writer.close()

    with_member(use)


def test_an_idle_connection_is_tested_and_answers() -> None:
    async def use(member: Member) -> None:
        await member.join("user.1")
        before = await asyncio.to_thread(connection_ids)
        member.connection._heard_at -= 1.5 * layer.QUIET_SECONDS
        long_ago = member.connection._heard_at
        member.connection._change.set()
        await until(lambda: member.connection._heard_at > long_ago)
        assert await asyncio.to_thread(connection_ids) == before

    with_member(use)


def test_an_answer_outside_of_a_subscription_is_no_end_of_listening() -> None:
    """A PONG is a plain string as long as nothing is subscribed to."""

    async def use(member: Member) -> None:
        await member.join("user.1")
        connection = member.connection
        await member.leave("user.1")
        await connection.unsubscribe(member.channel)
        await until(lambda: not connection._subscribed_to and not connection._unanswered)
        connection._heard_at -= 1.5 * layer.QUIET_SECONDS
        long_ago = connection._heard_at
        connection._change.set()
        await until(lambda: connection._heard_at > long_ago)
        await member.join("user.1")
        await send(1)
        await until(lambda: member.heard)

    with_member(use)


def connection_ids() -> set[str]:
    return {client["id"] for client in redis_client().client_list(_type="pubsub")}
