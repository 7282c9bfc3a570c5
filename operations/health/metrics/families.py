"""Make metrics in the names and labels that all of them share."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

M = TypeVar("M", bound=Metric)
Rows = Iterable[tuple[Sequence[str], float]]


def make_family(kind: Callable[..., M], name: str, text: str, *labels: str) -> M:
    """Make a metric of the real time, by process."""
    return kind(f"fillwatch_realtime_{name}", text, labels=["server", *labels])


def make_gauge(name: str, text: str, rows: Rows, *labels: str) -> Metric:
    gauge = GaugeMetricFamily(f"fillwatch_{name}", text, labels=labels)
    for values, number in rows:
        gauge.add_metric(values, number)
    return gauge


def make_counter(name: str, text: str, rows: Rows, *labels: str) -> Metric:
    counter = CounterMetricFamily(f"fillwatch_{name}", text, labels=labels)
    for values, number in rows:
        counter.add_metric(values, number)
    return counter
