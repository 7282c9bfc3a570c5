"""Deletion of old rows."""

from datetime import datetime
from typing import Final

from django.db.models import Manager, Model

BATCH: Final = 1000


def delete_older(rows: Manager[Model], time: str, *, before: datetime) -> int:
    """Delete rows older than a time, and return how many.

    The oldest go first, in batches: a long delete would hold up writers of the table.
    """
    deleted = 0
    while True:
        first = rows.order_by("pk").values_list("pk", time)[:BATCH]
        old = [pk for pk, at in first if at < before]
        deleted += rows.filter(pk__in=old).delete()[0]
        if len(old) < BATCH:
            return deleted
