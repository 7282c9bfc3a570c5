"""One socket's offset in its user's stream: what it may be sent next, and what it missed.

There is no queue: a short buffer of what arrived in order, and beyond it the log. Pure: no I/O.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from realtime import frames
from realtime.endpoints import STREAMED
from realtime.frames import StreamEvent

BUFFER_EVENTS = 256
BUFFER_BYTES = 256 * 1024
FARTHEST = 5_000  # whoever is further behind is better served by the snapshot
NOTES = 32

VOID = ""  # no epoch is called so
# About a key: its id is the key's.
OF_KEYS: Final = ("key_update", "key_deleted", "key_shared", "key_unshared")
OF_NO_KEY: Final = ("venue_state", "bot_deleted")  # a deleted bot is a bare number

ResetReason = Literal["epoch", "future", "pruned", "behind", "operator"]


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of the log: its head at that time, and the events after a number."""

    epoch: str
    head: int
    floor: int
    events: Sequence[StreamEvent]
    is_last: bool


class Cursor:
    """`sent` is the last number handed out (or filtered); None until the head is known.

    While `catching_up` the log is read: what the layer says is only heard, never kept.
    """

    __slots__ = (
        "_buffer",
        "_bytes",
        "_expected",
        "_heard",
        "_notes",
        "_offered",
        "asked",
        "catching_up",
        "epoch",
        "key_ids",
        "owes_live",
        "resuming",
        "rights",
        "sent",
        "subscribed",
        "topics",
    )
    sent: int | None
    epoch: str | None
    topics: frozenset[str] | None  # None: all, those to come included

    def __init__(self) -> None:
        self.key_ids: frozenset[int] | None = None  # of a token that is not for all keys
        self.rights: frozenset[str] = frozenset()  # of an operator
        self.stop()

    def start(
        self,
        since: frames.Offset | None,
        topics: Collection[str] | None,
        *,
        offered: frozenset[frames.Topic] = STREAMED,
    ) -> None:
        """Start behind this offset, or at the head if there is none."""
        self.stop()
        self.subscribed = self.catching_up = self.owes_live = True
        self.resuming = since is not None
        self.sent = since["seq"] if since else None
        self.epoch = since["epoch"] if since else None
        self.topics = frozenset(topics) if topics is not None else None
        self._offered = offered

    def stop(self) -> None:
        self.subscribed = self.catching_up = self.owes_live = self.resuming = False
        self.sent = self.epoch = self.topics = None
        self._offered = STREAMED
        self._heard = self._expected = 0
        self.asked: object = None  # of the log: whoever begins anew meanwhile awaits no answer
        self._buffer: list[StreamEvent] = []  # short; an empty deque would take 600 bytes
        self._bytes = 0
        self._notes: dict[object, str] = {}

    # What the layer and the sweep say

    def offer(self, head: int, events: Sequence[StreamEvent]) -> None:
        """Take events of the layer that are next in order; all others are read from the log."""
        if not self.subscribed:
            return
        self._heard = max(self._heard, head)
        if self.catching_up:
            return
        for event in events:
            if event.seq == self._last_offset + 1 and self._has_room:
                self._keep_event(event)
        if self._heard > self._last_offset:
            self.catching_up = True

    def note(self, kind: str, about: str | None, frame: str) -> None:
        """An unnumbered frame: the newest about something replaces the older."""
        if (
            not self.subscribed
            or self.owes_live
            or not self._is_wanted(frames.UNNUMBERED.get(kind))
            or not self._is_of_keys(kind, frame)
        ):
            return
        key: object = object() if about is None else (kind, about)
        self._notes.pop(key, None)
        self._notes[key] = frame
        if len(self._notes) > NOTES:
            del self._notes[next(iter(self._notes))]

    def compare_head(self, epoch: str, head: int) -> bool:
        """Compare with the log; who has not reached the last sweep's head by now missed something.

        One sweep's grace, since what was just committed may still be on its way here.
        """
        if not self.subscribed or self.catching_up:
            return False
        missed = epoch != self.epoch or self._last_offset < self._expected
        self._expected = head
        self.catching_up = missed
        return missed

    def invalidate(self) -> None:
        """Make the client start over: its offset is good for nothing."""
        if self.subscribed:
            self.epoch, self.catching_up = VOID, True

    # What to send

    def take(self) -> StreamEvent | None:
        """Take the next event that is wanted here, and skip the others."""
        while self._buffer:
            event = self._buffer.pop(0)
            self._bytes -= len(event.frame)
            self.sent = event.seq
            if self._is_wanted(frames.EVENTS.get(event.type)) and self._is_of_keys(
                event.type, event.frame
            ):
                return event
        return None

    def take_notes(self) -> list[str]:
        notes = list(self._notes.values())
        self._notes.clear()
        return notes

    @property
    def is_drained(self) -> bool:
        return not self._buffer

    @property
    def has_waiting(self) -> bool:
        """Say if something is to be sent, or to be read first."""
        return bool(self._buffer or self._notes or self.catching_up)

    def begin_read(self) -> bool:
        """Begin to read the log behind `sent`, if that is needed now; `page` takes the answer."""
        if not self.catching_up or self._buffer:
            return False
        self._heard = 0  # whatever was committed before now will be in the answer
        self.asked = object()
        return True

    def page(self, page: LogPage) -> ResetReason | None:
        """Take a page of the log, or return why only a fresh start can help."""
        if self.sent is None:
            self.sent, self.epoch = page.head, page.epoch
        elif reason := self._find_break(self.sent, page):
            self.stop()
            return reason
        for event in page.events:
            self._keep_event(event)
        self.catching_up = not page.is_last or self._heard > self._last_offset
        return None

    def _find_break(self, sent: int, page: LogPage) -> ResetReason | None:
        if self.epoch == VOID:
            return "operator"
        if page.epoch != self.epoch:
            return "epoch"
        if sent > page.head:
            return "future"
        if sent < page.floor:
            return "pruned"
        if page.head - sent > FARTHEST:
            return "behind"
        last = page.events[-1].seq if page.events else sent
        is_whole = [event.seq for event in page.events] == list(range(sent + 1, last + 1))
        if not is_whole or (page.is_last and last < page.head):
            return "pruned"
        return None

    # Inside

    @property
    def _last_offset(self) -> int:
        """Return the newest number that was sent or waits in the buffer."""
        return self._buffer[-1].seq if self._buffer else self.sent or 0

    @property
    def _has_room(self) -> bool:
        return len(self._buffer) < BUFFER_EVENTS and self._bytes < BUFFER_BYTES

    def _keep_event(self, event: StreamEvent) -> None:
        self._buffer.append(event)
        self._bytes += len(event.frame)

    def _is_wanted(self, kind: frames.FrameType | None) -> bool:
        if kind is None:  # of tomorrow's server: for those who want all
            return self.topics is None and self._offered == STREAMED
        if kind.right and kind.right not in self.rights:
            return False
        return kind.topic in (self._offered if self.topics is None else self.topics)

    def _is_of_keys(self, kind: str, frame: str) -> bool:
        """Tell whether a token for some keys may see this; it sees nothing that names no key."""
        if self.key_ids is None or kind in OF_NO_KEY:
            return True
        data = json.loads(frame)["data"]
        return data.get("id" if kind in OF_KEYS else "key") in self.key_ids
