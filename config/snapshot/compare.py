"""Whether a user's log and state agree: what is wrong, in words. Pure.

Walk through the whole log of a user, event by event, then compare what its events say last about
each thing with what the state says now; both must have been read in one transaction.
"""

import hashlib
import json
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from config.snapshot.fold import SHELVES, Data, State
from realtime import frames
from realtime.values import format_time

# Told without a number, or taken over from another thing, whose own event tells of its change.
PASSING = frozenset({"checked_at", "submitted_at", "key_label", "bot", "bot_name"})
TIMES = (
    *("created_at", "changed_at", "ended_at", "last_checked_at"),
    *("received_at", "began_at", "read_at"),
)
STEP = timedelta(seconds=2)  # by which clocks may be set back, or differ between servers
Name = tuple[str, Hashable]  # a shelf, and the thing's name on it


class Logged(NamedTuple):
    """A row of the log."""

    seq: int
    type: str
    data: Any
    created_at: datetime


class Newest(NamedTuple):
    """What the log says last about a thing; not the words themselves, so that many fit."""

    seq: int
    digest: bytes
    stays: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """The row that counts a user's events."""

    seq: int
    floor: int


class Walk:
    """Through one user's log, from its first event to its last."""

    def __init__(self, stream: Stream | None) -> None:
        self.stream = stream or Stream(0, 0)
        self.is_missing = stream is None
        self.events = 0
        self.wrong: list[str] = []
        self.newest: dict[Name, Newest] = {}
        self.began_at: datetime | None = None
        self._last = self.stream.floor
        self._last_at: datetime | None = None

    def take(self, event: Logged) -> None:
        self.events += 1
        self._place(event)
        self._time(event)
        if event.type not in frames.EVENTS:
            self.wrong.append(f"event {event.seq} is of no declared type: {event.type}")
        for name, shelf in SHELVES.items():
            if event.type in shelf.events:
                newest = Newest(event.seq, digest(event.data), shelf.stays(event.data))
                self.newest[name, shelf.name(event.data)] = newest
            elif event.type == shelf.gone:
                self.newest[name, shelf.name(event.data)] = Newest(event.seq, b"", stays=False)

    def _place(self, event: Logged) -> None:
        seq = event.seq
        if seq <= self.stream.floor:
            self.wrong.append(f"event {seq} is there, though all up to the floor are pruned")
            return
        if seq > self.stream.seq:
            self.wrong.append(f"event {seq} is beyond the stream's last number")
        elif seq != self._last + 1:
            self.wrong.append(self._missing(self._last + 1, seq - 1))
        self._last = seq

    def _time(self, event: Logged) -> None:
        if self.began_at is None:
            self.began_at = event.created_at
        if self._last_at and event.created_at < self._last_at - STEP:
            self.wrong.append(f"event {event.seq} is older than the one before it")
        self._last_at = event.created_at

    def end(self) -> None:
        """The log has been read to its end."""
        if self.events and self.is_missing:
            self.wrong.append("there are events, but no stream that counts them")
        elif self._last < self.stream.seq:
            self.wrong.append(self._missing(self._last + 1, self.stream.seq))

    @staticmethod
    def _missing(first: int, last: int) -> str:
        return f"event {first} is missing" if first == last else f"{first} to {last} are missing"


def compare(walk: Walk, state: State) -> Iterator[str]:
    """Where log and state contradict each other."""
    owners = {of: {one["id"] for one in state[f"{of}s"]} for of in ("key", "bot")}
    for kind, shelf in SHELVES.items():
        present = {shelf.name(thing): thing for thing in state[kind]}
        for name, thing in present.items():
            if words := _explained(walk, walk.newest.get((kind, name)), thing):
                yield f"{_title(kind, name)} {words}"
        for (of, name), newest in walk.newest.items():
            if of != kind or not newest.stays or name in present:
                continue
            if not shelf.of_a or _owner_of(name) in owners[shelf.of_a]:
                yield f"{_title(kind, name)} is not there, though event {newest.seq} says it is"


def _explained(walk: Walk, newest: Newest | None, thing: Data) -> str:
    if newest is None:
        return _untold(walk, thing)
    if not newest.stays:
        return f"is there, though event {newest.seq} says it is not any more"
    if newest.digest != digest(thing):
        return f"differs from what event {newest.seq} says"
    return ""


def _untold(walk: Walk, thing: Data) -> str:
    """Its last event may be pruned; not so if it changed after the log's first event."""
    if walk.stream.floor == 0:
        return "was never told of"
    changed = newest_time(thing)
    if changed and walk.began_at and changed > walk.began_at + STEP:
        return f"changed at {format_time(changed)}, and no event says so"
    return ""


def rows_differ(
    walk: Walk, kind: str, names: Iterable[Hashable], rows: Mapping[Hashable, Data]
) -> Iterator[str]:
    """The same for things that have left the state, but must still have a row."""
    for name in names:
        newest = walk.newest[kind, name]
        if name not in rows:
            yield f"{_title(kind, name)} has no row, though event {newest.seq} tells of it"
        elif newest.digest != digest(rows[name]):
            yield f"{_title(kind, name)} differs from what event {newest.seq} says"


def left(walk: Walk, kind: str) -> Iterable[Hashable]:
    """The names of things that were there and, by the log, are not any more."""
    return [name for (of, name), newest in walk.newest.items() if of == kind and not newest.stays]


def digest(data: Data) -> bytes:
    kept = {name: value for name, value in data.items() if name not in PASSING}
    words = json.dumps(kept, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(words.encode(), digest_size=16).digest()


def newest_time(thing: Data) -> datetime | None:
    times = [datetime.fromisoformat(thing[name]) for name in TIMES if thing.get(name)]
    return max(times, default=None)


def _owner_of(name: Hashable) -> object:
    """Things of a key or a bot are named by it first."""
    return name[0] if isinstance(name, tuple) else name


def _title(kind: str, name: Hashable) -> str:
    words = " ".join(map(str, name)) if isinstance(name, tuple) else name
    return f"{kind.removesuffix('s')} {words}"
