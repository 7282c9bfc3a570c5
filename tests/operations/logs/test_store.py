"""The files of the log viewer: bounded, never in the way, and read in the order of time."""

import json
import logging
import os
from datetime import UTC, datetime
from io import StringIO
from logging.config import DictConfigurator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import structlog
from django.core.management import call_command

from config import logs
from operations.logs import read, store

Write = Any


def make_handler(folder: Path, *, total_bytes: int = 1_000_000) -> store.StoreHandler:
    kept = logs.LogStore(folder=str(folder), service="web", total_bytes=total_bytes)
    config = logs.logging_config(level="INFO", as_json=True, store=kept)
    made: Any = DictConfigurator(config)
    handler = store.StoreHandler(str(folder), "web", total_bytes)
    handler.setFormatter(made.configure_formatter(config["formatters"]["stored"]))
    return handler


@pytest.fixture
def handler(tmp_path: Path) -> store.StoreHandler:
    return make_handler(tmp_path)


def write(handler: logging.Handler, message: str, level: int = logging.INFO, **fields: Any) -> None:
    record = logging.LogRecord("fillwatch", level, __file__, 1, message, (), None)
    with structlog.contextvars.bound_contextvars(**fields):
        handler.handle(record)


def read_events(folder: Path, limit: int = 100, **filters: Any) -> list[str]:
    wanted = read.LogFilters(**filters)
    return [entry["event"] for entry in read.read_entries(folder, wanted, limit=limit).entries]


def test_lines_are_read_back_with_their_fields(handler: store.StoreHandler, tmp_path: Path) -> None:
    write(handler, "order placed", order=17, request_id="r-1", user_id=4)
    write(handler, "order refused", logging.WARNING, order=18, task_id="t-1")
    handler.flush_lines(10)
    first, second = read.read_entries(tmp_path, read.LogFilters(), limit=10).entries
    assert (first["event"], first["service"], first["pid"]) == ("order placed", "web", os.getpid())
    assert second["level"] == "warning"
    assert read_events(tmp_path, ids={"order": "17"}) == ["order placed"]
    assert read_events(tmp_path, ids={"request": "r-1", "user": "4"}) == ["order placed"]
    assert read_events(tmp_path, ids={"task": "t-1"}) == ["order refused"]
    assert read_events(tmp_path, level="warning") == ["order refused"]
    assert read_events(tmp_path, search="REFUSED") == ["order refused"]
    assert read_events(tmp_path, service="worker") == []
    assert read_events(tmp_path, limit=1) == ["order refused"]
    assert read_events(tmp_path, after=first["id"]) == ["order refused"]
    assert read_events(tmp_path, after=second["id"]) == []
    assert read_events(tmp_path, since=datetime.now(UTC)) == []
    assert os.stat(next(tmp_path.glob("*.jsonl"))).st_mode & 0o077 == 0


def test_files_of_all_processes_are_merged_by_time(tmp_path: Path) -> None:
    for service, seconds in (("web", (1, 4)), ("worker", (2, 3))):
        lines = [
            json.dumps({"timestamp": f"2026-01-01T00:00:0{second}Z", "event": str(second)})
            for second in seconds
        ]
        text = "\n".join([*lines, '{"half'])  # of a process that was killed while it wrote
        (tmp_path / f"{service}.20260101T0000.7.jsonl").write_text(text)
    assert read_events(tmp_path) == ["1", "2", "3", "4"]
    assert read.list_services(tmp_path) == ["web", "worker"]


@pytest.mark.parametrize("length", [1, 100, 70_000])
def test_lines_across_blocks_are_whole(tmp_path: Path, length: int) -> None:
    lines = [
        json.dumps({"timestamp": f"2026-01-01T00:00:{n:02}Z", "event": f"{n} " + "ä" * length})
        for n in range(5)
    ]
    (tmp_path / "web.1.1.jsonl").write_text("\n".join(lines) + "\n")
    assert [event.split()[0] for event in read_events(tmp_path)] == ["0", "1", "2", "3", "4"]


def test_the_files_stay_below_their_bound(tmp_path: Path) -> None:
    handler = make_handler(tmp_path, total_bytes=200_000)
    for number in range(3000):
        write(handler, f"line {number} " + "x" * 100)
    handler.flush_lines(60)
    assert sum(path.stat().st_size for path in tmp_path.glob("*.jsonl")) <= 200_000
    assert read_events(tmp_path, limit=1)[0].startswith("line 2999")


def test_a_file_that_was_removed_is_followed_by_another(
    handler: store.StoreHandler, tmp_path: Path
) -> None:
    write(handler, "before")
    handler.flush_lines(10)
    next(tmp_path.glob("*.jsonl")).unlink()
    write(handler, "after")
    handler.flush_lines(10)
    assert read_events(tmp_path) == ["after"]


def test_whoever_logs_does_not_wait_for_a_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LONGEST_QUEUE", 5)
    handler, disk = make_handler(tmp_path), Event()
    write_line = handler._write_line

    def write_when_free(line: str) -> None:
        disk.wait(60)
        write_line(line)

    monkeypatch.setattr(handler, "_write_line", write_when_free)
    for number in range(20):  # all return at once, though nothing can be written
        write(handler, f"line {number}")
    disk.set()
    handler.flush_lines(10)
    entries = read.read_entries(tmp_path, read.LogFilters(), limit=50).entries
    dropped = next(entry["count"] for entry in entries if entry["event"] == "log lines dropped")
    assert len(entries) - 1 + dropped == 20
    assert dropped >= 14


def test_a_disk_that_is_full_ends_nothing(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    handler = make_handler(in_the_way / "logs")
    write(handler, "nowhere")
    handler.flush_lines(10)
    assert not handler._queue.unfinished_tasks


@pytest.fixture
def stored(handler: store.StoreHandler, tmp_path: Path, settings: Any) -> Path:
    settings.LOG_FOLDER = str(tmp_path)
    write(handler, "order placed", order=17)
    write(handler, "order refused", logging.WARNING)
    handler.flush_lines(10)
    return tmp_path


def test_the_command_shows_and_filters(stored: Path) -> None:
    out = StringIO()
    call_command("logs", "--order", "17", stdout=out)
    assert "order placed" in out.getvalue()
    assert "refused" not in out.getvalue()
    out = StringIO()
    call_command("logs", "--level", "warning", "--since", "10m", "--json", stdout=out)
    assert json.loads(out.getvalue())["event"] == "order refused"
