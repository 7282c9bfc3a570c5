"""Processes on other machines, as far as they are seen from here."""

import json
from typing import Any

from realtime import connection, figures


def lay_down_of_another(name: str, **changed: Any) -> None:
    """The figures of another process: ours, but for what is said."""
    words = {**figures.summary(), "server": name, **changed}
    connection.redis_client().set(figures.KEPT + name, json.dumps(words), ex=20)
    connection.redis_client().sadd(figures.SERVERS, name)
