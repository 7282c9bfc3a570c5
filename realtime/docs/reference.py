"""The list of all frames that documents, types and rules are made from. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from realtime import frames
from realtime.docs import glossary, json_schema
from realtime.endpoints import ENDPOINTS, Endpoint
from realtime.socket import control_frames

Family = Literal["event", "note", "market", "socket", "client"]

EXAMPLES: Mapping[str, Mapping[str, Any]] = json.loads(
    Path(__file__).with_name("examples.json").read_text()
)
EXAMPLE_SEQ, EXAMPLE_TIME = 118, "2026-11-21T09:30:00.412000Z"
NEEDS_STREAM = frozenset({"live", "reset", "subscribe"})
NEEDS_WATCHLIST = frozenset({"watching", "watch"})


@dataclass(frozen=True, slots=True)
class FrameEntry:
    """One type of frame, out of whichever list declares it."""

    name: str
    family: Family
    shape: type
    when: str
    topic: frames.Topic | None = None
    planned: bool = False
    right: str = ""

    @property
    def id(self) -> str:
        """The entry's key; the prefix is needed because both sides send `ping` and `pong`."""
        return f"client.{self.name}" if self.family == "client" else self.name

    @property
    def numbered(self) -> bool:
        return self.family == "event"

    @property
    def may_be_bare(self) -> bool:
        always = [must for _, must in json_schema.get_fields(self.shape).values()]
        return self.family == "client" and not any(always)

    @property
    def endpoints(self) -> list[Endpoint]:
        return [endpoint for endpoint in ENDPOINTS.values() if self.is_used_at(endpoint)]

    def is_used_at(self, endpoint: Endpoint) -> bool:
        if self.topic:
            return self.topic in endpoint.topics
        if self.name in NEEDS_STREAM:
            return bool(endpoint.streamed)
        return self.name not in NEEDS_WATCHLIST or bool(endpoint.watched)

    def schema(self, at: str) -> json_schema.Schema:
        return json_schema.build_frame_schema(
            self.name, self.shape, at, numbered=self.numbered, may_be_bare=self.may_be_bare
        )

    def example(self) -> dict[str, Any]:
        number = {"seq": EXAMPLE_SEQ, "timestamp": EXAMPLE_TIME} if self.numbered else {}
        return {"type": self.name} | number | {"data": EXAMPLES[self.id]}


@cache
def list_entries() -> Mapping[str, FrameEntry]:
    """List every type of frame by its id: events, notes and market, then the socket's own."""
    published: list[tuple[Family, Mapping[str, frames.FrameType]]] = [
        ("event", frames.EVENTS),
        ("note", frames.UNNUMBERED),
        ("market", frames.MARKET),
    ]
    control: list[tuple[Family, Mapping[str, type]]] = [
        ("socket", control_frames.SERVER),
        ("client", control_frames.CLIENT),
    ]
    every = [
        FrameEntry(name, family, kind.shape, kind.when, kind.topic, kind.planned, kind.right)
        for family, kinds in published
        for name, kind in kinds.items()
    ] + [
        FrameEntry(name, family, shape, glossary.get_docstring(shape))
        for family, shapes in control
        for name, shape in shapes.items()
    ]
    return {entry.id: entry for entry in every}


def list_family(*families: Family) -> list[FrameEntry]:
    return [entry for entry in list_entries().values() if entry.family in families]


def list_shapes() -> list[type]:
    """List each shape once, in the order in which the frames need them."""
    return list(dict.fromkeys(entry.shape for entry in list_entries().values()))
