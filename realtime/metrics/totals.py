"""The figures of all servers as one: added up, and in shares. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from realtime.histogram import Histogram
from realtime.metrics.snapshot import LABELLED, TIMES, ServerSummary

MOST_SHOWN = 50  # users with the most sockets


def sum_up(summaries: Sequence[ServerSummary]) -> dict[str, Any]:
    """Add up the servers' summaries for operators."""
    ages = merge_histograms(one["age_seconds"] for one in summaries)
    behind = merge_histograms(one["behind_events"] for one in summaries)
    answers = merge_histograms(one["answer_seconds"] for one in summaries)
    by_door = add_counts(one["sockets"] for one in summaries)
    return {
        "sockets": sum(by_door.values()),
        "sockets_by_door": by_door,
        "users": count_users(summaries),
        "top_users": rank_users(summaries),
        "age_seconds": _get_quantiles(ages, p50=0.5, p90=0.9) | {"oldest": _get_worst(ages)},
        "behind_events": _get_quantiles(behind, p50=0.5, p99=0.99) | {"worst": _get_worst(behind)},
        "answer_seconds": _get_quantiles(answers, p50=0.5, p99=0.99)
        | {"worst": _get_worst(answers)},
        "traffic": _sum_traffic(summaries),
        "numbers": add_counts(one["numbers"] for one in summaries),
        **{name: add_counts(one["labelled"][name] for one in summaries) for name in LABELLED},
        "times": {
            name: _describe_times(merge_histograms(one["times"][name] for one in summaries))
            for name in TIMES
        },
        "servers": [_describe_server(one) for one in summaries],
    }


def add_counts(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total = Counter[str]()
    for one in counts:
        total.update(one)
    return dict(sorted(total.items()))


def merge_histograms(told: Iterable[dict[str, Any]]) -> Histogram:
    """One of all; there is always at least one server, the one that is asked."""
    first, *others = map(Histogram.from_json, told)
    for other in others:
        first.merge(other)
    return first


def count_users(summaries: Sequence[ServerSummary]) -> int:
    """Count the users; where a server has too many to name, a user on two servers counts twice."""
    if all(one["users"] == len(one["top_users"]) for one in summaries):
        return len({user for one in summaries for user in one["top_users"]})
    return sum(one["users"] for one in summaries)


def rank_users(summaries: Sequence[ServerSummary]) -> list[dict[str, int]]:
    total = Counter(add_counts(one["top_users"] for one in summaries))
    return [
        {"user": int(user), "sockets": number} for user, number in total.most_common(MOST_SHOWN)
    ]


def _sum_traffic(summaries: Sequence[ServerSummary]) -> dict[str, dict[str, int]]:
    endpoints = sorted({endpoint for one in summaries for endpoint in one["traffic"]})
    return {
        endpoint: add_counts(one["traffic"].get(endpoint, {}) for one in summaries)
        for endpoint in endpoints
    }


def _get_quantiles(histogram: Histogram, **shares: float) -> dict[str, float | None]:
    return {name: _round(histogram.quantile(share)) for name, share in shares.items()}


def _get_worst(histogram: Histogram) -> float | None:
    return _round(histogram.worst) if histogram.count else None


def _describe_times(histogram: Histogram) -> dict[str, float | None]:
    shares = _get_quantiles(histogram, p50=0.5, p99=0.99)
    return {"count": histogram.count, **shares, "worst": _get_worst(histogram)}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _describe_server(one: ServerSummary) -> dict[str, Any]:
    return {
        "server": one["server"],
        "role": one["role"],
        "began_at": one["began_at"],
        "said_at": one["said_at"],
        "sockets": sum(one["sockets"].values()),
        "users": one["users"],
        "instruments": one["instruments"],
        **one["process"],
    }
