"""The queues of the workers: how long they are, and a round trip through each of them.

The health check queues a task on every queue, and a worker that takes it up notes how long it
waited. So a queue that nobody serves shows, and one whose threads all hang.
"""

import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from celery import current_app
from django.conf import settings

from realtime import redis as realtime_redis

ECHO_TASK: Final = "operations.echo_queue"
ECHOES: Final = "fillwatch:health:echoes"  # a hash: the last round trip of each queue
EXPIRES: Final = 60


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """Ages in seconds; None where nothing waits, or no round trip has been made."""

    name: str
    depth: int
    oldest_seconds: float | None
    echo_seconds: float | None
    echo_age: float | None


def list_queues() -> list[str]:
    return sorted({settings.CELERY_TASK_DEFAULT_QUEUE, settings.ORDER_CHECK_QUEUE})


def send_echoes() -> None:
    for queue in list_queues():
        arguments = [queue, time.time()]
        current_app.send_task(ECHO_TASK, args=arguments, queue=queue, expires=EXPIRES, retry=False)


def note_echo(queue: str, sent_at: float) -> None:
    now = time.time()
    echo = json.dumps({"at": now, "seconds": max(0.0, now - sent_at)})
    realtime_redis.redis_client().hset(ECHOES, queue, echo)


def read_queues(*, now: datetime) -> list[QueueFacts]:
    """Read all queues; raises what the broker's client or Redis raises."""
    echoes = realtime_redis.redis_client().hgetall(ECHOES)
    with current_app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        return [
            _read_queue(channel, name, json.loads(echoes.get(name, "{}")), now.timestamp())
            for name in list_queues()
        ]


def _read_queue(channel: Any, name: str, echo: dict[str, float], now: float) -> QueueFacts:
    client = getattr(channel, "client", None)  # of Redis; another broker only tells the number
    if client is None:
        depth, oldest = int(channel.queue_declare(name, passive=True).message_count), None
    else:
        depth = int(client.llen(name))
        prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("global_keyprefix", "")
        oldest = _read_age(client.lindex(f"{prefix}{name}", -1), now)
    age = now - echo["at"] if echo else None
    return QueueFacts(name, depth, oldest, echo.get("seconds"), age)


def _read_age(message: bytes | None, now: float) -> float | None:
    """Return the age of a queued message; config/celery.py writes its time into it."""
    if message is None:
        return None
    sent_at = json.loads(message).get("headers", {}).get("sent_at")
    return None if sent_at is None else max(0.0, now - float(sent_at))
