"""Audit of the frames sent to one client. Pure: it only records complaints."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from realtime import frames
from realtime.socket import control_frames
from tests.realtime.checking import list_types

Frame = dict[str, Any]
Things = dict[tuple[str, object], Mapping[str, Any]]
MARK = re.compile(r"owner-(\d+)-")  # in the names of everything that the suite makes
KNOWN_TYPES = list_types().keys() | control_frames.SERVER.keys()
MOST_COMPLAINTS = 20  # so many complaints tell the story


def owner_mark(user_id: int, name: object = "") -> str:
    """A name that says whose it is."""
    return f"owner-{user_id}-{name}"


@dataclass
class FrameAudit:
    """`sent` is what the server said on this socket, `last` what counts over all sockets."""

    user_id: int
    topics: frozenset[str] | None = None
    begins: int | None = None  # the place from which everything is ours to hear
    last: int | None = None
    numbers: list[int] = field(default_factory=list)
    keys: set[int] = field(default_factory=set)  # that were spoken of
    gone: set[int] = field(default_factory=set)  # of those
    things: Things = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    verdicts: Counter[str] = field(default_factory=Counter)
    sockets: int = 0
    resets: Counter[str] = field(default_factory=Counter)
    ends: list[tuple[int, int | None]] = field(default_factory=list)  # close codes, and where
    known: list[int | None] = field(default_factory=list)  # where we were told who we are
    sent: int | None = None

    def blame(self, verdict: str, words: str) -> None:
        self.verdicts[verdict] += 1
        if len(self.wrong) < MOST_COMPLAINTS:
            self.wrong.append(f"user {self.user_id}: {verdict}: {words}")

    # Every frame, before anything else is done with it

    def record_frame(self, frame: Frame) -> None:
        self._check_owner(frame)
        if frame["type"] not in KNOWN_TYPES:
            self.blame("strange", f"a frame of type {frame['type']!r}")
        if "seq" in frame:
            self._check_order(frame["seq"])
            return
        data = frame["data"]
        match frame["type"]:
            case "hello":
                self.sockets += 1
                self.sent = self.last
            case "ready":
                self.known.append(self.last)
            case "live":
                self._check_position(data["seq"], "live")
            case "ping" if data["seq"] is not None:
                self._check_position(data["seq"], "ping")
            case "reset":
                self.resets[data["reason"]] += 1
            case "error":
                self.blame("strange", f"an honest client was told {data}")

    def _check_owner(self, frame: Frame) -> None:
        others = foreign_owners(frame, self.user_id)
        if frame["type"] == "ready" and frame["data"]["user"] != self.user_id:
            others.add(frame["data"]["user"])
        if others:
            self.blame("others", f"{frame['type']} {frame.get('seq')} is of users {others}")

    def _check_order(self, seq: int) -> None:
        if self.sent is not None:
            if seq <= self.sent:
                self.blame("doubled", f"{seq} was sent behind {self.sent} on the same socket")
            elif self.topics is None and seq != self.sent + 1:
                self.blame("lost", f"{seq} was sent behind {self.sent}")
        self.sent = seq

    def _check_position(self, seq: int, kind: str) -> None:
        """The server says how far it is: with all topics that must be what it has sent."""
        if self.sent is not None and (seq < self.sent or (self.topics is None and seq > self.sent)):
            self.blame("lost", f"{kind} says {seq}, sent was {self.sent}")
        self.sent = seq
        if self.topics is not None and self.last is not None:
            self.last = max(self.last, seq)  # nothing of ours was in between: we take its word

    # What the client let count

    def record_counted(self, frame: Frame) -> None:
        if frame["type"] == "live":
            self.last = frame["data"]["seq"]
            self.begins = self.last if self.begins is None else self.begins
        if "seq" not in frame:
            self.notes[frame["type"]] += 1
            return
        seq = frame["seq"]
        if self.last is not None and seq <= self.last:
            self.blame("doubled", f"{seq} counted again behind {self.last}")
        elif self.last is not None and self.topics is None and seq != self.last + 1:
            self.blame("lost", f"{seq} counted behind {self.last}")
        self.last = seq
        self.numbers.append(seq)
        self._fold_event(frame["type"], frame["data"])

    def restart_from(self, seq: int, things: Things) -> None:
        """After a reset: what the snapshot says, and nothing else."""
        self.begins = self.last = self.sent = seq
        self.numbers.clear()
        self.things = dict(things)

    def _fold_event(self, kind: str, data: Frame) -> None:
        match kind:
            case "key_update":
                self.keys.add(data["id"])
                self.things["key", data["id"]] = data
            case "key_deleted":
                self.keys.add(data["id"])
                self.gone.add(data["id"])
                self.things.pop(("key", data["id"]), None)
            case "order_update" | "order_filled":
                self.keys.add(data["key"])
                self.things["order", data["id"]] = without_freshness(data)
            case "trade":
                self.keys.add(data["key"])
                self.things["trade", data["id"]] = data
            case "balance_update":
                self.things["balance", (data["key"], data["currency"])] = data

    # In the end

    def compare_with(self, told: Sequence[int], truth: Things) -> None:
        """`told` are the numbers that the log has for this client, `truth` is the database."""
        missing, more = set(told) - set(self.numbers), set(self.numbers) - set(told)
        if missing:
            self.blame("lost", f"{len(missing)} events, such as {sorted(missing)[:5]}")
        if more:
            self.blame("strange", f"events that the log does not have: {sorted(more)[:5]}")
        if others := self.keys - self.gone - {number for kind, number in truth if kind == "key"}:
            self.blame("others", f"keys of somebody else: {others}")
        for name, thing in self.things.items():
            if truth.get(name) != thing:
                self.blame("differs", f"{name} is {truth.get(name)}, folded {thing}")
        if self.topics is None and not self.resets and (unknown := truth.keys() - self.things):
            self.blame("differs", f"never heard of {sorted(unknown, key=str)[:5]}")


def foreign_owners(frame: Frame, user_id: int) -> set[int]:
    """Return the other users whose marks are in this frame."""
    return {int(found) for found in MARK.findall(frames.dump_json(frame))} - {user_id}


def without_freshness(data: Mapping[str, Any]) -> dict[str, Any]:
    """All but the freshness, which moves without an event."""
    return {name: value for name, value in data.items() if name != "checked_at"}
