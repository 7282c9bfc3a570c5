"""The figures of all servers as one: added up, and in shares. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from realtime.histogram import Histogram
from realtime.metrics.snapshot import LABELLED, TIMES, ServerSummary

MOST_SHOWN = 50  # users with the most sockets


def sum_up(summaries: Sequence[ServerSummary]) -> dict[str, Any]:
    """Add up the servers' summaries for operators."""
    ages = merge_histograms(summary["age_seconds"] for summary in summaries)
    behind = merge_histograms(summary["behind_events"] for summary in summaries)
    answers = merge_histograms(summary["answer_seconds"] for summary in summaries)
    by_endpoint = add_counts(summary["sockets"] for summary in summaries)
    return {
        "sockets": sum(by_endpoint.values()),
        "sockets_by_door": by_endpoint,
        "users": count_users(summaries),
        "top_users": rank_users(summaries),
        "age_seconds": _get_quantiles(ages, p50=0.5, p90=0.9) | {"oldest": _get_worst(ages)},
        "behind_events": _describe_spread(behind),
        "answer_seconds": _describe_spread(answers),
        "traffic": _sum_traffic(summaries),
        "numbers": add_counts(summary["numbers"] for summary in summaries),
        **{
            name: add_counts(summary["labelled"][name] for summary in summaries)
            for name in LABELLED
        },
        "times": {
            name: _describe_times(merge_histograms(summary["times"][name] for summary in summaries))
            for name in TIMES
        },
        "servers": [_describe_server(summary) for summary in summaries],
    }


def add_counts(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total = Counter[str]()
    for labels in counts:
        total.update(labels)
    return dict(sorted(total.items()))


def merge_histograms(histograms: Iterable[dict[str, Any]]) -> Histogram:
    """Merge histograms into one; there is at least one, of the server that answers."""
    first, *others = map(Histogram.from_json, histograms)
    for other in others:
        first.merge(other)
    return first


def count_users(summaries: Sequence[ServerSummary]) -> int:
    """Count the users; where a server has too many to name, a user on two servers counts twice."""
    if all(summary["users"] == len(summary["top_users"]) for summary in summaries):
        return len({user for summary in summaries for user in summary["top_users"]})
    return sum(summary["users"] for summary in summaries)


def rank_users(summaries: Sequence[ServerSummary]) -> list[dict[str, int]]:
    total = Counter(add_counts(summary["top_users"] for summary in summaries))
    return [
        {"user": int(user), "sockets": number} for user, number in total.most_common(MOST_SHOWN)
    ]


def _sum_traffic(summaries: Sequence[ServerSummary]) -> dict[str, dict[str, int]]:
    endpoints = sorted({endpoint for summary in summaries for endpoint in summary["traffic"]})
    return {
        endpoint: add_counts(summary["traffic"].get(endpoint, {}) for summary in summaries)
        for endpoint in endpoints
    }


def _get_quantiles(histogram: Histogram, **shares: float) -> dict[str, float | None]:
    return {name: _round_or_none(histogram.quantile(share)) for name, share in shares.items()}


def _get_worst(histogram: Histogram) -> float | None:
    return _round_or_none(histogram.worst) if histogram.count else None


def _describe_spread(histogram: Histogram) -> dict[str, float | None]:
    return _get_quantiles(histogram, p50=0.5, p99=0.99) | {"worst": _get_worst(histogram)}


def _describe_times(histogram: Histogram) -> dict[str, float | None]:
    return {"count": histogram.count, **_describe_spread(histogram)}


def _round_or_none(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _describe_server(summary: ServerSummary) -> dict[str, Any]:
    return {
        "server": summary["server"],
        "role": summary["role"],
        "began_at": summary["began_at"],
        "said_at": summary["said_at"],
        "sockets": sum(summary["sockets"].values()),
        "users": summary["users"],
        "instruments": summary["instruments"],
        **summary["process"],
    }
