"""Who keeps the timetable: the one beat that holds a lock in the database."""

from datetime import datetime

from django.db.backends.base.base import BaseDatabaseWrapper

LOCK = 0x66696C6C62656174  # "fillbeat", read as a number
KEEPER = """
    SELECT activity.backend_start
    FROM pg_locks AS lock JOIN pg_stat_activity AS activity USING (pid)
    WHERE lock.locktype = 'advisory' AND lock.granted AND lock.objsubid = 1
      AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (lock.classid::bigint << 32) | lock.objid::bigint = %s
"""


def kept_since(connection: BaseDatabaseWrapper) -> datetime | None:
    """Since when a beat has held the timetable; None when nobody does."""
    with connection.cursor() as cursor:
        cursor.execute(KEEPER, [LOCK])
        row: tuple[datetime] | None = cursor.fetchone()
    return row[0] if row else None
