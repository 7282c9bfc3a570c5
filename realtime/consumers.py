"""The shell around a socket's conversation: it receives, asks the database, sends, and cleans up.

Two tasks for each socket. The reader follows the client's frames; the writer, the only one that
sends, has at most one frame in flight and otherwise sleeps until it is woken or something is due.
"""

import asyncio
import contextlib
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from django.conf import settings
from django.db import Error as DatabaseError

from realtime import authentication, frames, hub, market, presence, publish, streams, threads
from realtime.authentication import Offer, Refused
from realtime.counts import counts
from realtime.cursor import BUFFER_BYTES, BUFFER_EVENTS, Page, Told
from realtime.doors import Door
from realtime.parsing import Auth, Watch
from realtime.protocol import Conversation, Identity, Rules
from realtime.standing import Standing

log = structlog.get_logger(__name__)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Stalled(Exception):
    """The client does not take what it is sent."""


class Socket:
    """One connection, from its handshake to the last clean-up."""

    def __init__(self, receive: Receive, send: Send, door: Door, visitor: presence.Visitor) -> None:
        self._receive, self._send, self.visitor = receive, send, visitor
        self.name = secrets.token_hex(6)
        self._groups: set[str] = set()
        self._wake = asyncio.Event()
        self._gone = False
        self.user_id = 0
        self.session_key: str | None = None
        self.sign_in: str | None = None
        self.traffic = counts.traffic[door.name]
        self.traffic.accepts += 1
        self.talk = Conversation(rules(), time.monotonic(), door)

    @property
    def instruments(self) -> frozenset[str]:
        watchlist = self.talk.watchlist
        return watchlist.instruments if watchlist else frozenset()

    @property
    def door_name(self) -> str:
        return self.talk.door.name

    # What the hub says: mark and wake, never wait

    def told(self, message: Mapping[str, Any]) -> None:
        match message.get("type"):
            case "stream.events":
                events = [Told(*event) for event in message["events"]]
                self.talk.cursor.offer(message["head"], events)
            case "stream.note":
                self.talk.cursor.note(message["kind"], message["about"], message["frame"])
            case "stream.market":
                if not self.talk.offer(message["kind"], message["instrument"], message["frame"]):
                    return  # one waits already, and goes with it when its time has come
            case "stream.command":
                self._command(message)
            case _:
                return  # from a newer server in the same installation
        self._wake.set()

    def _command(self, message: Mapping[str, Any]) -> None:
        if message["socket"] not in (None, self.name):
            return
        if message["act"] == "end":
            self.end(frames.Close.RESTART, message["words"])
        else:
            self.talk.cursor.void()

    def swept(self, now: Standing | None) -> None:
        if end := self._no_longer_welcome(now):
            self.end(*end)
        elif now is not None and self.talk.swept(now.epoch, now.seq):
            counts.repairs += 1
            self._wake.set()

    def end(self, code: frames.Close, message: str) -> None:
        self.talk.close(code, message)
        self._wake.set()

    def glance(self) -> hub.Glance:
        talk = self.talk
        return hub.Glance(talk.door.name, talk.opened, talk.behind, talk.answer_seconds)

    def _no_longer_welcome(self, now: Standing | None) -> tuple[frames.Close, str] | None:
        identity = self.talk.identity
        if identity is None:
            return None
        if now is None or not now.is_active:
            return frames.Close.FORBIDDEN, "This user is not active any more."
        if self.talk.door.for_staff and not now.is_staff:
            return frames.Close.FORBIDDEN, "This door is for operators."
        if now.credentials != identity.credentials:
            return frames.Close.CREDENTIALS_CHANGED, "The password was changed."
        if now.ended and {identity.session_key, identity.sign_in} & now.ended:
            return frames.Close.CREDENTIALS_CHANGED, "You signed out."
        return None

    # The life of a socket

    async def run(self, offer: Offer) -> None:
        self._hub, self._presence = hub.open(self), presence.here()
        reader = asyncio.create_task(self._read(offer))
        try:
            await self._write()
        except Stalled:
            counts.slow_closed += 1
            await self._close(frames.Close.SLOW)
        except OSError as error:  # what servers raise when a frame comes too late
            log.debug("a socket broke while it was written to", error=str(error))
        finally:
            await self._clean_up(reader)

    async def _clean_up(self, reader: asyncio.Task[None]) -> None:
        reader.cancel()
        try:
            await asyncio.gather(reader, return_exceptions=True)
        finally:
            self._presence.leave(self)
            await hub.close(self, self._groups)

    async def _read(self, offer: Offer) -> None:
        try:
            await self._greet(offer)
            self._wake.set()
            while self.talk.closing is None:
                message = await self._receive()
                if message["type"] == "websocket.disconnect":
                    self._gone = True
                    counts.client_left(message.get("code"))
                    break
                await self._heard(message)
                self._wake.set()
        except DatabaseError as error:
            log.warning("a socket cannot read the database", error=str(error))
            self.talk.close(frames.Close.INTERNAL, "The database is away.")
        except Exception:  # a mistake of ours must end this socket with words, not silently
            log.exception("a socket's reader broke")
            self.talk.close(frames.Close.INTERNAL, "Something broke here.")
        finally:
            self._wake.set()

    async def _heard(self, message: Message) -> None:
        text = message.get("text")
        self.traffic.frames_in += 1
        self.traffic.bytes_in += len(text or message.get("bytes") or "")
        request = self.talk.heard(text, time.monotonic())
        match request:
            case Auth(token):
                await self._by_token(token)
            case Watch():
                await self._watch(request)
        if self.talk.struck:
            counts.strikes[self.talk.struck] += 1

    # Who is there

    async def _greet(self, offer: Offer) -> None:
        if wait := await self._presence.admit(self.visitor.address):
            words = "Too many sockets from your address in a minute."
            self.talk.close(frames.Close.RATE_LIMITED, words, delay=wait)
        if self.talk.closing:
            return
        if offer.kind == "bearer":
            self.talk.greet("bearer")
            await self._by_token(offer.secret)
            return
        known = None
        if offer.kind == "session":
            known = await threads.run(authentication.by_session, offer.secret)
        self.talk.greet("session" if known else "no")
        if known:
            await self._enter(*known)
        self._wake.set()

    async def _by_token(self, token: str) -> None:
        try:
            known = await threads.run(authentication.by_token, token)
        except Refused as refused:
            self.talk.refused(refused.code, refused.message)
        else:
            await self._enter(*known)

    async def _enter(self, identity: Identity, standing: Standing) -> None:
        """Join before `ready` is said: whoever subscribes then reads the log later than that."""
        door = self.talk.door
        if door.for_staff and not standing.is_staff:
            self.talk.close(frames.Close.FORBIDDEN, "This door is for operators.")
            return
        self.session_key, self.sign_in = identity.session_key, identity.sign_in
        if self.talk.identity is None:
            self.user_id = identity.user_id
            self._presence.enter(self)
            await self._join(publish.STAFF if door.for_staff else publish.group(self.user_id))
        self.talk.identified(identity, standing.epoch, standing.seq, time.monotonic())

    # The markets

    async def _watch(self, wish: Watch) -> None:
        """Listen first, then show what was last said: nothing falls in between."""
        admitted = await threads.run(market.admit, wish.instruments)
        self.talk.watch(wish, admitted)
        await self._listen_to(admitted.instruments)
        for told in await threads.run(market.begin, admitted.instruments):
            self.talk.offer(*told)

    async def _listen_to(self, instruments: frozenset[str]) -> None:
        wanted = {publish.group_of_instrument(one) for one in instruments}
        now = {group for group in self._groups if group.startswith(publish.MARKETS)}
        for group in now - wanted:
            await self._hub.leave(self, group)
            self._groups.discard(group)
        for group in wanted - now:
            await self._join(group)

    async def _join(self, group: str) -> None:
        self._groups.add(group)
        await self._hub.join(self, group)

    # Sending

    async def _write(self) -> None:
        talk = self.talk
        while not self._gone:
            self._wake.clear()
            talk.tick(time.monotonic())
            await self._send_waiting()
            if talk.closing:
                await self._send_text(talk.farewell())
                await self._close(talk.closing.code, talk.closing.message)
                return
            if talk.cursor.reads():
                await self._read_log()
                continue
            if not self._has_more():
                await self._sleep()

    async def _send_waiting(self) -> None:
        """What is to be said, then the stream, then what is only fresh; each as it now is."""
        talk = self.talk
        while talk.outbox:
            await self._send_text(talk.outbox.popleft())
        while not (talk.closing or talk.outbox) and (event := talk.cursor.take()):
            if not talk.cursor.owes_live:  # what is made up for would be no measure of our speed
                counts.sent(event.frame)
            await self._send_text(event.frame)
        if talk.live():
            counts.resumes["live" if talk.cursor.resuming else "fresh"] += 1
        for note in (*talk.cursor.take_notes(), *talk.prices(time.monotonic())):
            await self._send_text(note)

    def _has_more(self) -> bool:
        return bool(self.talk.outbox) or not self.talk.cursor.drained

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(max(0.0, self.talk.next_due() - time.monotonic())):
                await self._wake.wait()
        except TimeoutError:
            pass  # something is due

    async def _read_log(self) -> None:
        counts.log_reads += 1
        cursor = self.talk.cursor
        try:
            page = await threads.run(read_page, self.user_id, cursor.sent)
        except DatabaseError as error:
            log.warning("a socket cannot read its log", user=self.user_id, error=str(error))
            self.talk.close(frames.Close.INTERNAL, "The database is away.")
            return
        if reason := cursor.page(page):
            counts.resumes[reason] += 1
            self.talk.reset(reason, page.epoch, page.head)

    async def _send_text(self, text: str) -> None:
        self.traffic.frames_out += 1
        self.traffic.bytes_out += len(text)
        await self._within_time({"type": "websocket.send", "text": text})

    async def _close(self, code: frames.Close, reason: str = "") -> None:
        counts.closes[int(code)] += 1
        message = {"type": "websocket.close", "code": int(code), "reason": reason}
        with contextlib.suppress(Stalled, OSError):  # it may not listen any more
            await self._within_time(message)

    async def _within_time(self, message: Message) -> None:
        try:
            async with asyncio.timeout(settings.REALTIME["SEND_SECONDS"]):
                await self._send(message)
        except TimeoutError:
            raise Stalled from None


def rules() -> Rules:
    """As the operator set them; sockets opened together must not end and come back together."""
    times = settings.REALTIME
    return Rules(
        heartbeat=times["HEARTBEAT_SECONDS"],
        silence=times["SILENCE_SECONDS"],
        auth=times["AUTH_SECONDS"],
        expiry_warning=times["EXPIRY_WARNING_SECONDS"],
        expiry_grace=times["EXPIRY_GRACE_SECONDS"],
        age=times["AGE_SECONDS"] * random.uniform(0.8, 1.2),  # noqa: S311 (no secret)
        pause=random.uniform(0.2, 2.0),  # noqa: S311 (no secret)
    )


def read_page(user_id: int, after: int | None) -> Page:
    """The head first, the events then: the head is never newer than what is read of them."""
    head = streams.heads([user_id])[user_id]
    found = [] if after is None else streams.read(user_id, after, BUFFER_EVENTS)
    events, size = list[Told](), 0
    for event in found:
        events.append(Told(event.seq, event.type, event.frame))
        size += len(event.frame)
        if size > BUFFER_BYTES:
            break
    is_last = len(found) < BUFFER_EVENTS and len(events) == len(found)
    return Page(head.epoch, head.seq, head.floor, events, is_last)


async def at_door(door: Door, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """A socket from its handshake on."""
    if (await receive())["type"] != "websocket.connect":
        return
    offer = authentication.offered(scope)
    if offer.foreign:
        if door.needs_login:
            log.warning("a foreign page tried to use a session", client=scope.get("client"))
            await send({"type": "websocket.close", "code": int(frames.Close.FORBIDDEN)})
            return
        offer = Offer("no")  # what anybody may hear, a foreign page's visitor may hear too
    await send({"type": "websocket.accept", "subprotocol": authentication.subprotocol(scope)})
    socket = Socket(receive, send, door, presence.visitor(scope))
    if authentication.speaks_another_version(scope):
        socket.talk.close(frames.Close.VERSION, f"Only {frames.PROTOCOL} is spoken here.")
    await socket.run(offer)
