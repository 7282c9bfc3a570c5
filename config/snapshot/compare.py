"""Compare a user's event log with the state, and say where they differ. Pure.

Read the whole log, event by event, then compare the last event about each thing with the state now.
Both must have been read in one transaction.
"""

import hashlib
import json
from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from config.snapshot.lists import SNAPSHOT_LISTS, Data, State
from realtime import frames
from realtime.models import Stream
from realtime.values import format_time

# Not compared: sent without a number, copied from another thing that has its own event, or computed
# from what is compared; of a balance's total an earlier release had another meaning.
UNCOMPARED = frozenset({"checked_at", "submitted_at", "key_label", "bot", "bot_name", "total"})
TIMES = (
    *("created_at", "changed_at", "ended_at", "last_checked_at"),
    *("received_at", "began_at", "read_at"),
)
STEP = timedelta(seconds=2)  # clocks of servers may differ, or be set back, by this much
ThingName = tuple[str, Hashable]  # a list of the snapshot, and what identifies a thing on it


class LoggedEvent(NamedTuple):
    """One row of the event log."""

    seq: int
    type: str
    data: Any
    created_at: datetime


class LastMention(NamedTuple):
    """The last event about a thing; a digest instead of its data, so that many fit in memory.

    An event of an earlier release lacks the fields that were added since: it says nothing of them.
    """

    seq: int
    digest: bytes
    stays: bool
    fields: frozenset[str]
    owner_id: object = None  # of the key or bot with which the thing goes


class LogWalk:
    """Read one user's log from its first event to its last, and collect what is wrong."""

    def __init__(self, stream: Stream | None) -> None:
        self.stream = stream or Stream()
        self.is_missing = stream is None
        self.events = 0
        self.wrong: list[str] = []
        self.newest: dict[ThingName, LastMention] = {}
        self.began_at: datetime | None = None
        self._last = self.stream.floor
        self._last_at: datetime | None = None
        self._field_names: dict[frozenset[str], frozenset[str]] = {}

    def read_event(self, event: LoggedEvent) -> None:
        self.events += 1
        self._check_number(event)
        self._check_time(event)
        if event.type not in frames.EVENTS:
            self.wrong.append(f"event {event.seq} is of no declared type: {event.type}")
        if event.type == "key_unshared":
            self._forget_key(event.data["id"])
        for name, listing in SNAPSHOT_LISTS.items():
            if event.type in listing.events or event.type == listing.gone:
                stays = event.type != listing.gone and listing.stays(event.data)
                names = self._share_names(event.data)
                newest = LastMention(
                    event.seq,
                    digest_data(event.data),
                    stays,
                    names,
                    event.data.get(listing.owner),
                )
                self.newest[name, listing.name(event.data)] = newest

    def _forget_key(self, key_id: int) -> None:
        """Forget what was said of a key that is shared no more: its changes are not told."""
        self.newest = {
            (name, thing): newest
            for (name, thing), newest in self.newest.items()
            if SNAPSHOT_LISTS[name].owner != "key" or newest.owner_id != key_id
        }

    def _share_names(self, data: Data) -> frozenset[str]:
        """Return the names of an event's fields, one set for all events that have the same."""
        names = frozenset(data)
        return self._field_names.setdefault(names, names)

    def _check_number(self, event: LoggedEvent) -> None:
        seq = event.seq
        if seq <= self.stream.floor:
            self.wrong.append(f"event {seq} is there, though all up to the floor are pruned")
            return
        if seq > self.stream.seq:
            self.wrong.append(f"event {seq} is beyond the stream's last number")
        elif seq != self._last + 1:
            self.wrong.append(self._describe_gap(self._last + 1, seq - 1))
        self._last = seq

    def _check_time(self, event: LoggedEvent) -> None:
        if self.began_at is None:
            self.began_at = event.created_at
        if self._last_at and event.created_at < self._last_at - STEP:
            self.wrong.append(f"event {event.seq} is older than the one before it")
        self._last_at = event.created_at

    def finish(self) -> None:
        """Check the end: the counter may be ahead of the last event."""
        if self.events and self.is_missing:
            self.wrong.append("there are events, but no stream that counts them")
        elif self._last < self.stream.seq:
            self.wrong.append(self._describe_gap(self._last + 1, self.stream.seq))

    @staticmethod
    def _describe_gap(first: int, last: int) -> str:
        return f"event {first} is missing" if first == last else f"{first} to {last} are missing"


def compare_state(walk: LogWalk, state: State) -> Iterator[str]:
    """Yield each contradiction between the log and the state."""
    owners = {kind: {row["id"] for row in state[f"{kind}s"]} for kind in ("key", "bot")}
    owners["key"] |= {row["id"] for row in state["shared_keys"]}
    for kind, listing in SNAPSHOT_LISTS.items():
        present = {listing.name(thing): thing for thing in state[kind]}
        for name, thing in present.items():
            if difference := _explain_difference(walk, walk.newest.get((kind, name)), thing):
                yield f"{_thing_title(kind, name)} {difference}"
        for (other, name), newest in walk.newest.items():
            if other != kind or not newest.stays or name in present:
                continue
            if not listing.owner or newest.owner_id in owners[listing.owner]:
                title = _thing_title(kind, name)
                yield f"{title} is not there, though event {newest.seq} says it is"


def _explain_difference(walk: LogWalk, newest: LastMention | None, thing: Data) -> str:
    if newest is None:
        return _explain_missing_event(walk, thing)
    if not newest.stays:
        return f"is there, though event {newest.seq} says it is not any more"
    if not _is_as_told(newest, thing):
        return f"differs from what event {newest.seq} says"
    return ""


def _explain_missing_event(walk: LogWalk, thing: Data) -> str:
    """Excuse a thing whose last event was pruned: it changed before the log's first event."""
    if walk.stream.floor == 0:
        return "has no event"
    changed = latest_time(thing)
    if changed and walk.began_at and changed > walk.began_at + STEP:
        return f"changed at {format_time(changed)}, and no event says so"
    return ""


def compare_rows(
    walk: LogWalk, kind: str, names: Iterable[Hashable], rows: Mapping[Hashable, Data]
) -> Iterator[str]:
    """Compare things that have left the state, such as ended orders, with their rows."""
    for name in names:
        newest = walk.newest[kind, name]
        if name not in rows:
            yield f"{_thing_title(kind, name)} has no row, though event {newest.seq} tells of it"
        elif not _is_as_told(newest, rows[name]):
            yield f"{_thing_title(kind, name)} differs from what event {newest.seq} says"


def _is_as_told(newest: LastMention, thing: Data) -> bool:
    told = {name: value for name, value in thing.items() if name in newest.fields}
    return newest.digest == digest_data(told)


def names_gone(walk: LogWalk, kind: str) -> Iterable[Hashable]:
    """Return what the log says is no longer part of the state."""
    return [name for (other, name), last in walk.newest.items() if other == kind and not last.stays]


def digest_data(data: Data) -> bytes:
    compared = {name: value for name, value in data.items() if name not in UNCOMPARED}
    text = json.dumps(compared, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def latest_time(thing: Data) -> datetime | None:
    times = [datetime.fromisoformat(thing[name]) for name in TIMES if thing.get(name)]
    return max(times, default=None)


def _thing_title(kind: str, name: Hashable) -> str:
    text = " ".join(map(str, name)) if isinstance(name, tuple) else name
    return f"{kind.removesuffix('s')} {text}"
