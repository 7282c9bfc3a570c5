"""Rows that only grow older are let go when they are old enough."""

from datetime import datetime
from typing import Final

from django.db.models import Manager, Model

BATCH: Final = 1000


def delete_older(rows: Manager[Model], time: str, *, before: datetime) -> int:
    """Those that came before that, the oldest first and a few at a time: who writes does not wait.

    How many rows went.
    """
    gone = 0
    while True:
        first = rows.order_by("pk").values_list("pk", time)[:BATCH]
        old = [pk for pk, at in first if at < before]
        gone += rows.filter(pk__in=old).delete()[0]
        if len(old) < BATCH:
            return gone
