"""The consumer under Channels' own test client, with each layer that Channels users know."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from pytest_django import Settings

from config.asgi import application
from realtime.counters import counts
from realtime.endpoints import ENDPOINTS
from realtime.presence import presence
from realtime.socket import hub
from realtime.socket.consumers import StreamConsumer
from tests.realtime import checking, layers
from tests.realtime.socket.wire import Frame, bearer, token, write
from users.models import User

PATIENCE = 20.0


class Tab(WebsocketCommunicator):  # type: ignore[misc]  # channels is untyped
    """Channels' test client, with our frames."""

    async def say(self, type: str, **data: Any) -> None:
        await self.send_json_to({"type": type, "data": data})

    async def next(self, *types: str) -> Frame:
        while True:
            frame: Frame = await self.receive_json_from(timeout=PATIENCE)
            checking.check(frame)
            if not types or frame["type"] in types:
                return frame

    async def go_live(self) -> None:
        assert (await self.connect(timeout=PATIENCE))[0]
        await self.say("subscribe", since=None)
        await self.next("live")


OpenTab = Callable[..., Awaitable[Tab]]


@pytest.fixture
async def open_tab(transactional_db: None) -> AsyncIterator[OpenTab]:
    """Open a signed-in, subscribed tab: await open_tab(user)."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(presence.end_presence)

        async def open_live(user: User, path: str = "/ws/") -> Tab:
            tab = Tab(application, path, subprotocols=bearer(token(user)))
            stack.push_async_callback(tab.disconnect, timeout=PATIENCE)
            await tab.go_live()
            return tab

        yield open_live
    assert not hub.list_hubs()


@sync_to_async
def write_and_close(user: User, *numbers: int) -> None:
    write(user, *numbers)
    connection.close()


@pytest.fixture(params=layers.BACKENDS)
def any_layer(request: pytest.FixtureRequest, settings: Settings) -> None:
    settings.CHANNEL_LAYERS = layers.with_backend(request.param)


async def test_events_arrive_by_any_layer(
    any_layer: None, open_tab: OpenTab, user: User, other_user: User
) -> None:
    tabs = [await open_tab(user), await open_tab(user, "/ws/trading/")]
    other, repairs = await open_tab(other_user), counts.repairs
    for number in range(1, 6):
        await write_and_close(user, number)
        assert [(await tab.next("key_update"))["seq"] for tab in tabs] == [number, number]
    assert await other.receive_nothing()
    assert counts.repairs == repairs


async def test_who_comes_back_is_joined_again_by_any_layer(
    any_layer: None, open_tab: OpenTab, user: User
) -> None:
    stays, repairs = await open_tab(user), counts.repairs
    for number in range(1, 4):
        passing = await open_tab(user)
        await write_and_close(user, number)
        assert (await passing.next("key_update"))["seq"] == number
        assert (await stays.next("key_update"))["seq"] == number
        await passing.disconnect(timeout=PATIENCE)
    assert counts.repairs == repairs


async def test_the_consumer_alone(transactional_db: None, user: User) -> None:
    endpoint = StreamConsumer.as_asgi(endpoint=ENDPOINTS["market"])
    tab = Tab(endpoint, "/anywhere/")
    assert await tab.connect(timeout=PATIENCE) == (True, None)
    assert (await tab.next())["data"]["topics"] == ["books", "prices"]
    await tab.say("ping")
    assert (await tab.next())["type"] == "pong"
    await tab.disconnect(timeout=PATIENCE)
    await presence.end_presence()
    assert not hub.list_hubs()


@pytest.mark.parametrize("path", ["/ws", "/ws/market"])
async def test_the_last_slash_may_be_left_out(
    transactional_db: None, user: User, path: str
) -> None:
    tab = Tab(application, path)
    assert await tab.connect(timeout=PATIENCE) == (True, None)
    assert (await tab.next())["type"] == "hello"
    await tab.disconnect(timeout=PATIENCE)
    await presence.end_presence()


async def test_a_path_where_nothing_is() -> None:
    tab = Tab(application, "/ws/nothing/")
    assert await tab.connect(timeout=PATIENCE) == (False, 4404)


async def test_a_foreign_page_may_not_use_a_session(client: Client) -> None:
    name = django_settings.SESSION_COOKIE_NAME.encode()
    headers = [(b"origin", b"https://evil.example"), (b"cookie", name + b"=abc")]
    tab = Tab(application, "/ws/", headers=headers)
    assert await tab.connect(timeout=PATIENCE) == (False, 4503)


async def test_the_chosen_subprotocol_is_the_one_without_the_token(
    transactional_db: None, user: User
) -> None:
    tab = Tab(application, "/ws/", subprotocols=bearer(token(user)))
    assert await tab.connect(timeout=PATIENCE) == (True, "fillwatch.v1")
    assert (await tab.next("ready"))["data"]["user"] == user.pk
    await tab.disconnect(timeout=PATIENCE)
    await presence.end_presence()


async def test_garbage_ends_it_with_the_close_code(transactional_db: None) -> None:
    tab = Tab(application, "/ws/")
    await tab.connect(timeout=PATIENCE)
    await tab.send_to(text_data="{")
    assert (await tab.next("bye"))["data"]["code"] == 4501
    end = await tab.receive_output(timeout=PATIENCE)
    assert (end["type"], end["code"]) == ("websocket.close", 4501)
    await tab.wait(timeout=PATIENCE)
    await presence.end_presence()
    assert not hub.list_hubs()
