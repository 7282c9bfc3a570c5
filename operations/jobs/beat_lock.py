"""The database lock that makes one beat the active one."""

from datetime import datetime

from django.db.backends.base.base import BaseDatabaseWrapper

LOCK = 0x66696C6C62656174  # "fillbeat", read as a number
LOCK_HOLDER = """
    SELECT activity.backend_start
    FROM pg_locks AS lock JOIN pg_stat_activity AS activity USING (pid)
    WHERE lock.locktype = 'advisory' AND lock.granted AND lock.objsubid = 1
      AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (lock.classid::bigint << 32) | lock.objid::bigint = %s
"""


def locked_since(connection: BaseDatabaseWrapper) -> datetime | None:
    """Return since when a beat has held the lock; None when none does."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_HOLDER, [LOCK])
        row: tuple[datetime] | None = cursor.fetchone()
    return row[0] if row else None
