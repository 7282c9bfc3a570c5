"""Time events from commit to client: ours beside three other ways, to one user and to everybody.

Everybody is one user with as many tabs as there are sockets: for each server one message, and as
many deliveries. The others get the same frame of the same commit by hints of their own.
"""

import asyncio
import contextlib
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench import Result, percentile
from bench.support import rival_servers, servers, websocket_clients
from bench.support import users as people
from bench.support.websocket_clients import Ask, Seat

NAMES: Final = ("ours", "broadcast", "channels", "pubsub")
NUMBERS: Final = (100, 500, 1_000)
QUICK_NUMBERS: Final = (100, 1_000)
TABS: Final = 3
SECONDS, QUICK_SECONDS = 10.0, 3.0
RATE: Final = 500  # events in a second, each to its user
DELIVERIES: Final = 4_000  # in a second, when everybody is told
BURST: Final = 50  # events one after the other, to see how many deliveries go out in a second
PATIENCE: Final = 15.0
Told = dict[tuple[int, int], float]


@dataclass(frozen=True, slots=True)
class FanoutCase:
    """`way` is `user` (one event to one user's tabs) or `all`."""

    server: str
    sockets: int
    way: str
    p50: float
    p99: float
    worst: float
    cpu: float  # microseconds for each delivery
    lost: int

    def row(self) -> list[str]:
        times = (f"{1000 * value:.1f}" for value in (self.p50, self.p99, self.worst))
        return [self.server, self.way, str(self.sockets), *times, f"{self.cpu:.0f}", str(self.lost)]


def run(*, quick: bool) -> Result:
    numbers = QUICK_NUMBERS if quick else NUMBERS
    seconds = QUICK_SECONDS if quick else SECONDS
    with servers.run_services():
        cases = [
            _measure_case(name, way, number, seconds)
            for name in NAMES
            for way in ("user", "all")
            for number in numbers
        ]
        rates = {name: _measure_burst(name, numbers[-1]) for name in NAMES}
        stalled = _measure_stall(numbers[-1], seconds)
    most = numbers[-1]
    by_name = {(case.server, case.way, case.sockets): case for case in cases}
    ours = by_name["ours", "user", most]
    bursts = [[name, f"burst: {rate:.0f}/s", *[""] * 6] for name, rate in rates.items()]
    figures: dict[str, float] = {
        "p50_ms_1000": _to_ms(ours.p50),
        "p99_ms_1000": _to_ms(ours.p99),
        "cpu_us_per_delivery": round(ours.cpu, 1),
        "cpu_us_per_delivery_all": round(by_name["ours", "all", most].cpu, 1),
        "all_p99_ms_1000": _to_ms(by_name["ours", "all", most].p99),
        "deliveries_per_second": round(rates["ours"]),
        "lost": sum(case.lost for case in cases if case.server == "ours"),
        "p99_ms_100": _to_ms(by_name["ours", "user", 100].p99),
        "stalled_p99_delta_ms": _to_ms(stalled),
    }
    return Result(
        title=f"Commit to client in ms: {RATE} events/s to their users' {TABS} tabs, and events "
        f"to all sockets at {DELIVERIES} deliveries/s; a stalled one changes the others' p99 by "
        f"{1000 * stalled:.1f} ms",
        columns=["server", "way", "sockets", "p50", "p99", "worst", "µs/delivery", "lost"],
        rows=[*(case.row() for case in cases), *bursts],
        figures=figures,
        ratios=_compute_ratios(by_name, rates, most),
    )


def _to_ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


def _compute_ratios(
    cases: dict[tuple[str, str, int], FanoutCase], rates: dict[str, float], most: int
) -> dict[str, float]:
    found = {}
    for name in NAMES[1:]:
        for way in ("user", "all"):
            ours, theirs = cases["ours", way, most], cases[name, way, most]
            found[f"{way}_p99_to_{name}"] = round(ours.p99 / theirs.p99, 2)
            found[f"{way}_cpu_to_{name}"] = round(ours.cpu / theirs.cpu, 2)
        found[f"deliveries_to_{name}"] = round(rates["ours"] / rates[name], 2)
    few, many = cases["ours", "user", 100], cases["ours", "user", most]
    return found | {"p50_at_1000_to_100": round(many.p50 / few.p50, 2)}


@contextlib.contextmanager
def _serve_clients(name: str, seats: Sequence[Seat]) -> Iterator[tuple[Any, Ask]]:
    """A server with its clients, all live, and the hints that it gets."""
    port = servers.free_port()
    serving, door = people.run_our_web(port), people.ENDPOINT
    if name != "ours":
        serving, door = people.run_rival(name, port), people.RIVAL_ENDPOINT
        seats = [Seat(seat.user) for seat in seats]
    with (
        serving as server,
        websocket_clients.run_sockets(port, door, seats) as ask,
        _watch_publisher(name),
    ):
        ask("enter")
        yield server, ask


def _measure_case(name: str, way: str, number: int, seconds: float) -> FanoutCase:
    seats = _choose_seats(way, number)
    tabs = Counter(seat.user for seat in seats)
    users = list(tabs)
    rate = RATE if way == "user" else max(4, DELIVERIES // number)
    with _serve_clients(name, seats) as (server, ask):
        _drain_warm_up(ask, _publish_events(users, rate, min(1.0, seconds)), tabs[users[0]])
        before = people.cpu_seconds(server)
        told = _publish_events(users, rate, seconds)
        expected = sum(tabs[user] for user, _ in told)
        delays = ask("delays", told, expected, PATIENCE)
        spent = people.cpu_seconds(server) - before
    return FanoutCase(
        server=name,
        sockets=number,
        way=way,
        p50=percentile(delays, 50),
        p99=percentile(delays, 99),
        worst=percentile(delays, 100),
        cpu=1e6 * spent / len(delays),
        lost=expected - len(delays),
    )


def _choose_seats(way: str, number: int) -> list[Seat]:
    if way == "all":
        return people.build_seats(people.create_users(1), number)
    return people.build_seats(people.create_users(-(-number // TABS)), TABS)[:number]


def _measure_burst(name: str, number: int) -> float:
    """Deliveries in a second, when nobody paces the events."""
    seats = _choose_seats("all", number)
    with _serve_clients(name, seats) as (_, ask):
        _drain_warm_up(ask, _publish_events([seats[0].user], 50, 0.5), number)
        told = _publish_events([seats[0].user], 0, BURST)
        delays = ask("delays", told, BURST * number, PATIENCE)
        seconds: float = ask("last") - min(told.values())
        return len(delays) / seconds


def _measure_stall(number: int, seconds: float) -> float:
    """Measure the extra delay of the others when one client stops reading."""
    seats = _choose_seats("all", number)
    users = [seats[0].user]
    rate = max(4, DELIVERIES // number)
    with _serve_clients("ours", seats) as (_, ask):
        _drain_warm_up(ask, _publish_events(users, rate, 1.0), number)
        p99s = []
        for stalled in (0, 1):
            if stalled:
                ask("forget")  # or what came before counts as what is waited for
                ask("stall", 0)
                # until its pipe is full
                full = _publish_events(users, 0, BURST, label="x" * 20_000)
                _drain_warm_up(ask, full, number - 1)
            told = _publish_events(users, rate, seconds)
            delays = ask("delays", told, len(told) * (number - stalled), PATIENCE)
            p99s.append(percentile(delays, 99))
    return p99s[1] - p99s[0]


def _drain_warm_up(ask: Ask, told: Told, each: int) -> None:
    """Wait for the warm-up events and drop them from the figures."""
    ask("settle", len(told) * each, PATIENCE)
    ask("forget")


# Telling

_numbers = itertools.count(1)


def _publish_events(users: Sequence[int], rate: float, seconds: float, label: str = "main") -> Told:
    """Publish events to one user after the other; return when each was committed."""
    told: Told = {}
    number = round(seconds * rate) if rate else round(seconds)
    began = time.perf_counter()
    turns = itertools.islice(itertools.cycle(users), number)
    for turn, user in enumerate(turns):
        if rate:
            time.sleep(max(0.0, began + turn / rate - time.perf_counter()))
        _commit_event(user, told, label)
    return told


def _commit_event(user: int, told: Told, label: str) -> None:
    """The clock starts when the event is committed, and before the hint is sent."""
    from django.db import transaction

    from realtime import streams

    data = people.key_event_data(next(_numbers), label)
    _heard.clear()
    with streams.unit() as unit:
        moment: list[float] = []
        transaction.on_commit(lambda: moment.append(time.perf_counter()))
        unit.event(user_id=user, type="key_update", data=data)
    told[user, _heard[0]] = moment[0]


_heard: list[int] = []  # the number that the last commit gave its event


class WatchedPublisher:
    """Publishes to ours, or to a peer with the same frames; and remembers which number was told."""

    def __init__(self, ring: Callable[[int, str], None] | None, real: Any) -> None:
        self._ring, self._real = ring, real

    def send(self, messages: Sequence[tuple[str, Any]]) -> None:
        for name, message in messages:
            seq, _, frame = message["events"][0]
            _heard.append(seq)
            if self._ring:
                self._ring(int(name.partition(".")[2]), frame)
        if not self._ring:
            self._real.send(messages)


@contextlib.contextmanager
def _watch_publisher(name: str) -> Iterator[None]:
    from django.conf import settings

    from realtime import publish

    find = publish._current_publisher
    with contextlib.ExitStack() as stack:
        rival = _open_rival(name, settings.REDIS_URL) if name != "ours" else None
        ring = stack.enter_context(rival) if rival else None
        watched: Any = WatchedPublisher(ring, find())
        publish._current_publisher = lambda: watched
        stack.callback(setattr, publish, "_current_publisher", find)
        yield


@contextlib.contextmanager
def _open_rival(name: str, redis_url: str) -> Iterator[Callable[[int, str], None]]:
    if name == "broadcast":
        import redis

        with redis.Redis.from_url(redis_url) as client:
            yield (
                lambda user, frame: client.publish(rival_servers.TOPIC, f"{user} {frame}") and None
            )
        return
    with _run_loop() as call:
        from django.utils.module_loading import import_string

        config: dict[str, Any] = rival_servers.layer_config(name, redis_url)
        layer = import_string(config["BACKEND"])(**config["CONFIG"])
        yield lambda user, frame: call(
            layer.group_send(f"user.{user}", {"type": "told", "frame": frame})
        )
        call(layer.close_pools() if name == "channels" else layer.flush())


@contextlib.contextmanager
def _run_loop() -> Iterator[Callable[[Any], Any]]:
    """A loop in a thread, so that the layer keeps its connections from call to call."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
