"""A user's events as they were stored."""

from django.db import connection

from realtime.frames import StreamEvent
from realtime.streams import build_event

READ = """
SELECT seq, type, data::text, created_at FROM realtime_event
WHERE user_id = %s AND seq > %s ORDER BY seq LIMIT %s
"""


def read_events(user_id: int, after: int, limit: int) -> list[StreamEvent]:
    """Read the events after a number, in order."""
    with connection.cursor() as cursor:
        cursor.execute(READ, [user_id, after, limit])
        return [build_event(*row) for row in cursor.fetchall()]
