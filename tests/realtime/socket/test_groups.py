"""The groups that a process is in, on a real Redis: joined means that the server has said so."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from realtime import publish
from realtime.frames import Recorded
from realtime.redis import redis_client
from realtime.socket import groups
from realtime.socket.groups import Groups

Heard = list[str]


def with_groups(use: Callable[[Groups, Heard], Awaitable[None]]) -> None:
    async def run() -> None:
        heard: Heard = []
        listening = Groups(lambda group, _: heard.append(group))
        task = asyncio.create_task(listening.listen())
        try:
            async with asyncio.timeout(20):
                await use(listening, heard)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    asyncio.run(run())


async def tell(*users: int) -> None:
    event = Recorded(1, "key_update", "{}")
    await asyncio.to_thread(publish.events, {user: [event] for user in users})


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 (what is waited for happens elsewhere)
        await asyncio.sleep(0.005)


async def join(listening: Groups, *names: str) -> None:
    for name in names:
        listening.want(name)
    await asyncio.gather(*map(listening.joined, names))


def subscribed(*names: str) -> int:
    """How many of these somebody listens to, as the server sees it."""
    asked = [f"fillwatch__group__{name}" for name in names]
    return sum(number for _, number in redis_client().pubsub_numsub(*asked))


def test_a_thousand_at_once_are_all_joined_when_it_says_so() -> None:
    async def use(listening: Groups, heard: Heard) -> None:
        names = [f"user.{number}" for number in range(1200)]
        await join(listening, *names)
        assert await asyncio.to_thread(subscribed, *names) == 1200
        await tell(*range(1200))
        await until(lambda: len(heard) == 1200)
        assert sorted(heard) == sorted(names)

    with_groups(use)


def test_left_and_joined_again_at_the_same_moment() -> None:
    async def use(listening: Groups, heard: Heard) -> None:
        await join(listening, "user.1")
        for _ in range(20):
            listening.drop("user.1")
            await join(listening, "user.1")
            before = len(heard)
            await tell(1)
            await until(lambda before=before: len(heard) > before)  # type: ignore[misc]

    with_groups(use)


def test_left_is_left() -> None:
    async def use(listening: Groups, heard: Heard) -> None:
        await join(listening, "user.1", "user.2")
        listening.drop("user.1")
        await until(lambda: not subscribed("user.1"))
        await tell(1, 2)
        await until(lambda: heard)
        assert heard == ["user.2"]
        assert len(listening) == 1

    with_groups(use)


def test_a_cut_connection_is_made_again_with_all_groups() -> None:
    async def use(listening: Groups, heard: Heard) -> None:
        await join(listening, "user.1", "user.2")
        await asyncio.to_thread(redis_client().client_kill_filter, _type="pubsub")
        await until(lambda: subscribed("user.1", "user.2") == 2)
        await tell(1, 2)
        await until(lambda: len(heard) == 2)

    with_groups(use)


def test_a_connection_that_died_in_silence_is_given_up() -> None:
    async def use(listening: Groups, heard: Heard) -> None:
        await join(listening, "user.1")
        before = await asyncio.to_thread(connection_ids)
        listening._heard_at -= 2.5 * groups.QUIET_SECONDS
        listening.check()
        await until(lambda: connection_ids() - before)
        await join(listening, "user.1")
        await tell(1)
        await until(lambda: heard)

    with_groups(use)


def test_an_idle_connection_is_tried_and_answers() -> None:
    async def use(listening: Groups, heard: Heard) -> None:
        await join(listening, "user.1")
        before = await asyncio.to_thread(connection_ids)
        listening._heard_at -= 1.5 * groups.QUIET_SECONDS
        long_ago = listening._heard_at
        listening.check()
        await until(lambda: listening._heard_at > long_ago)
        assert await asyncio.to_thread(connection_ids) == before

    with_groups(use)


def connection_ids() -> set[str]:
    return {one["id"] for one in redis_client().client_list(_type="pubsub")}
