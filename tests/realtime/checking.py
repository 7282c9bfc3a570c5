"""Holds frames to their schemas: what crosses a socket in any test proves the documents."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from realtime import frames
from realtime.docs import json_schema, reference
from realtime.socket import hub
from realtime.socket.timers import AlarmClock


def list_types() -> Mapping[str, frames.FrameType]:
    """List the types of events, notes and market frames."""
    return {**frames.EVENTS, **frames.UNNUMBERED, **frames.MARKET}


def build_full_schema(entry: reference.FrameEntry) -> json_schema.Schema:
    """Build a schema that needs no other document."""
    at = "#/$defs/"
    return entry.schema(at) | {"$defs": json_schema.build_definitions([entry.shape], at)}


def count_sockets() -> int:
    """Count this process's sockets, in all its loops."""
    return sum(len(each.sockets) for each in hub.list_hubs())


def count_alarms(clock: AlarmClock) -> int:
    """Count the pending alarms, from any thread."""
    return sum(alarm.sleeper is not None for alarm in list(clock._alarms))


@cache
def _validator(entry: reference.FrameEntry) -> Draft202012Validator:
    return Draft202012Validator(
        build_full_schema(entry), format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def wrongs(entry: reference.FrameEntry, frame: object) -> list[str]:
    """Where a frame is not as its schema says, in words."""
    return [f"{error.json_path}: {error.message}" for error in _validator(entry).iter_errors(frame)]


def check(frame: Mapping[str, Any]) -> None:
    """A frame of the server, as a client got it, is one that the documents tell of."""
    entry = reference.list_entries().get(frame["type"])
    assert entry is not None, f"no document knows {frame['type']}"
    assert not (errors := wrongs(entry, frame)), f"{frame['type']} is not as told: {errors}"
