"""Publishing: the stock layer's format, one connection, and silence about failures."""

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings as django_settings
from pytest_django import Settings

from realtime import publish
from realtime.counters import counts
from realtime.frames import StreamEvent
from tests.realtime import layers
from tests.services import wait_until

pytestmark = pytest.mark.usefixtures("empty_redis")

EVENT = StreamEvent(1, "key_update", '{"type":"key_update","seq":1}')
CHECKED: Any = {"orders": [1, 2], "checked_at": "2026-01-01T00:00:00Z"}


@pytest.fixture
def spy() -> Iterator[Any]:
    """Everything that is published on the server, as the bytes that it is."""
    with redis.Redis.from_url(django_settings.REDIS_URL) as client, client.pubsub() as pubsub:
        pubsub.psubscribe("fillwatch__group__*")
        assert pubsub.get_message(timeout=5)

        def hear() -> tuple[bytes, bytes]:
            message: Any = wait_until(
                lambda: pubsub.get_message(ignore_subscribe_messages=True, timeout=0.1)
            )
            return message["channel"], message["data"]

        yield hear


@pytest.fixture
def unreachable(settings: Settings) -> publish.Publisher:
    """A publisher whose server does not exist."""
    config = {"prefix": "fillwatch", "hosts": ["unix:///nowhere.sock"]}
    layer = settings.CHANNEL_LAYERS["default"] | {"CONFIG": config}
    settings.CHANNEL_LAYERS = {"default": layer}
    return publish._current_publisher()


@pytest.fixture
def stock_layer(settings: Settings) -> None:
    """Channels' own layer in the place of ours."""
    settings.CHANNEL_LAYERS = layers.with_backend(layers.STOCK)


def test_it_is_the_format_of_the_stock_layer(spy: Any, settings: Settings) -> None:
    config = settings.CHANNEL_LAYERS["default"]["CONFIG"]
    message = publish._build_events_message(7, [EVENT])
    asyncio.run(RedisPubSubChannelLayer(**config).group_send(publish.user_group(7), message))
    theirs = spy()
    publish.send_events({7: [EVENT]})
    assert spy() == theirs


def test_another_layer_sends_the_same(spy: Any, stock_layer: None) -> None:
    before = counts.published
    publish.send_events({7: [EVENT], 8: [EVENT]})
    assert [spy()[0], spy()[0]] == [b"fillwatch__group__user.7", b"fillwatch__group__user.8"]
    assert counts.published == before + 2


def test_another_layer_fails_as_quietly(unreachable: Any, settings: Settings) -> None:
    settings.CHANNEL_LAYERS = layers.with_backend(layers.STOCK)
    before = counts.publish_failures
    publish.send_events({7: [EVENT], 8: [EVENT]})
    assert counts.publish_failures == before + 2


def test_what_is_published_arrives_at_a_channel_of_the_group() -> None:
    async def hear() -> Any:
        layer = get_channel_layer()
        name = await layer.new_channel()
        await layer.group_add(publish.user_group(7), name)
        await asyncio.to_thread(publish.send_events, {7: [EVENT]})
        return await layer.receive(name)

    assert asyncio.run(hear()) == {
        "type": "stream.events",
        "to": "user.7",
        "head": 1,
        "events": [[1, "key_update", EVENT.frame]],
    }


@pytest.mark.parametrize(
    "some",
    [
        [StreamEvent(seq, "key_update", "{}") for seq in range(1, 258)],
        [StreamEvent(1, "key_update", "x" * publish.INLINE_BYTES + "x")],
    ],
)
def test_too_much_is_left_to_the_log(some: list[StreamEvent]) -> None:
    message = publish._build_events_message(7, some)
    assert message["events"] == []
    assert message["head"] == some[-1].seq


def test_many_calls_share_one_connection() -> None:
    publish.send_events({7: [EVENT]})
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        before = client.info("stats")["total_connections_received"]
        for _ in range(50):
            publish.send_events({7: [EVENT], 8: [EVENT]})
        assert client.info("stats")["total_connections_received"] == before


def test_a_failure_is_counted_and_not_raised(unreachable: Any) -> None:
    before = counts.publish_failures
    publish.send_events({7: [EVENT], 8: [EVENT]})
    publish.notify_user(user_id=7, type="orders_checked", data=CHECKED)
    assert counts.publish_failures == before + 3


def test_an_outage_is_logged_once(unreachable: Any, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        unreachable._down_until = unreachable._down_until and 0.0  # the pause is over
        publish.send_events({7: [EVENT]})
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_during_an_outage_nobody_waits(unreachable: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    publish.send_events({7: [EVENT]})
    monkeypatch.setattr(unreachable, "layer", None)  # any attempt would raise
    monkeypatch.setattr(publish, "_current_publisher", lambda: unreachable)
    publish.send_events({7: [EVENT]})


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_gets_a_client_of_its_own(spy: Any) -> None:
    publish.send_events({7: [EVENT]})
    layer = get_channel_layer()
    parents = layer._client(0)
    spy()
    child = os.fork()
    if child == 0:
        publish.send_events({9: [EVENT]})
        os._exit(layer._client(0) is parents)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert spy()[0] == b"fillwatch__group__user.9"
    publish.send_events({8: [EVENT]})
    assert spy()[0] == b"fillwatch__group__user.8"
    assert layer._client(0) is parents


def test_a_note_has_the_fields_that_are_declared(spy: Any) -> None:
    publish.notify_user(user_id=7, type="orders_checked", data=CHECKED)
    spy()
    wrong: Any = {"orders": [1]}
    with pytest.raises(ValueError, match="other fields"):
        publish.notify_user(user_id=7, type="orders_checked", data=wrong)
