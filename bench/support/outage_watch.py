"""Watch from outside what tells of an outage: the summary, a webhook, and an open page's socket.

Each thread notes what it sees with the time of the machine's clock, which alerts are kept by too.
"""

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from bench.support.stoppable_parts import SeparateParts
from realtime.client.stream import StreamClient, StreamStopped, socket_address

LOOK_SECONDS: Final = 0.25
Statuses = Mapping[str, str]
Frame = Mapping[str, Any]


@dataclass
class OutageWatch:
    """All sightings, in the order of their times."""

    summaries: list[tuple[float, Statuses]] = field(default_factory=list)
    messages: list[tuple[float, str]] = field(default_factory=list)
    health: list[tuple[float, str, str]] = field(default_factory=list)  # service and status
    page: list[tuple[float, bool, str]] = field(default_factory=list)  # is it well, and its words
    late: set[str] = field(default_factory=set)
    is_live: bool = False

    def is_green(self) -> bool:
        """Tell whether the newest summary and the page are well."""
        newest = self.summaries[-1][1] if self.summaries else {}
        return bool(newest) and set(newest.values()) == {"healthy"} and self.is_page_well()

    def is_page_well(self) -> bool:
        return self.is_live and not self.late

    def note_state(self, state: str, reason: str) -> None:
        self.is_live = state == "live"
        self._note_page(f"{state} {reason}")

    def note_frame(self, frame: Frame) -> None:
        data = frame["data"]
        if frame["type"] == "health_update":
            self.health.append((time.time(), data["service"], data["status"]))
        elif frame["type"] == "delay_update":
            change = self.late.add if data["late"] else self.late.discard
            change(data["about"])
            self._note_page(data["words"])

    def _note_page(self, words: str) -> None:
        self.page.append((time.time(), self.is_page_well(), words))


@contextmanager
def watch_outages(ours: SeparateParts) -> Iterator[OutageWatch]:
    """Watch until the block ends: a webhook, a page and the console of the same operator."""
    watch = OutageWatch()

    async def get_token() -> str:
        return ours.make_token()

    with ExitStack() as stack:
        port = stack.enter_context(_run_receiver(watch))
        _add_webhook(ours, port)
        stack.enter_context(_run_thread(lambda: _read_summary(ours, watch)))
        page = StreamClient(socket_address(ours.url, "/ws/"), get_token, on_state=watch.note_state)
        stack.enter_context(_run_client(page, watch.note_frame))
        console = StreamClient(socket_address(ours.url, "/ws/admin/"), get_token)
        stack.enter_context(_run_client(console, watch.note_frame))
        yield watch


def _add_webhook(ours: SeparateParts, port: int) -> None:
    from django.utils import timezone

    from operations.notifications.ways import actions

    actions.add_webhook(ours.user, "Desk", f"http://127.0.0.1:{port}/hook", now=timezone.now())


def _read_summary(ours: SeparateParts, watch: OutageWatch) -> None:
    """Ask the web process; while it does not answer, ask as `manage.py health` does."""
    statuses: Statuses
    try:
        statuses = ours.read_statuses()
    except (OSError, HTTPException, ValueError):  # killed in the middle of an answer, too
        statuses = _read_own_summary()
    watch.summaries.append((time.time(), statuses))


def _read_own_summary() -> Statuses:
    from django.utils import timezone

    from operations.health import present

    return {row.service: row.status for row in present.read_services(timezone.now())}


@contextmanager
def _run_thread(work: Callable[[], None]) -> Iterator[None]:
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(LOOK_SECONDS):
            try:
                work()
            except Exception as error:  # noqa: BLE001 (the next look may succeed)
                sys.stderr.write(f"A look failed: {error!r}\n")

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def _run_receiver(watch: OutageWatch) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            watch.messages.append((time.time(), body["data"]["title"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()


@contextmanager
def _run_client(stream: StreamClient, note_frame: Callable[[Frame], None]) -> Iterator[None]:
    """Run a client as it is shipped, which comes back by itself, until the block ends."""
    loop = asyncio.new_event_loop()

    async def listen() -> None:
        while True:
            try:
                async for frame in stream.frames():
                    note_frame(frame)
            except StreamStopped as error:  # no refusal lasts here
                sys.stderr.write(f"A client was turned away: {error}\n")
                await asyncio.sleep(1)

    task = loop.create_task(listen())

    def run_loop() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=run_loop)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()
