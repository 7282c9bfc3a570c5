"""Rings a user's doorbell in the channel layer: after the commit, fast, and never raising.

In the layer's own format (a test holds it to that), but through one long-lived client of each
process: the layer's `group_send` from sync code opens a new connection for every call.
"""

import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypedDict

import redis
import structlog
from channels_redis.serializers import registry
from channels_redis.utils import decode_hosts
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from realtime import frames
from realtime.counters import counts
from realtime.frames import Recorded

log = structlog.get_logger(__name__)

INLINE_EVENTS = 256  # more than this, or more bytes, and the sockets read the log themselves
INLINE_BYTES = 256 * 1024
PAUSE_SECONDS = 1.0  # after a failure: a worker must not wait for a dead server again and again
TIMEOUT_SECONDS = 1.0


class EventsMessage(TypedDict):
    """`events` are (number, type, frame); empty when there were too many to carry."""

    type: str
    to: str
    head: int
    events: list[tuple[int, str, str]]


class NoteMessage(TypedDict):
    """`about` says what a newer note replaces; None replaces nothing."""

    type: str
    to: str
    kind: str
    about: str | None
    frame: str


class MarketMessage(TypedDict):
    """About an instrument; the newest of its kind is all that counts."""

    type: str
    to: str
    kind: str
    instrument: str
    frame: str


class CommandMessage(TypedDict):
    """What an operator wants of a user's sockets, or of one of them by its name."""

    type: str
    to: str
    socket: str | None
    act: Literal["resync", "end"]
    words: str


Message = EventsMessage | NoteMessage | MarketMessage | CommandMessage
STAFF = "staff"
MARKETS = "market."


def group(user_id: int) -> str:
    """The Channels group of all of a user's sockets."""
    return f"user.{user_id}"


def group_of_instrument(instrument: str) -> str:
    """The Channels group of whoever watches it; in the few characters that a group may have."""
    return MARKETS + instrument.replace("/", "-").replace(":", "_")


def events(recorded: Mapping[int, Sequence[Recorded]]) -> None:
    """Tell every socket of these users, or let the sweep find it."""
    _ring([_events_message(user_id, some) for user_id, some in recorded.items()])


def tell(
    *, user_id: int, type: frames.NoteType, data: frames.NoteData, about: str | None = None
) -> None:
    """Send an unnumbered frame: not stored, lost when nobody listens, the newest about it wins."""
    _ring([_note(group(user_id), type, data, about)])


def tell_staff(*, type: frames.NoteType, data: frames.NoteData, about: str | None = None) -> None:
    """The same, to every operator who listens."""
    _ring([_note(STAFF, type, data, about)])


def tell_watchers(
    told: Iterable[tuple[frames.MarketType, frames.MarketData]],
) -> None:
    """What changed of instruments, to everybody who watches them."""
    messages = []
    for kind, data in told:
        frame = _frame(kind, data, frames.MARKET)
        messages.append(market_message(kind, data["instrument"], frame))
    _ring(messages)


def market_message(kind: str, instrument: str, frame: str) -> MarketMessage:
    return MarketMessage(
        type="stream.market",
        to=group_of_instrument(instrument),
        kind=kind,
        instrument=instrument,
        frame=frame,
    )


def command(
    user_id: int, act: Literal["resync", "end"], *, words: str, socket: str | None = None
) -> None:
    """Have all sockets of a user, or the one of this name, start over or end, wherever it is."""
    message = CommandMessage(
        type="stream.command", to=group(user_id), socket=socket, act=act, words=words
    )
    _ring([message])


def _note(to: str, kind: frames.NoteType, data: frames.NoteData, about: str | None) -> NoteMessage:
    frame = _frame(kind, data, frames.UNNUMBERED)
    return NoteMessage(type="stream.note", to=to, kind=kind, about=about, frame=frame)


def _frame(kind: str, data: Mapping[str, Any], declared: Mapping[str, frames.Kind]) -> str:
    if data.keys() != declared[kind].fields:
        raise ValueError(f"{kind} has other fields than realtime/shapes.py declares: {data}")
    return frames.note_frame(kind, frames.dump(data))


def _events_message(user_id: int, some: Sequence[Recorded]) -> EventsMessage:
    carried = [(one.seq, one.type, one.frame) for one in some]
    if len(some) > INLINE_EVENTS or sum(len(one.frame) for one in some) > INLINE_BYTES:
        carried = []
    return EventsMessage(type="stream.events", to=group(user_id), head=some[-1].seq, events=carried)


def _ring(messages: Iterable[Message]) -> None:
    _doorbell().ring([(message["to"], encode(message)) for message in messages])


def encode(message: Message) -> bytes:
    packed: bytes = _serializer.serialize(message)
    return packed


def decode(packed: bytes) -> Any:
    return _serializer.deserialize(packed)


_serializer = registry.get_serializer("msgpack", symmetric_encryption_keys=None)


class Doorbell:
    """One client of the channel layer's server, and whether it answers."""

    def __init__(self, layer: Mapping[str, Any]) -> None:
        self.pid = os.getpid()
        self._prefix = layer["prefix"]
        self._client = redis.Redis.from_url(
            decode_hosts(layer["hosts"])[0]["address"],
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 1),  # once: an idle connection may have been cut
        )
        self._down_until: float | None = None

    def ring(self, messages: Sequence[tuple[str, bytes]]) -> None:
        if self._down_until is not None and time.monotonic() < self._down_until:
            counts.publish_failures += len(messages)
            return
        try:
            with self._client.pipeline(transaction=False) as pipe:
                for name, packed in messages:
                    pipe.publish(f"{self._prefix}__group__{name}", packed)
                pipe.execute()
        except redis.RedisError as error:
            self._failed(len(messages), error)
        else:
            self._worked(len(messages))

    def _failed(self, number: int, error: redis.RedisError) -> None:
        counts.publish_failures += number
        if self._down_until is None:
            log.warning("cannot publish; sockets learn by their sweep instead", error=str(error))
        self._down_until = time.monotonic() + PAUSE_SECONDS

    def _worked(self, number: int) -> None:
        counts.published += number
        if self._down_until is not None:
            log.info("publishing again")
            self._down_until = None


_bell: Doorbell | None = None
_lock = threading.Lock()


def _doorbell() -> Doorbell:
    """This process's own: a fork must not share its parent's connection."""
    global _bell
    with _lock:
        if _bell is None or _bell.pid != os.getpid():
            layers: Mapping[str, Any] = settings.CHANNEL_LAYERS
            _bell = Doorbell(layers["default"]["CONFIG"])
        return _bell
