"""What sockets read of their users' logs: those that ask at the same time are answered together.

A restart brings thousands back at once, and a query for each would be most of the work.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection

from realtime import streams
from realtime.socket.cursor import BUFFER_BYTES, BUFFER_EVENTS, Page, Told

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
Question = tuple[int, int | None]  # whose log, and behind which number; None: only its head


def read(questions: Sequence[Question]) -> list[Page | Exception]:
    """The heads first, the events then: a head is never newer than what is read of its events."""
    heads = streams.heads({user_id for user_id, _ in questions})
    behind = [
        (user_id, after)
        for user_id, after in dict.fromkeys(questions)
        if after is not None and user_id in heads and after < heads[user_id].seq
    ]
    limit = max(1, min(BUFFER_EVENTS, EVENTS_AT_ONCE // max(1, len(behind))))
    found = _events(behind, limit) if behind else {}
    return [
        _page(heads[question[0]], found.get(question, []), limit)
        if question[0] in heads
        else LookupError(f"user {question[0]} does not exist any more")
        for question in questions
    ]


def _events(behind: Sequence[tuple[int, int]], limit: int) -> dict[Question, list[Told]]:
    with connection.cursor() as cursor:
        users, afters = zip(*behind, strict=True)
        cursor.execute(READ, [list(users), list(afters), limit])
        rows = cursor.fetchall()
    return {
        behind[place - 1]: [_told(*row[1:]) for row in group]
        for place, group in groupby(rows, key=itemgetter(0))
    }


def _told(*row: Any) -> Told:
    event = streams.as_recorded(*row)
    return Told(event.seq, event.type, event.frame)


def _page(head: streams.Head, found: Iterable[Told], limit: int) -> Page:
    found = list(found)
    events, size = list[Told](), 0
    for event in found:
        events.append(event)
        size += len(event.frame)
        if size > BUFFER_BYTES:
            break
    is_last = len(found) < limit and len(events) == len(found)
    return Page(head.epoch, head.seq, head.floor, events, is_last)
