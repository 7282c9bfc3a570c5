"""/metrics: the installation's figures as Prometheus reads them, for whoever knows the token.

Any web server answers for all processes: each lays its figures down in Redis
(see realtime/metrics/snapshot.py), and each is named by the label `server`. So one address is
scraped, through whatever proxy stands there, and no process opens a port.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import redis
import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from exchanges.limits import venue_status
from exchanges.streams import status as streams_status
from orders.models import IS_OPEN, Order
from realtime.histogram import Histogram
from realtime.metrics import snapshot
from realtime.metrics.snapshot import Summary

log = structlog.get_logger(__name__)
M = TypeVar("M", bound=Metric)

NUMBERS = {
    "published": ("publishes", "Messages given to the channel layer."),
    "publish_failures": ("publish_errors", "Messages that the channel layer did not take."),
    "repairs": ("sweep_repairs", "Sockets that learned of events by the sweep alone."),
    "log_reads": ("log_reads", "Pages of the log that sockets read."),
    "slow_closed": ("send_timeouts", "Sockets closed because they did not read."),
    "join_failures": ("join_errors", "Groups that could not be joined or left at once."),
    "sweep_failures": ("sweep_errors", "Sweeps that could not read the database."),
    "pruned": ("pruned_events", "Old events forgotten."),
    "canary_lost": ("canary_lost", "Events to the canary that were not heard within 10 s."),
}
LABELLED = {
    "closes": ("closes", "Sockets that we closed.", "code"),
    "left": ("client_closes", "Sockets that their clients closed.", "code"),
    "resumes": ("resumes", "Subscriptions: fresh, live, or why they were reset.", "result"),
    "strikes": ("strikes", "Frames that were wrong.", "code"),
}
TIMES = {
    "commit_to_send": ("commit_to_send_seconds", "From an event's record to its socket; sampled."),
    "sweep_seconds": ("sweep_seconds", "One sweep of all sockets of a process."),
    "loop_lag": ("loop_lag_seconds", "How late the loop wakes what is due."),
    "canary": ("canary_seconds", "From writing to hearing, as the canary measures it."),
}
SPREADS = {
    "age_seconds": ("socket_age_seconds", "How long open sockets have been open."),
    "behind_events": ("client_lag_events", "Events not seen yet at the last pong."),
    "answer_seconds": ("client_lag_seconds", "From the last ping to its pong."),
}
SHARES = {"0.5": 0.5, "0.99": 0.99, "1": 1.0}


@require_safe
def view(request: HttpRequest) -> HttpResponse:
    """Without a token in the settings there is nothing here, nor for who does not know it."""
    expected, said = settings.METRICS_TOKEN, request.headers.get("Authorization", "")
    if not expected or not secrets.compare_digest(said.encode(), f"Bearer {expected}".encode()):
        return HttpResponseNotFound()
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def exposition() -> bytes:
    registry = CollectorRegistry()
    registry.register(Everything())
    return generate_latest(registry)


class Everything:
    def collect(self) -> Iterator[Metric]:
        summaries, complete = snapshot.everywhere()
        yield _gauge("figures_complete", "0: only one server could be asked.", [((), complete)])
        yield from _processes(summaries)
        yield from _published(summaries)
        yield from _timed(summaries)
        yield from _sockets([one for one in summaries if one["role"] == "web" or one["sockets"]])
        yield from _installation()

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked before somebody scrapes."""
        return ()


def _published(summaries: Sequence[Summary]) -> Iterator[Metric]:
    """What every process may count; the rest is about sockets, which only the web has."""
    for field, (name, words) in NUMBERS.items():
        number = _family(CounterMetricFamily, name, words)
        for one in summaries:
            number.add_metric([one["server"]], one["numbers"].get(field, 0))
        yield number


def _sockets(summaries: Sequence[Summary]) -> Iterator[Metric]:
    connections = _family(GaugeMetricFamily, "connections", "Open sockets.", "door")
    traffic = {
        name: _family(CounterMetricFamily, name, words, "door", *more)
        for name, words, *more in (
            ("accepts", "Sockets accepted."),
            ("frames", "Frames, by direction.", "direction"),
            ("bytes", "Bytes of frames, by direction.", "direction"),
        )
    }
    for one in summaries:
        name = one["server"]
        for door, number in one["sockets"].items():
            connections.add_metric([name, door], number)
        for door, through in one["traffic"].items():
            traffic["accepts"].add_metric([name, door], through["accepts"])
            for kind in ("frames", "bytes"):
                for way in ("in", "out"):
                    traffic[kind].add_metric([name, door, way], through[f"{kind}_{way}"])
    yield from (connections, *traffic.values())
    yield from _plain(summaries)
    yield from _spread(summaries)


def _plain(summaries: Sequence[Summary]) -> Iterator[Metric]:
    users = _family(GaugeMetricFamily, "users", "People connected.")
    watched = _family(GaugeMetricFamily, "instruments", "Instruments watched.")
    for one in summaries:
        users.add_metric([one["server"]], one["users"])
        watched.add_metric([one["server"]], one["instruments"])
    yield from (users, watched)
    for field, (name, words, label) in LABELLED.items():
        counter = _family(CounterMetricFamily, name, words, label)
        for one in summaries:
            for value, count in one["labelled"].get(field, {}).items():
                counter.add_metric([one["server"], value], count)
        yield counter


def _timed(summaries: Sequence[Summary]) -> Iterator[Metric]:
    for field, (name, words) in TIMES.items():
        seconds = _family(HistogramMetricFamily, name, words)
        for one in summaries:
            told = Histogram.from_json(one["times"][field])
            if told.count:
                seconds.add_metric([one["server"]], told.cumulative(), told.total)
        yield seconds


def _spread(summaries: Sequence[Summary]) -> Iterator[Metric]:
    for field, (name, words) in SPREADS.items():
        spread = _family(GaugeMetricFamily, name, words, "quantile")
        for one in summaries:
            told = Histogram.from_json(one[field])  # type: ignore[literal-required]
            for label, share in SHARES.items():
                if (value := told.quantile(share)) is not None:
                    spread.add_metric([one["server"], label], value)
        yield spread


def _family(kind: Callable[..., M], name: str, words: str, *labels: str) -> M:
    return kind(f"fillwatch_realtime_{name}", words, labels=["server", *labels])


def _processes(summaries: Sequence[Summary]) -> Iterator[Metric]:
    for field, words in (
        ("tasks", "Tasks of asyncio."),
        ("groups", "Groups of the channel layer that are listened to."),
        ("threads", "Threads."),
        ("connections_open", "Connections of the database pool."),
        ("connections_used", "Of them, in use."),
        ("descriptors", "Open file descriptors."),
        ("rss_bytes", "Resident memory."),
        ("cpu_seconds", "Processor time since the process began."),
    ):
        rows = [
            ((one["server"], one["role"]), one["process"][field])  # type: ignore[literal-required]
            for one in summaries
        ]
        known = [(labels, value) for labels, value in rows if value is not None]
        yield _gauge(f"process_{field}", words, known, "server", "role")


def _gauge(
    name: str, words: str, rows: Iterable[tuple[Sequence[str], float]], *labels: str
) -> Metric:
    gauge = GaugeMetricFamily(f"fillwatch_{name}", words, labels=labels)
    for values, number in rows:
        gauge.add_metric(values, number)
    return gauge


# What trades


def _installation() -> Iterator[Metric]:
    """Read where it stands; while the database or Redis is away, this part is missing."""
    try:
        yield from (_orders(), *_oldest_check(), _streams())
        yield _venues()
    except (DatabaseError, redis.RedisError) as error:
        log.warning("some metrics cannot be read", error=str(error))


def _orders() -> Metric:
    rows = Order.objects.filter(IS_OPEN).order_by().values_list("status").annotate(Count("pk"))
    named = [((status,), number) for status, number in rows]
    return _gauge("open_orders", "Orders that have not ended.", named, "status")


def _oldest_check() -> Iterator[Metric]:
    asked = Order.objects.filter(IS_OPEN, key__is_active=True, checked_at__isnull=False)
    if oldest := asked.aggregate(oldest=Min("checked_at"))["oldest"]:
        age = (timezone.now() - oldest).total_seconds()
        yield _gauge("oldest_check_seconds", "Since the longest unchecked order.", [((), age)])


def _streams() -> Metric:
    rows = [((state,), number) for state, number in streams_status.states().items()]
    return _gauge("key_streams", "Streams of keys at their venues.", rows, "state")


def _venues() -> Metric:
    rows = [
        ((one["venue"], one["market"], "yes" if one["simulated"] else "no"), one["state"] == "open")
        for one in venue_status.list_all(now=timezone.now())
    ]
    words = "1: the venue may be asked; 0: it told us to wait, or does not answer."
    return _gauge("venue_open", words, rows, "venue", "market", "simulated")
