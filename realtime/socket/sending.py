"""The sending half of a socket: a task while there is something to send, and none while it waits.

At most one send is in flight. The clock of all sockets says when something is due, and when a
client has not taken for too long what it was sent.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from django.conf import settings
from django.db import Error as DatabaseError

from realtime import frames
from realtime.counters import counts
from realtime.socket.cursor import LogPage
from realtime.socket.protocol import Conversation
from realtime.socket.session import Farewell
from realtime.socket.timers import Alarm, AlarmClock

log = structlog.get_logger(__name__)

Message = dict[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Sender:
    """Sends a conversation's output. Whatever adds output must wake the sender."""

    __slots__ = (
        "_clock",
        "_conversation",
        "_ended",
        "_page",
        "_send",
        "_send_began",
        "_stalled",
        "_task",
        "_traffic",
        "alarm",
        "is_over",
    )

    def __init__(
        self,
        talk: Conversation,
        send: Send,
        *,
        clock: AlarmClock,
        page: Callable[[int | None], Awaitable[LogPage]],
        ended: Callable[[], object],
    ) -> None:
        self._conversation, self._send = talk, send
        self._clock, self._page, self._ended = clock, page, ended
        self._traffic = counts.traffic[talk.endpoint.name]
        self._task: asyncio.Task[None] | None = None
        self._send_began: float | None = None  # when the send in flight was begun
        self._stalled = False
        self.is_over = False  # nothing can be sent any more
        self.alarm: Alarm | None = None

    def wake(self) -> None:
        """Start sending if there is output, else set the alarm for when there will be."""
        if self._task is not None or self.is_over:
            return
        if self._conversation.has_output(time.monotonic()):
            self._task = asyncio.create_task(self._run_task())
        else:
            self._clock.wake(self, self._conversation.next_due())

    def due(self, now: float) -> None:
        self._conversation.tick(now)
        if self._task is None or self._send_began is None:
            self.wake()
        elif (late := self._send_began + settings.REALTIME["SEND_SECONDS"]) > now:
            self._clock.wake(self, late)
        else:
            self._stalled = True
            self._task.cancel()

    async def finish(self) -> None:
        """Wait until the farewell is sent."""
        self.wake()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def stop(self) -> None:
        """Stop at once, also a send under way, for a socket that has gone."""
        self.is_over = True
        self._clock.forget(self)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    # Working

    async def _run_task(self) -> None:
        try:
            await self._send_all()
        except asyncio.CancelledError:
            if not self._stalled:
                raise
            await self._give_up()
        except OSError as error:  # what servers raise when a frame comes too late
            log.debug("socket broke during a send", error=str(error))
            self._end_sending()
        except Exception:  # a bug of ours: log it, and close the socket, not leave it silent
            log.exception("socket sender failed")
            self._conversation.close(frames.Close.INTERNAL, "Something broke here.")
            await self._say_goodbye(
                self._conversation.closing or Farewell(frames.Close.INTERNAL, "")
            )
        finally:
            self._task = self._send_began = None
        self.wake()

    async def _send_all(self) -> None:
        talk = self._conversation
        while True:
            await self._send_waiting()
            if talk.closing:
                return await self._say_goodbye(talk.closing)
            if talk.cursor.begin_read():
                await self._read_log()
            elif not talk.has_output(time.monotonic()):
                return

    async def _send_waiting(self) -> None:
        """Send control frames, then events, then notes and prices; each as it is by then."""
        talk = self._conversation
        while talk.outbox:
            await self._send_text(talk.outbox.pop(0))
        while not (talk.closing or talk.outbox) and (event := talk.cursor.take()):
            if not talk.cursor.owes_live:  # missed events would not measure our speed
                counts.note_sent(event.frame)
            await self._send_text(event.frame)
        if talk.live():
            counts.resumes["live" if talk.cursor.resuming else "fresh"] += 1
        for note in talk.take_fresh(time.monotonic()):
            await self._send_text(note)

    async def _read_log(self) -> None:
        counts.log_reads += 1
        talk, request = self._conversation, self._conversation.cursor.asked
        try:
            page = await self._page(talk.cursor.sent)
        except DatabaseError as error:
            log.warning("socket cannot read its log", error=str(error))
            talk.close(frames.Close.INTERNAL, "The database is away.")
            return
        if talk.cursor.asked is not request:
            return
        if reason := talk.cursor.page(page):
            counts.resumes[reason] += 1
            talk.reset(reason, page.epoch, page.head)

    async def _send_text(self, text: str) -> None:
        self._traffic.frames_out += 1
        self._traffic.bytes_out += len(text)
        self._send_began = now = time.monotonic()
        self._clock.wake(self, now + settings.REALTIME["SEND_SECONDS"])
        await self._send({"type": "websocket.send", "text": text})
        self._send_began = None

    # Ending

    async def _say_goodbye(self, end: Farewell) -> None:
        with contextlib.suppress(OSError):
            await self._send_text(self._conversation.build_farewell())
        await self._send_close(end.code, end.message)

    async def _give_up(self) -> None:
        """Close a client that stopped reading; if it never reads again, the kernel drops it."""
        counts.slow_closed += 1
        self._send_began = None
        await self._send_close(frames.Close.SLOW)

    async def _send_close(self, code: frames.Close, reason: str = "") -> None:
        counts.closes[int(code)] += 1
        self.is_over = True
        with contextlib.suppress(OSError, TimeoutError):  # it may not listen any more
            async with asyncio.timeout(settings.REALTIME["SEND_SECONDS"]):
                message = {"type": "websocket.close", "code": int(code), "reason": reason}
                await self._send(message)
        self._end_sending()

    def _end_sending(self) -> None:
        self.is_over = True
        self._ended()
