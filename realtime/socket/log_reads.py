"""Reads of users' logs: sockets that ask at the same time share a query.

A restart brings thousands back at once, and a query for each would be most of the work.
"""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from django.db import connection

from realtime import streams
from realtime.frames import StreamEvent
from realtime.socket.cursor import BUFFER_BYTES, BUFFER_EVENTS, LogPage

EVENTS_AT_ONCE = 1_024  # in all pages of one answer
READ = """
SELECT asked.place, event.seq, event.type, event.data::text, event.created_at
FROM unnest(%s::bigint[], %s::bigint[]) WITH ORDINALITY AS asked (user_id, after, place),
LATERAL (
    SELECT seq, type, data, created_at FROM realtime_event
    WHERE user_id = asked.user_id AND seq > asked.after ORDER BY seq LIMIT %s
) AS event
ORDER BY asked.place, event.seq
"""
LogRequest = tuple[int, int | None]  # whose log, and behind which number; None: only its head


def read_pages(questions: Sequence[LogRequest]) -> list[LogPage | Exception]:
    """Read the heads first, then the events: a head is never newer than its events."""
    heads = streams.fetch_heads({user_id for user_id, _ in questions})
    behind = [
        (user_id, after)
        for user_id, after in dict.fromkeys(questions)
        if after is not None and user_id in heads and after < heads[user_id].seq
    ]
    limit = max(1, min(BUFFER_EVENTS, EVENTS_AT_ONCE // max(1, len(behind))))
    events = _fetch_events(behind, limit) if behind else {}
    return [
        _build_page(heads[question[0]], events.get(question, []), limit)
        if question[0] in heads
        else LookupError(f"user {question[0]} does not exist any more")
        for question in questions
    ]


def _fetch_events(
    behind: Sequence[tuple[int, int]], limit: int
) -> dict[LogRequest, list[StreamEvent]]:
    with connection.cursor() as cursor:
        users, afters = zip(*behind, strict=True)
        cursor.execute(READ, [list(users), list(afters), limit])
        rows = cursor.fetchall()
    return {
        behind[place - 1]: [streams.build_event(*row[1:]) for row in group]
        for place, group in groupby(rows, key=itemgetter(0))
    }


def _build_page(head: streams.Head, rows: Sequence[StreamEvent], limit: int) -> LogPage:
    events, size = list[StreamEvent](), 0
    for event in rows:
        events.append(event)
        size += len(event.frame)
        if size > BUFFER_BYTES:
            break
    is_last = len(rows) < limit and len(events) == len(rows)
    return LogPage(head.epoch, head.seq, head.floor, events, is_last)
