"""Holds frames to their schemas: what crosses a socket in any test proves the documents."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from realtime.docs import reference


@cache
def _validator(entry: reference.FrameEntry) -> Draft202012Validator:
    return Draft202012Validator(
        reference.build_full_schema(entry), format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def wrongs(entry: reference.FrameEntry, frame: object) -> list[str]:
    """Where a frame is not as its schema says, in words."""
    return [f"{error.json_path}: {error.message}" for error in _validator(entry).iter_errors(frame)]


def check(frame: Mapping[str, Any]) -> None:
    """A frame of the server, as a client got it, is one that the documents tell of."""
    entry = reference.list_entries().get(frame["type"])
    assert entry is not None, f"no document knows {frame['type']}"
    assert not (errors := wrongs(entry, frame)), f"{frame['type']} is not as told: {errors}"
