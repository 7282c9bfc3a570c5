"""The installation's figures for operators: what is queued, followed, late, used and free."""

from datetime import datetime
from typing import Any

from exchanges.limits import weight_budget
from operations.health.facts import InstallationFacts
from realtime.metrics import snapshot, totals
from realtime.values import format_time, format_time_or_none


def build_figures(facts: InstallationFacts) -> dict[str, Any]:
    """Build the figures; None where what knows them does not answer."""
    return {
        "at": format_time(facts.now),
        "queues": _list_queues(facts),
        "order_checks": _describe_checks(facts),
        "streams": _describe_streams(facts),
        "event_lag_seconds": _measure_lag(facts),
        "clock_offset_seconds": (
            None if isinstance(facts.database, str) else facts.database.clock_offset
        ),
        "budgets": _list_budgets(facts),
        "disk": {"free_bytes": facts.disk_free, "total_bytes": facts.disk_total},
    }


def _list_queues(facts: InstallationFacts) -> list[dict[str, Any]] | None:
    if facts.in_redis is None:
        return None
    return [
        {
            "queue": queue.name,
            "depth": queue.depth,
            "oldest_seconds": queue.oldest_seconds,
            "round_trip_seconds": queue.echo_seconds,
        }
        for queue in facts.in_redis.queues
    ]


def _describe_checks(facts: InstallationFacts) -> dict[str, Any]:
    in_redis, in_database = facts.in_redis, facts.in_database
    oldest = in_database.oldest_check if in_database else None
    return {
        "began_at": format_time_or_none(in_redis.sweep_began if in_redis else None),
        "seconds": in_redis.sweep.seconds if in_redis else None,
        "overruns_this_hour": in_redis.sweep.overruns if in_redis else None,
        "oldest_unchecked_seconds": _count_seconds(facts.now, oldest),
    }


def _count_seconds(now: datetime, at: datetime | None) -> float | None:
    return None if at is None else round(max(0.0, (now - at).total_seconds()), 1)


def _describe_streams(facts: InstallationFacts) -> dict[str, Any] | None:
    known = facts.in_database
    if known is None:
        return None
    followed = sum(count for state, count in known.streams.items() if state != "idle")
    return {
        "processes": known.stream_processes,
        "keys": known.active_keys,
        "followed": followed,
        "silent": known.active_keys - followed,
        "by_state": known.streams,
    }


def _measure_lag(facts: InstallationFacts) -> dict[str, Any] | None:
    """Return how long events took from their commit to a socket, since the processes began."""
    if facts.in_redis is None:
        return None
    summaries, _ = snapshot.read_all()
    lag: dict[str, Any] = totals.sum_up(summaries)["times"]["commit_to_send"]
    return lag


def _list_budgets(facts: InstallationFacts) -> list[dict[str, Any]] | None:
    if facts.in_redis is None or facts.in_database is None:
        return None
    return [
        {"market": str(market), "used_share": weight_budget.read_used_share(market, now=facts.now)}
        for market in facts.in_database.markets
    ]
