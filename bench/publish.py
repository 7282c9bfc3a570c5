"""Time from a commit to its frame at the client: through the channel layer, and by the sweep."""

import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from bench import Result, format_ms, name_ms
from bench.support import servers, users
from realtime.client.stream import socket_address

EVENTS, QUICK_EVENTS = 500, 100
WARM_UP = 20  # the first ones open connections
PACE = {"published": 0.01, "sweep only": 0.02}  # seconds between two commits


def run(*, quick: bool) -> Result:
    number = QUICK_EVENTS if quick else EVENTS
    with servers.run_services(), servers.run_web() as url:
        delays = {name: _measure_delays(name, url, number) for name in PACE}
    figures: dict[str, float] = {}
    for name, values in delays.items():
        figures |= name_ms(name, values, 50, 99)
    return Result(
        title=f"Commit to frame at the client, {number} events (ms)",
        columns=["way", "p50", "p99", "worst"],
        rows=[[name, *format_ms(values, 50, 99, 100)] for name, values in delays.items()],
        figures={"events": number, **figures},
        ratios={
            "sweep_only_to_published_p50": round(
                figures["sweep_only_p50_ms"] / figures["published_p50_ms"], 1
            )
        },
    )


def _measure_delays(name: str, url: str, number: int) -> list[float]:
    from channels.layers import channel_layers
    from django.conf import settings
    from django.contrib.auth import get_user_model

    from realtime.layer import BatchingChannelLayer

    user = get_user_model().objects.create_user(name)
    # Under another prefix nobody hears what is sent, and sending it costs the same.
    prefix = "fillwatch" if name == "published" else "unheard"
    channel_layers.set("default", BatchingChannelLayer(prefix=prefix, hosts=[settings.REDIS_URL]))
    with run_listener(user, url) as arrived:
        committed = [commit_event(user.pk, PACE[name]) for _ in range(number)]
        while len(arrived) < number:
            time.sleep(0.01)
    return [arrival - commit for commit, arrival in zip(committed, arrived[:number], strict=True)]


_numbers = itertools.count(1)


def commit_event(user_id: int, pace: float) -> float:
    """Commit one event in a transaction of its own; return when that was."""
    from django.db import transaction

    from realtime import streams

    moments: list[float] = []
    with streams.unit() as unit:
        transaction.on_commit(lambda: moments.append(time.perf_counter()))
        unit.event(user_id=user_id, type="key_update", data=users.key_event_data(next(_numbers)))
    time.sleep(pace)
    return moments[0]


@contextmanager
def run_listener(user: Any, url: str) -> Iterator[list[float]]:
    """A subscribed client in a thread, and when each event came to it."""
    protocols: Any = ["fillwatch.v1", f"bearer.{users.make_bearer(user)}"]
    arrived: list[float] = []
    with connect(
        socket_address(url, "/ws/"), subprotocols=protocols, compression=None, proxy=None
    ) as socket:
        socket.send('{"type":"subscribe"}')
        while json.loads(socket.recv())["type"] != "live":
            pass
        thread = threading.Thread(target=_record_arrivals, args=(socket, arrived))
        thread.start()
        yield arrived
        socket.close()
        thread.join()


def _record_arrivals(socket: ClientConnection, arrived: list[float]) -> None:
    try:
        for text in socket:
            now = time.perf_counter()
            frame = json.loads(text)
            if "seq" in frame:
                arrived.append(now)
            elif frame["type"] == "ping":
                socket.send('{"type":"pong"}')
    except ConnectionClosed:
        return
