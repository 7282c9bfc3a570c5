"""The WebSocket consumer: one for each connection, the shell around its conversation.

One task for each socket, which follows the client's frames; sending.py has the other half.
"""

import asyncio
import random
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer
from django.db import Error as DatabaseError

from realtime import frames, prices, publish
from realtime.counters import counts
from realtime.endpoints import Endpoint
from realtime.presence import presence
from realtime.socket import authentication, hub, threads
from realtime.socket.authentication import CredentialsRefused, OfferedCredentials, OfferedToken
from realtime.socket.authorization import Authorization, find_lost_right
from realtime.socket.cursor import LogPage
from realtime.socket.parsing import Auth, Watch
from realtime.socket.protocol import Conversation
from realtime.socket.sending import Message, Receive, Scope, Send, Sender
from realtime.socket.session import Identity, SocketFigures, get_times

log = structlog.get_logger(__name__)

NO_OFFER = OfferedCredentials("no")


class StreamConsumer(AsyncConsumer):  # type: ignore[misc]  # channels is untyped
    """One connection, from its handshake to its clean-up.

    Channels' consumer, but for what thousands of idle sockets cannot afford. It has no channel of
    its own: the hub has one for all of them. It awaits its client itself, where Channels keeps a
    task for each source of messages.
    """

    __slots__ = (
        "_groups",
        "_hub",
        "_is_open",
        "_presence",
        "_task",
        "base_send",
        "conversation",
        "name",
        "scope",
        "sender",
        "user_id",
        "visitor",
    )
    _hub: hub.SocketHub
    _presence: presence.Presence
    scope: Scope
    base_send: Send
    sender: Sender
    visitor: presence.Visitor

    def __init__(self, endpoint: Endpoint) -> None:
        self.name = secrets.token_hex(6)
        self.user_id = 0
        self._groups: tuple[str, ...] = ()
        self._is_open = False  # until then there is no hub and no sender
        self._task: asyncio.Task[Any] | None = None
        chance = random.uniform(-1, 1)  # noqa: S311 (no secret)
        self.conversation = Conversation(get_times(), time.monotonic(), endpoint, chance)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Follow the client until either side ends it. Handlers that raise are cleaned up after."""
        self.scope, self.base_send = scope, send
        self._task = asyncio.current_task()
        try:
            while self.conversation.closing is None:
                await self.dispatch(await receive())
            await self.sender.finish()
        except StopConsumer:
            pass
        except asyncio.CancelledError:
            if not (self._is_open and self.sender.is_over):
                raise
        finally:
            if self._is_open:
                await self._clean_up()

    async def dispatch(self, message: Mapping[str, Any]) -> None:
        """Call the handler of a message's type; one of a newer server's types is ignored.

        Channels' own dispatch first closes old database connections, on the one thread that all
        pages share: a slow query of anybody's page would hold up every socket (channels#2132).
        """
        if handler := getattr(self, get_handler_name(message), None):
            await handler(message)

    # From the client

    async def websocket_connect(self, message: Message) -> None:
        offer = authentication.read_credentials(self.scope)
        if offer.foreign:
            if self.conversation.endpoint.needs_login:
                log.warning("foreign page refused", client=self.scope.get("client"))
                await self.send({"type": "websocket.close", "code": int(frames.Close.FORBIDDEN)})
                raise StopConsumer
            offer = NO_OFFER  # a foreign page may read what anybody may read
        subprotocol = authentication.choose_subprotocol(self.scope)
        await self.send({"type": "websocket.accept", "subprotocol": subprotocol})
        counts.traffic[self.endpoint_name].accepts += 1
        self._open_socket()
        if authentication.speaks_another_version(self.scope):
            self.conversation.close(frames.Close.VERSION, f"Only {frames.PROTOCOL} is spoken here.")
        self.scope.clear()  # else each socket holds its handshake, headers and all, all its life
        self.sender.wake()
        with self._closing_on_error():
            await self._send_hello(offer)
        self.sender.wake()

    async def websocket_receive(self, message: Message) -> None:
        text = message.get("text")
        counts.note_frame_in(self.endpoint_name, text or message.get("bytes"))
        request = self.conversation.follow_frame(text, time.monotonic())
        with self._closing_on_error():
            match request:
                case Auth(token):
                    await self._authenticate_token(token)
                case Watch():
                    await self._watch_instruments(request)
        if self.conversation.last_error:
            counts.strikes[self.conversation.last_error] += 1
        self.sender.wake()

    async def websocket_disconnect(self, message: Message) -> None:
        if self._is_open:
            counts.note_client_close(message.get("code"))
            self.sender.is_over = True
        raise StopConsumer

    # From the channel layer, through the hub: note and wake, never wait

    async def stream_events(self, message: Mapping[str, Any]) -> None:
        self.conversation.cursor.offer(message["head"], message["events"])
        self.sender.wake()

    async def stream_note(self, message: Mapping[str, Any]) -> None:
        self.conversation.cursor.note(message["kind"], message["about"], message["frame"])
        self.sender.wake()

    async def stream_market(self, message: Mapping[str, Any]) -> None:
        if self.conversation.offer(message["kind"], message["instrument"], message["frame"]):
            self.sender.wake()  # otherwise the waiting one is already scheduled

    async def stream_command(self, message: Mapping[str, Any]) -> None:
        if message["socket"] not in (None, self.name):
            return
        if message["act"] == "end":
            self.end(frames.Close.RESTART, message["words"])
        else:
            self.conversation.cursor.invalidate()
            self.sender.wake()

    # From the hub itself

    @property
    def identity(self) -> Identity | None:
        return self.conversation.identity

    @property
    def instruments(self) -> frozenset[str]:
        return self.conversation.instruments

    @property
    def endpoint_name(self) -> str:
        return self.conversation.endpoint.name

    def apply_sweep(self, now: Authorization | None) -> None:
        identity, for_staff = self.conversation.identity, self.conversation.endpoint.for_staff
        if identity and (end := find_lost_right(identity, now, for_staff=for_staff)):
            self.end(*end)
        elif now is not None and self.conversation.compare_head(now.epoch, now.seq, now.rights):
            counts.repairs += 1
            self.sender.wake()

    def end(self, code: frames.Close, message: str, *, delay: float | None = None) -> None:
        self.conversation.close(code, message, delay=delay)
        self.sender.wake()

    def read_figures(self) -> SocketFigures:
        return self.conversation.read_figures()

    # Opening and ending

    def _open_socket(self) -> None:
        self.visitor = presence.read_visitor(self.scope)
        self._hub, self._presence = hub.open_socket(self), presence.get_presence()
        self.sender = Sender(
            self.conversation,
            self.base_send,
            clock=self._hub.clock,
            page=self._read_page,
            ended=self._stop_reading,
        )
        self._is_open = True

    def _stop_reading(self) -> None:
        """End the reading task: nothing can be sent any more."""
        if self._task is not None:
            self._task.cancel()

    async def _read_page(self, after: int | None) -> LogPage:
        return await self._hub.pages.submit((self.user_id, after))

    async def _clean_up(self) -> None:
        try:
            await self.sender.stop()
        finally:
            self._presence.leave(self)
            await hub.close_socket(self, self._groups)

    @contextmanager
    def _closing_on_error(self) -> Iterator[None]:
        """Close the socket with a message when something breaks, not silently."""
        try:
            yield
        except DatabaseError as error:
            log.warning("socket cannot read the database", error=str(error))
            self.conversation.close(frames.Close.INTERNAL, "The database is away.")
        except Exception:  # a bug of ours: log it, and tell the client to try again later
            log.exception("socket failed")
            self.conversation.close(frames.Close.INTERNAL, "Something broke here.")

    # Signing in

    async def _send_hello(self, offer: OfferedCredentials) -> None:
        if wait := await self._presence.admit(self.visitor.address):
            message = "Too many sockets from your address in a minute."
            self.conversation.close(frames.Close.RATE_LIMITED, message, delay=wait)
        if self.conversation.closing:
            return
        if offer.kind == "bearer":
            self.conversation.greet("bearer")
            await self._authenticate_token(offer.secret)
            return
        user = None
        if offer.kind == "session":
            user = await threads.run_in_thread(authentication.authenticate_session, offer.secret)
        self.conversation.greet("session" if user else "no")
        if user:
            await self._admit_user(*user)

    async def _authenticate_token(self, token: str) -> None:
        try:
            user = await self._hub.tokens.submit(OfferedToken(token, self.visitor.address))
        except CredentialsRefused as refused:
            self.conversation.refuse_credentials(refused.code, refused.message)
        else:
            await self._admit_user(*user)

    async def _admit_user(self, identity: Identity, authorization: Authorization) -> None:
        """Join before `ready`: a client that subscribes then reads the log after the join."""
        endpoint = self.conversation.endpoint
        if missing := find_lost_right(identity, authorization, for_staff=endpoint.for_staff):
            self.conversation.close(*missing)
            return
        if self.conversation.identity is None:
            self.user_id = identity.user_id
            self._presence.enter(self)
            group = publish.STAFF if endpoint.for_staff else publish.user_group(self.user_id)
            await self._join_groups(group)
        self.conversation.cursor.rights = authorization.rights
        self.conversation.set_identity(
            identity, authorization.epoch, authorization.seq, time.monotonic()
        )

    # The markets

    async def _watch_instruments(self, request: Watch) -> None:
        """Join first, then send the newest frames: nothing falls in between."""
        admitted = await threads.run_in_thread(
            prices.admit_instruments, request.instruments, is_anonymous=not self.user_id
        )
        self.conversation.watch(request, admitted)
        await self._join_instruments(admitted.instruments)
        for frame in await threads.run_in_thread(prices.read_first_frames, admitted.instruments):
            self.conversation.offer(*frame)

    async def _join_instruments(self, instruments: frozenset[str]) -> None:
        groups = {publish.instrument_group(name) for name in instruments}
        joined = {group for group in self._groups if group.startswith(publish.MARKETS)}
        await self._hub.leave(self, *(joined - groups))
        self._groups = tuple(group for group in self._groups if group not in joined - groups)
        await self._join_groups(*(groups - joined))

    async def _join_groups(self, *groups: str) -> None:
        self._groups += groups
        await self._hub.join(self, *groups)
