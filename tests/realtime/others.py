"""Processes on other machines, as far as they are seen from here."""

import json
from typing import Any

from realtime import redis
from realtime.metrics import snapshot


def lay_down_of_another(name: str, **changed: Any) -> None:
    """The figures of another process: ours, but for what is said."""
    summary = {**snapshot.build_summary(), "server": name, **changed}
    redis.redis_client().set(snapshot.SUMMARY_PREFIX + name, json.dumps(summary), ex=20)
    redis.redis_client().sadd(snapshot.SERVERS, name)
