"""The figures of all servers as one: added up, and in shares. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from realtime.histogram import Histogram
from realtime.metrics.snapshot import LABELLED, TIMES, Summary

MOST_SHOWN = 50  # users with the most sockets


def of(summaries: Sequence[Summary]) -> dict[str, Any]:
    """What operators want to know of an installation."""
    ages = merged(one["age_seconds"] for one in summaries)
    behind = merged(one["behind_events"] for one in summaries)
    answers = merged(one["answer_seconds"] for one in summaries)
    by_door = added(one["sockets"] for one in summaries)
    return {
        "sockets": sum(by_door.values()),
        "sockets_by_door": by_door,
        "users": users(summaries),
        "top_users": top_users(summaries),
        "age_seconds": _shares(ages, p50=0.5, p90=0.9) | {"oldest": _worst(ages)},
        "behind_events": _shares(behind, p50=0.5, p99=0.99) | {"worst": _worst(behind)},
        "answer_seconds": _shares(answers, p50=0.5, p99=0.99) | {"worst": _worst(answers)},
        "traffic": _traffic(summaries),
        "numbers": added(one["numbers"] for one in summaries),
        **{name: added(one["labelled"][name] for one in summaries) for name in LABELLED},
        "times": {name: _timed(merged(one["times"][name] for one in summaries)) for name in TIMES},
        "servers": [_server(one) for one in summaries],
    }


def added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total = Counter[str]()
    for one in counts:
        total.update(one)
    return dict(sorted(total.items()))


def merged(told: Iterable[dict[str, Any]]) -> Histogram:
    """One of all; there is always at least one server, the one that is asked."""
    first, *others = map(Histogram.from_json, told)
    for other in others:
        first.merge(other)
    return first


def users(summaries: Sequence[Summary]) -> int:
    """How many people; where a server has too many to name, those on two servers count twice."""
    if all(one["users"] == len(one["top_users"]) for one in summaries):
        return len({user for one in summaries for user in one["top_users"]})
    return sum(one["users"] for one in summaries)


def top_users(summaries: Sequence[Summary]) -> list[dict[str, int]]:
    total = Counter(added(one["top_users"] for one in summaries))
    return [
        {"user": int(user), "sockets": number} for user, number in total.most_common(MOST_SHOWN)
    ]


def _traffic(summaries: Sequence[Summary]) -> dict[str, dict[str, int]]:
    doors = sorted({door for one in summaries for door in one["traffic"]})
    return {door: added(one["traffic"].get(door, {}) for one in summaries) for door in doors}


def _shares(histogram: Histogram, **shares: float) -> dict[str, float | None]:
    return {name: _rounded(histogram.quantile(share)) for name, share in shares.items()}


def _worst(histogram: Histogram) -> float | None:
    return _rounded(histogram.worst) if histogram.count else None


def _timed(histogram: Histogram) -> dict[str, float | None]:
    shares = _shares(histogram, p50=0.5, p99=0.99)
    return {"count": histogram.count, **shares, "worst": _worst(histogram)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _server(one: Summary) -> dict[str, Any]:
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
