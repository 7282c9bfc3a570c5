"""Figures of each process: its sockets, its share of the real time, its resources."""

from collections.abc import Iterator, Sequence

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from operations.health.metrics.families import make_family, make_gauge
from realtime.histogram import Histogram
from realtime.metrics import snapshot
from realtime.metrics.snapshot import ServerSummary

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


def collect_processes() -> Iterator[Metric]:
    """Yield what every living process saved, this one's own figures first."""
    summaries, complete = snapshot.read_all()
    yield make_gauge("figures_complete", "0: only one server could be asked.", [((), complete)])
    yield from _collect_resources(summaries)
    yield from _collect_numbers(summaries)
    yield from _collect_times(summaries)
    yield from _collect_sockets(
        [summary for summary in summaries if summary["role"] == "web" or summary["sockets"]]
    )


def _collect_numbers(summaries: Sequence[ServerSummary]) -> Iterator[Metric]:
    """Yield the counters of all processes; the other figures are about sockets."""
    for field, (name, text) in NUMBERS.items():
        number = make_family(CounterMetricFamily, name, text)
        for summary in summaries:
            number.add_metric([summary["server"]], summary["numbers"].get(field, 0))
        yield number


def _collect_sockets(summaries: Sequence[ServerSummary]) -> Iterator[Metric]:
    connections = make_family(GaugeMetricFamily, "connections", "Open sockets.", "door")
    traffic = {
        name: make_family(CounterMetricFamily, name, text, "door", *more)
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
    users = make_family(GaugeMetricFamily, "users", "People connected.")
    watched = make_family(GaugeMetricFamily, "instruments", "Instruments watched.")
    for summary in summaries:
        users.add_metric([summary["server"]], summary["users"])
        watched.add_metric([summary["server"]], summary["instruments"])
    yield from (users, watched)
    for field, (name, text, label) in LABELLED.items():
        counter = make_family(CounterMetricFamily, name, text, label)
        for summary in summaries:
            for value, count in summary["labelled"].get(field, {}).items():
                counter.add_metric([summary["server"], value], count)
        yield counter


def _collect_times(summaries: Sequence[ServerSummary]) -> Iterator[Metric]:
    for field, (name, text) in TIMES.items():
        seconds = make_family(HistogramMetricFamily, name, text)
        for summary in summaries:
            histogram = Histogram.from_json(summary["times"][field])
            if histogram.count:
                seconds.add_metric([summary["server"]], histogram.cumulative(), histogram.total)
        yield seconds


def _collect_quantiles(summaries: Sequence[ServerSummary]) -> Iterator[Metric]:
    for field, (name, text) in SPREADS.items():
        spread = make_family(GaugeMetricFamily, name, text, "quantile")
        for summary in summaries:
            histogram = Histogram.from_json(summary[field])  # type: ignore[literal-required]
            for label, share in SHARES.items():
                if (value := histogram.quantile(share)) is not None:
                    spread.add_metric([summary["server"], label], value)
        yield spread


def _collect_resources(summaries: Sequence[ServerSummary]) -> Iterator[Metric]:
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
        yield make_gauge(f"process_{field}", text, known, "server", "role")
