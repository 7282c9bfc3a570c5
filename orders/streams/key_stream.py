"""Follow one key's private stream while this process holds its lease: listen, record, reconcile."""

import asyncio
import random
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.conf import settings
from django.utils import timezone
from redis.exceptions import RedisError

from exchanges import base, pool
from exchanges.keys import request_test
from exchanges.limits import bans
from exchanges.models import ExchangeKey, StreamState
from orders.streams import switch_guard, threads
from orders.streams.connect_queue import ConnectQueue
from orders.streams.holdings import HoldingsWriter

log = structlog.get_logger(__name__)

FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 30.0
AFTER_REFUSAL: Final = 300.0  # a refused key is tested, and switched off if that confirms it
AFTER_NO_STREAM: Final = 3600.0  # a venue that has none is polled
STEADY: Final = timedelta(seconds=30)  # a stream that lived this long starts over patiently
WAITING_REPORTS: Final = 10_000
BATCH: Final = 1000  # of one transaction: a stream that fell behind catches up at once
GRACE_SECONDS: Final = 3.0  # what a poll finds, a working stream tells within this


@dataclass
class StreamFacts:
    """The state of a stream; `unsaved` is what changed since it was last saved."""

    unsaved: dict[str, Any] = field(default_factory=dict)
    heard_at: datetime | None = None
    restarts: int = 0

    def note(self, **facts: Any) -> None:
        self.unsaved |= facts

    def note_message(self) -> datetime:
        self.heard_at = timezone.now()
        self.unsaved["last_message_at"] = self.heard_at
        return self.heard_at

    def take_unsaved(self) -> dict[str, Any]:
        taken, self.unsaved = self.unsaved, {}
        return taken

    def restore_unsaved(self, taken: dict[str, Any]) -> None:
        """Restore what could not be saved; what was noted since is newer."""
        self.unsaved = taken | self.unsaved


class KeyStream:
    """One key, one connection, one queue of reports; nothing of it outlives `run`."""

    def __init__(self, key: ExchangeKey, connect_queue: ConnectQueue, *, restarts: int = 0) -> None:
        self.key = key
        self.facts = StreamFacts(restarts=restarts)
        self._connect_queue = connect_queue
        self._holdings = HoldingsWriter(key)
        self._reports: asyncio.Queue[base.OrderReport] = asyncio.Queue(WAITING_REPORTS)
        self._reconcile_requested = asyncio.Event()  # a reconcile
        self._needs_full_listing = (
            True  # what was placed at the exchange meanwhile is only in its lists
        )
        self._connected_at: datetime | None = None
        self._test_requested = False

    @property
    def is_live(self) -> bool:
        return self._connected_at is not None

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write_loop())
            tasks.create_task(self._reconcile_loop())
            tasks.create_task(self._holdings.run())
            tasks.create_task(self._listen_loop())

    async def _listen_loop(self) -> None:
        failures = 0
        while True:
            self.facts.note(state=StreamState.CONNECTING, connected_since=None)
            await self._connect_queue.wait_turn(self.key)
            error = await self._listen_until_broken()
            failures = 0 if self._was_steady() else failures + 1
            self._connected_at = None
            delay = await self._note_end(error, failures)
            write_log = log.info if isinstance(error, base.RequestRefused) else log.warning
            write_log("stream broke", key=self.key.pk, error=str(error), again_in=round(delay, 1))
            await asyncio.sleep(delay)

    async def _note_end(self, error: Exception, failures: int) -> float:
        """Note why the stream ended; return how many seconds to wait."""
        if isinstance(error, base.RequestRefused):  # it has no stream to follow: that is no failure
            self.facts.note(state=StreamState.POLLED, connected_since=None, last_error="")
            return AFTER_NO_STREAM
        self.facts.restarts += 1
        refused = isinstance(error, base.KeyInvalid)
        self.facts.note(
            state=StreamState.REFUSED if refused else StreamState.WAITING,
            connected_since=None,
            restarts=self.facts.restarts,
            last_error=str(error),
        )
        if isinstance(error, base.RateLimitError):
            await threads.writing.run(_note_ban, self.key, error)
        return await self._test_key_once() if refused else _choose_delay(failures, error)

    async def _listen_until_broken(self) -> Exception:
        tasks = [
            asyncio.create_task(pool.call_async(self.key, self._open_stream)),
            asyncio.create_task(self._watch_for_silence()),
            asyncio.create_task(switch_guard.guard_stream(self)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done() and not task.cancelled():
                    return _to_venue_error(task.exception())
            return base.VenueDown("the stream was closed")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _open_stream(self, venue: Any) -> Awaitable[None]:
        following: Awaitable[None] = venue.follow_stream(
            self._take_message, connected=self._note_connected
        )
        return following

    def _take_message(self, message: base.StreamUpdate) -> None:
        """Queue the reports of a message; a full queue breaks the stream, which restarts."""
        for report in message.orders:
            self._reports.put_nowait(report)
        if message.needs_orders:
            self._needs_full_listing = True
            self._reconcile_requested.set()
        self._holdings.add_message(message, at=self.facts.note_message())

    def _note_connected(self) -> None:
        """Request a reconcile: what happened before this connection is only known to the venue."""
        self._connected_at = timezone.now()
        self._test_requested = False
        self.facts.note(state=StreamState.LIVE, connected_since=self._connected_at, last_error="")
        self._needs_full_listing = True
        self._reconcile_requested.set()
        self._holdings.request_fetch()
        log.info("stream open", key=self.key.pk, venue=self.key.venue)

    async def _write_loop(self) -> None:
        while True:
            batch = [await self._reports.get()]
            while len(batch) < BATCH and not self._reports.empty():
                batch.append(self._reports.get_nowait())
            if await threads.writing.run(threads.apply_reports, self.key.pk, batch):
                self._needs_full_listing = True
                self._reconcile_requested.set()

    async def _reconcile_loop(self) -> None:
        """Reconcile whenever that is requested, again and again until it succeeds."""
        failures = 0
        while True:
            await self._reconcile_requested.wait()
            self._reconcile_requested.clear()
            if await self._reconcile_once():
                failures = 0
                self.facts.note(last_reconcile_at=timezone.now())
                continue
            failures += 1
            self._reconcile_requested.set()
            await asyncio.sleep(_choose_delay(failures))

    async def _reconcile_once(self) -> bool:
        full, self._needs_full_listing, done = self._needs_full_listing, False, False
        try:
            done = await threads.asking.run(threads.reconcile_key, self.key.pk, full=full)
        except Exception:  # a database outage must not end the stream: the loop tries again
            log.exception("key not reconciled", key=self.key.pk)
        self._needs_full_listing |= full and not done
        return done

    async def _watch_for_silence(self) -> None:
        """Break a stream that is open but silent, if a check finds what it did not report."""
        while True:
            before = timezone.now()
            await asyncio.sleep(settings.STREAM_QUIET_SECONDS)
            if (
                self._connected_at is None
                or self._connected_at > before
                or self._has_message_since(before)
            ):
                continue
            if not await threads.writing.run(threads.was_checked, self.key.pk, since=before):
                await self._reconcile_once()
            await asyncio.sleep(GRACE_SECONDS)
            if not self._has_message_since(before) and await self._poll_found_more(before):
                raise base.VenueDown("the stream is open, but did not report what a check found")

    def _has_message_since(self, since: datetime) -> bool:
        return self.facts.heard_at is not None and self.facts.heard_at >= since

    async def _poll_found_more(self, since: datetime) -> bool:
        return await threads.writing.run(threads.poll_found_more, self.key.pk, since=since)

    def _was_steady(self) -> bool:
        return self._connected_at is not None and timezone.now() - self._connected_at > STEADY

    async def _test_key_once(self) -> float:
        """Have the key tested, once: it is switched off if the venue refuses it there too."""
        if not self._test_requested:
            self._test_requested = True
            await threads.writing.run(request_test.queue_test, self.key.pk)
        return AFTER_REFUSAL


def _note_ban(key: ExchangeKey, wait: base.RateLimitError) -> None:
    try:
        bans.note(key, wait, now=timezone.now())
    except RedisError as error:  # then only this stream waits
        log.warning("ban not noted", key=key.pk, error=str(error))


def _choose_delay(failures: int, error: Exception | None = None) -> float:
    """Choose a random delay below a bound that doubles, so streams do not return together."""
    bound = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(failures, 10))
    wait = 0.0
    if isinstance(error, base.RateLimitError):
        wait = max((error.until - timezone.now()).total_seconds(), 0.0)
    return wait + random.uniform(0, bound)  # noqa: S311 (nothing secret)


def _to_venue_error(error: BaseException | None) -> Exception:
    if isinstance(error, base.VenueError):
        return error
    if error is not None:
        log.error("stream ended unexpectedly", exc_info=error)
    return base.VenueDown(f"the stream ended: {type(error).__name__}")
