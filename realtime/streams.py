"""Numbers and stores events in the transaction of the change they tell of; nothing else may.

1. `with unit() as unit:` opens the transaction; the caller changes rows and calls `unit.event`.
2. Just before the outermost unit commits, one statement locks the streams in the order of their
   users, takes the numbers and stores the events. Taken last, so that the lock is short.
   An event of a key goes to the key's members too, each under a number of their own stream.
3. After the commit the events are published. That may fail: the log is the truth, and the sweep
   of every web process finds what a socket missed.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from realtime import frames, publish
from realtime.frames import StreamEvent
from realtime.shapes.fields import Shape

# What a client's position is good for: this cluster, this database, this table (all three change
# when a backup is restored) on this timeline (which changes with a failover).
EPOCH = """(
    coalesce(stream.epoch, 1) || '-' || left(md5(concat_ws('/',
        (SELECT system_identifier FROM pg_control_system()),
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        pg_relation_filenode('realtime_stream'),
        left(pg_walfile_name(pg_current_wal_lsn()), 8)
    )), 12)
)"""
KEY_LOCK = 0x66776B  # the first number of the advisory locks of keys' events; the second is the key
# A statement of its own: what is accepted while it waits is seen by the next one.
SHARE_KEYS = """
SELECT pg_advisory_xact_lock_shared(%s, (key_id %% 2147483648)::int)
FROM unnest(%s::bigint[]) AS key_id;
"""
# The grants stay locked until the commit, so that the end of one waits for the events before it.
FLUSH = """
WITH new AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::jsonb[])
        WITH ORDINALITY AS new (user_id, key_id, type, data, place)
), member AS MATERIALIZED (
    SELECT key_id, member_id FROM users_keygrant
    WHERE key_id = ANY(%s) AND accepted_at IS NOT NULL FOR KEY SHARE
), told AS (
    SELECT user_id, place FROM new
    UNION ALL SELECT member_id, place FROM new JOIN member USING (key_id)
), counted AS (
    SELECT user_id, place, count(*) OVER (PARTITION BY user_id) - row_number() OVER (
        PARTITION BY user_id ORDER BY place) AS later FROM told
), numbered AS (
    INSERT INTO realtime_stream AS stream (user_id, seq)
    SELECT user_id, count(*) FROM told GROUP BY user_id ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE SET seq = stream.seq + excluded.seq
    RETURNING user_id, seq, clock_timestamp() AS moment -- the row is ours: times follow numbers
), stored AS (
    INSERT INTO realtime_event (user_id, seq, type, data, created_at)
    SELECT numbered.user_id, seq - later, type, data, moment
    FROM counted JOIN numbered USING (user_id) JOIN new USING (place)
)
SELECT user_id, seq - later, moment, place
FROM counted JOIN numbered USING (user_id) ORDER BY user_id, place
"""
HEADS = f"""
SELECT person.id, {EPOCH}, coalesce(stream.seq, 0), coalesce(stream.floor, 0)
FROM users_user AS person LEFT JOIN realtime_stream AS stream ON stream.user_id = person.id
WHERE person.id = ANY(%s)
"""  # noqa: S608 (our own words)
ANEW = """
INSERT INTO realtime_stream AS stream (user_id, epoch) VALUES (%s, 2)
ON CONFLICT (user_id) DO UPDATE SET epoch = stream.epoch + 1
"""
ALL_ANEW = """
INSERT INTO realtime_stream AS stream (user_id, epoch) SELECT id, 2 FROM users_user ORDER BY id
ON CONFLICT (user_id) DO UPDATE SET epoch = stream.epoch + 1
"""
# Old events are found by the streams' floors: with times in the order of numbers, whoever's first
# event is young has no old one. So no index on the time is needed, however long the log is.
OLD = """
WITH page AS MATERIALIZED (
    SELECT user_id, seq, floor FROM realtime_stream WHERE user_id > %s ORDER BY user_id LIMIT %s
)
SELECT page.user_id, page.floor, coalesce(first.created_at < %s, false)
FROM page LEFT JOIN LATERAL (
    SELECT created_at FROM realtime_event
    WHERE user_id = page.user_id AND seq > page.floor ORDER BY seq LIMIT 1
) AS first ON page.floor < page.seq
ORDER BY page.user_id
"""
LAST_OLD = """
SELECT max(seq) FROM (
    SELECT seq, created_at FROM realtime_event
    WHERE user_id = %s AND seq > %s ORDER BY seq LIMIT %s
) AS first WHERE created_at < %s
"""
PRUNE = """
WITH raised AS (
    UPDATE realtime_stream SET floor = %(last)s
    WHERE user_id = %(user)s AND floor < %(last)s AND seq >= %(last)s RETURNING user_id
)
DELETE FROM realtime_event USING raised
WHERE realtime_event.user_id = raised.user_id AND seq > %(floor)s AND seq <= %(last)s
"""


class UnknownEvent(ValueError):
    """An event that realtime/frames.py does not declare, or not with these fields."""


class UnitClosed(RuntimeError):
    """The unit of work that this event should belong to has ended."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest offset of a user's stream; events up to `floor` are pruned."""

    epoch: str
    seq: int
    floor: int


class PendingEvent:
    """An event that waits for its number, on Django's list of what to do after the commit.

    There a savepoint that rolls back takes its events along, whoever opened it. Nothing is left
    to do when the commit comes: by then the unit has flushed.
    """

    __slots__ = ("data", "key_id", "type", "unit", "user_id")

    def __init__(
        self, unit: "Unit", user_id: int, key_id: int | None, kind: str, data: str
    ) -> None:
        self.unit, self.user_id, self.key_id = unit, user_id, key_id
        self.type, self.data = kind, data

    def __call__(self) -> None: ...


class Unit:
    """Changes that become true together, and the events that tell of them."""

    def __init__(self) -> None:
        self._open = True

    def event(
        self, *, user_id: int, type: frames.EventType, data: Shape, key_id: int | None = None
    ) -> None:
        """Add an event for this user, sent if and when the unit commits.

        With `key_id` it also goes to those with whom the user shares this key.
        """
        if not self._open:
            raise UnitClosed(f"{type} for user {user_id} came after its unit of work had ended")
        _check_event(type, data)
        transaction.on_commit(PendingEvent(self, user_id, key_id, type, frames.dump_json(data)))

    def _list_pending(self) -> list[PendingEvent]:
        waiting = (entry[1] for entry in connection.run_on_commit)
        return [
            event for event in waiting if isinstance(event, PendingEvent) and event.unit is self
        ]

    def _flush_events(self) -> None:
        self._open = False
        if connection.needs_rollback:
            return
        if events := self._list_pending():
            recorded = _store_events(events)
            transaction.on_commit(lambda: publish.send_events(recorded), robust=True)


_current: ContextVar[Unit | None] = ContextVar("unit", default=None)


@contextmanager
def unit() -> Iterator[Unit]:
    """Open a transaction of changes and their events; inside another unit, a savepoint."""
    outer = _current.get()
    if outer is not None:
        with transaction.atomic():
            yield outer
        return
    new_unit = Unit()
    token = _current.set(new_unit)
    try:
        with transaction.atomic():
            yield new_unit
            new_unit._flush_events()
    finally:
        new_unit._open = False
        _current.reset(token)


def _check_event(kind: str, data: Shape) -> None:
    declared = frames.EVENTS.get(kind)
    if declared is None:
        raise UnknownEvent(f"{kind!r} is not an event type of realtime/frames.py")
    if wrong := declared.fields ^ data.keys():
        raise UnknownEvent(f"{kind}: missing or undeclared fields {sorted(wrong)}")


def _store_events(events: list[PendingEvent]) -> dict[int, list[StreamEvent]]:
    """Number and store events; return those of each user."""
    columns = zip(
        *((event.user_id, event.key_id, event.type, event.data) for event in events), strict=True
    )
    key_ids = sorted({event.key_id for event in events if event.key_id is not None})
    with connection.cursor() as cursor:
        if key_ids:
            cursor.execute(
                SHARE_KEYS + FLUSH, [KEY_LOCK, key_ids, *map(list, columns), key_ids]
            )  # in one round trip
            cursor.nextset()
        else:
            cursor.execute(FLUSH, [*map(list, columns), key_ids])
        rows = cursor.fetchall()
    recorded: dict[int, list[StreamEvent]] = {}
    for user_id, seq, moment, place in rows:
        event = events[place - 1]
        built = build_event(seq, event.type, event.data, moment)
        recorded.setdefault(user_id, []).append(built)
    return recorded


def hold_key_events(key_id: int) -> None:
    """Wait for the events of this key that are on their way, and keep later ones waiting.

    Until the commit. Lock the key's row before: its writers do so before they store events.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [KEY_LOCK, key_id % 2**31])


def build_event(seq: int, kind: str, data: str, moment: datetime) -> StreamEvent:
    return StreamEvent(seq, kind, frames.event_frame(kind, seq=seq, timestamp=moment, data=data))


def fetch_heads(user_ids: Iterable[int]) -> dict[int, Head]:
    """Read the head of each user's stream; users who do not exist are left out."""
    with connection.cursor() as cursor:
        cursor.execute(HEADS, [list(user_ids)])
        return {
            user_id: Head(epoch, seq, floor) for user_id, epoch, seq, floor in cursor.fetchall()
        }


def fetch_head(user_id: int) -> Head:
    """Read how far a user's stream goes; for a snapshot, in its REPEATABLE READ transaction."""
    return fetch_heads([user_id])[user_id]


def start_new_epoch(user_id: int) -> None:
    """Start a new epoch: every offset in the user's stream is void, wherever it is kept."""
    with connection.cursor() as cursor:
        cursor.execute(ANEW, [user_id])


def start_all_epochs() -> None:
    """Start a new epoch of every user's stream; for a restored database, before it is used."""
    with connection.cursor() as cursor:
        cursor.execute(ALL_ANEW)


def find_old_logs(after: int, limit: int, before: datetime) -> list[tuple[int, int, bool]]:
    """List the next users with their floors, and if their log begins before that time."""
    with connection.cursor() as cursor:
        cursor.execute(OLD, [after, limit, before])
        rows: list[tuple[int, int, bool]] = cursor.fetchall()
        return rows


def find_last_old(user_id: int, floor: int, before: datetime, limit: int) -> int | None:
    """Find the last event older than that time, among the first `limit`."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_OLD, [user_id, floor, limit, before])
        row: tuple[int | None] = cursor.fetchone()
        return row[0]


def prune_events(user_id: int, floor: int, last: int) -> int:
    """Delete the events above the floor up to the last, and raise the floor; return how many.

    The user's writers wait until this statement ends, so keep the batch small.
    """
    with connection.cursor() as cursor:
        cursor.execute(PRUNE, {"user": user_id, "floor": floor, "last": last})
        return int(cursor.rowcount)
