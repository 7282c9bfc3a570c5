"""/metrics: the installation's figures for Prometheus, protected by a token.

Any web server answers for all processes: each saves its figures in Redis
(realtime/metrics/snapshot.py) and is named by the label `server`. So one address is scraped,
through any proxy, and no process opens a port.
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
from realtime.metrics.snapshot import ServerSummary

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
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Answer 404 without the token, and when the settings have none."""
    expected, received = settings.METRICS_TOKEN, request.headers.get("Authorization", "")
    if not expected or not secrets.compare_digest(received.encode(), f"Bearer {expected}".encode()):
        return HttpResponseNotFound()
    return HttpResponse(render_metrics(), content_type=CONTENT_TYPE_LATEST)


def render_metrics() -> bytes:
    registry = CollectorRegistry()
    registry.register(InstallationCollector())
    return generate_latest(registry)


class InstallationCollector:
    def collect(self) -> Iterator[Metric]:
        summaries, complete = snapshot.read_all()
        yield _make_gauge(
            "figures_complete", "0: only one server could be asked.", [((), complete)]
        )
        yield from _collect_processes(summaries)
        yield from _collect_numbers(summaries)
        yield from _collect_times(summaries)
        yield from _collect_sockets(
            [summary for summary in summaries if summary["role"] == "web" or summary["sockets"]]
        )
        yield from _collect_trading()

    def describe(self) -> Iterable[Metric]:
        """Describe nothing: figures are read only when somebody scrapes."""
        return ()


def _collect_numbers(summaries: Sequence[ServerSummary]) -> Iterator[Metric]:
    """Yield the counters of all processes; the other figures are about sockets."""
    for field, (name, text) in NUMBERS.items():
        number = _make_family(CounterMetricFamily, name, text)
        for summary in summaries:
            number.add_metric([summary["server"]], summary["numbers"].get(field, 0))
        yield number


def _collect_sockets(summaries: Sequence[ServerSummary]) -> Iterator[Metric]:
    connections = _make_family(GaugeMetricFamily, "connections", "Open sockets.", "door")
    traffic = {
        name: _make_family(CounterMetricFamily, name, text, "door", *more)
        for name, text, *more in (
            ("accepts", "Sockets accepted."),
            ("frames", "Frames, by direction.", "direction"),
            ("bytes", "Bytes of frames, by direction.", "direction"),
        )
    }
    for summary in summaries:
        name = summary["server"]
        for door, number in summary["sockets"].items():
            connections.add_metric([name, door], number)
        for door, through in summary["traffic"].items():
            traffic["accepts"].add_metric([name, door], through["accepts"])
            for kind in ("frames", "bytes"):
                for way in ("in", "out"):
                    traffic[kind].add_metric([name, door, way], through[f"{kind}_{way}"])
    yield from (connections, *traffic.values())
    yield from _collect_users(summaries)
    yield from _collect_quantiles(summaries)


def _collect_users(summaries: Sequence[ServerSummary]) -> Iterator[Metric]:
    users = _make_family(GaugeMetricFamily, "users", "People connected.")
    watched = _make_family(GaugeMetricFamily, "instruments", "Instruments watched.")
    for summary in summaries:
        users.add_metric([summary["server"]], summary["users"])
        watched.add_metric([summary["server"]], summary["instruments"])
    yield from (users, watched)
    for field, (name, text, label) in LABELLED.items():
        counter = _make_family(CounterMetricFamily, name, text, label)
        for summary in summaries:
            for value, count in summary["labelled"].get(field, {}).items():
                counter.add_metric([summary["server"], value], count)
        yield counter


def _collect_times(summaries: Sequence[ServerSummary]) -> Iterator[Metric]:
    for field, (name, text) in TIMES.items():
        seconds = _make_family(HistogramMetricFamily, name, text)
        for summary in summaries:
            histogram = Histogram.from_json(summary["times"][field])
            if histogram.count:
                seconds.add_metric([summary["server"]], histogram.cumulative(), histogram.total)
        yield seconds


def _collect_quantiles(summaries: Sequence[ServerSummary]) -> Iterator[Metric]:
    for field, (name, text) in SPREADS.items():
        spread = _make_family(GaugeMetricFamily, name, text, "quantile")
        for summary in summaries:
            histogram = Histogram.from_json(summary[field])  # type: ignore[literal-required]
            for label, share in SHARES.items():
                if (value := histogram.quantile(share)) is not None:
                    spread.add_metric([summary["server"], label], value)
        yield spread


def _make_family(kind: Callable[..., M], name: str, text: str, *labels: str) -> M:
    return kind(f"fillwatch_realtime_{name}", text, labels=["server", *labels])


def _collect_processes(summaries: Sequence[ServerSummary]) -> Iterator[Metric]:
    for field, text in (
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
            ((summary["server"], summary["role"]), summary["process"][field])  # type: ignore[literal-required]
            for summary in summaries
        ]
        known = [(labels, value) for labels, value in rows if value is not None]
        yield _make_gauge(f"process_{field}", text, known, "server", "role")


def _make_gauge(
    name: str, text: str, rows: Iterable[tuple[Sequence[str], float]], *labels: str
) -> Metric:
    gauge = GaugeMetricFamily(f"fillwatch_{name}", text, labels=labels)
    for values, number in rows:
        gauge.add_metric(values, number)
    return gauge


# What trades


def _collect_trading() -> Iterator[Metric]:
    """Yield figures of orders, streams and venues; left out while database or Redis is away."""
    try:
        yield from (_count_orders(), *_measure_oldest_check(), _count_streams())
        yield _list_venues()
    except (DatabaseError, redis.RedisError) as error:
        log.warning("trading metrics not readable", error=str(error))


def _count_orders() -> Metric:
    rows = Order.objects.filter(IS_OPEN).order_by().values_list("status").annotate(Count("pk"))
    named = [((status,), number) for status, number in rows]
    return _make_gauge("open_orders", "Orders that have not ended.", named, "status")


def _measure_oldest_check() -> Iterator[Metric]:
    asked = Order.objects.filter(IS_OPEN, key__is_active=True, checked_at__isnull=False)
    if oldest := asked.aggregate(oldest=Min("checked_at"))["oldest"]:
        age = (timezone.now() - oldest).total_seconds()
        yield _make_gauge("oldest_check_seconds", "Since the longest unchecked order.", [((), age)])


def _count_streams() -> Metric:
    rows = [((state,), number) for state, number in streams_status.count_states().items()]
    return _make_gauge("key_streams", "Streams of keys at their venues.", rows, "state")


def _list_venues() -> Metric:
    rows = [
        (
            (summary["venue"], summary["market"], "yes" if summary["simulated"] else "no"),
            summary["state"] == "open",
        )
        for summary in venue_status.list_all(now=timezone.now())
    ]
    text = "1: the venue may be asked; 0: it told us to wait, or does not answer."
    return _make_gauge("venue_open", text, rows, "venue", "market", "simulated")
