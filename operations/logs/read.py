"""Read the newest log lines of all processes of this machine, with filters."""

import heapq
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from realtime.values import format_time

SUFFIX: Final = ".jsonl"
BLOCK: Final = 64 * 1024  # bytes read at once, from the end
MOST_SCANNED: Final = 100_000  # lines that one search reads
LEVELS: Final = ("debug", "info", "warning", "error", "critical")
# Fields of log lines by which a request, task, order or user is followed.
FOLLOWED: Final = {
    "request": ("request_id", "placed_by_request"),
    "task": ("task_id", "child_task_id"),
    "order": ("order", "order_id"),
    "user": ("user_id", "user"),
}
Entry = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class LogFilters:
    """Filters of log lines; empty: all. `after` is the id of a line that was read before."""

    service: str = ""
    level: str = ""
    search: str = ""
    since: datetime | None = None
    until: datetime | None = None
    after: str = ""
    ids: dict[str, str] = field(default_factory=dict)  # by the names of FOLLOWED


@dataclass(frozen=True, slots=True)
class FoundLines:
    """Lines, oldest first; not complete when older ones were not searched."""

    entries: list[Entry]
    is_complete: bool


def read_entries(folder: Path, filters: LogFilters, *, limit: int) -> FoundLines:
    """Return the newest lines that fit; with `after`, all lines since, up to the limit."""
    found: list[Entry] = []
    since = format_time(filters.since) if filters.since else ""
    oldest = filters.after.partition("~")[0] or since
    for scanned, entry in enumerate(_read_newest_first(folder, filters.service)):
        if str(entry["timestamp"]) < oldest:
            break
        if scanned >= MOST_SCANNED or len(found) >= limit:
            return FoundLines(found[::-1], is_complete=False)
        if _fits_filters(entry, filters):
            found.append(entry)
    return FoundLines(found[::-1], is_complete=True)


def list_services(folder: Path) -> list[str]:
    return sorted({path.name.partition(".")[0] for path in folder.glob(f"*{SUFFIX}")})


def _read_newest_first(folder: Path, service: str) -> Iterator[Entry]:
    """Merge the files by time and id, so that the order is the same at each reading."""
    paths = folder.glob(f"{service or '*'}.*{SUFFIX}")
    return heapq.merge(*map(_read_file_backwards, paths), key=_sort_key, reverse=True)


def _sort_key(entry: Entry) -> tuple[str, str]:
    return str(entry["timestamp"]), str(entry["id"])


def _read_file_backwards(path: Path) -> Iterator[Entry]:
    process = ".".join(path.name.split(".")[:-1])
    for offset, line in _read_lines_backwards(path):
        try:
            entry = json.loads(line)
            entry["id"] = f"{entry['timestamp']}~{process}~{offset:010}"
        except (ValueError, KeyError, TypeError):  # half a line of a process that was killed
            continue
        yield entry


def _read_lines_backwards(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield each whole line and its place, the last one first."""
    try:
        file = path.open("rb")
    except OSError:  # removed a moment ago
        return
    with file:
        position, rest = file.seek(0, os.SEEK_END), b""
        while position:
            start = max(0, position - BLOCK)
            file.seek(start)
            block = file.read(position - start) + rest
            first, *lines = block.split(b"\n")
            end = start + len(block)
            for line in reversed(lines):
                end -= len(line)
                if line:
                    yield end, line
                end -= 1
            position, rest = start, first
        if rest:
            yield 0, rest


def _fits_filters(entry: Entry, filters: LogFilters) -> bool:
    level = str(entry.get("level", "info"))
    if filters.level and LEVELS.index(filters.level) > _level_number(level):
        return False
    if filters.after and _sort_key(entry) <= (filters.after.partition("~")[0], filters.after):
        return False
    if filters.until and str(entry["timestamp"]) >= format_time(filters.until):
        return False
    for name, wanted in filters.ids.items():
        if wanted not in {str(entry.get(key)) for key in FOLLOWED[name]}:
            return False
    text = filters.search.lower()
    return not text or text in json.dumps(entry, ensure_ascii=False).lower()


def _level_number(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)
