"""Summaries of processes on other machines."""

import json
from typing import Any

from realtime import redis
from realtime.metrics import snapshot


def write_summary_of(name: str, **changed: Any) -> None:
    """Write the summary of another process: ours, with these changes."""
    summary = {**snapshot.build_summary(), "server": name, **changed}
    redis.redis_client().set(snapshot.SUMMARY_PREFIX + name, json.dumps(summary), ex=20)
    redis.redis_client().sadd(snapshot.SERVERS, name)
