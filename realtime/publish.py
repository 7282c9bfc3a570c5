"""Sends messages to groups of sockets through the channel layer: after the commit, without raising.

Our layer has a synchronous send for that. Any other one gets `async_to_sync(layer.group_send)`.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from realtime import frames
from realtime.counters import counts
from realtime.frames import StreamEvent
from realtime.layer import LAYER_ERRORS, BatchingChannelLayer
from realtime.shapes.fields import Shape

log = structlog.get_logger(__name__)

INLINE_EVENTS = 256  # more than this, or more bytes, and the sockets read the log themselves
INLINE_BYTES = 256 * 1024
PAUSE_SECONDS = 1.0  # after a failure: a worker must not wait for a dead server again and again


Message = dict[str, Any]  # `type` names the consumer's handler, `to` the group
STAFF = "staff"
MARKETS = "market."


def user_group(user_id: int) -> str:
    """Return the group of all of a user's sockets."""
    return f"user.{user_id}"


def instrument_group(instrument: str) -> str:
    """Return the group of an instrument's watchers, in the characters that a group may have."""
    return MARKETS + instrument.replace("/", "-").replace(":", "_")


def send_events(recorded: Mapping[int, Sequence[StreamEvent]]) -> None:
    """Send recorded events to every socket of their users. What fails is found by the sweep."""
    _send_messages(_build_events_message(user_id, events) for user_id, events in recorded.items())


def _build_events_message(user_id: int, events: Sequence[StreamEvent]) -> Message:
    """Build the message; it has no events when there are too many to carry."""
    size = sum(len(event.frame) for event in events)
    fits = len(events) <= INLINE_EVENTS and size <= INLINE_BYTES
    return {
        "type": "stream.events",
        "to": user_group(user_id),
        "head": events[-1].seq,
        "events": list(events) if fits else [],
    }


def notify_user(
    *, user_id: int, type: frames.NoteType, data: Shape, about: str | None = None
) -> None:
    """Send an unnumbered frame: not stored, lost when nobody listens, the newest about it wins."""
    _send_note(user_group(user_id), type, data, about)


def notify_staff(*, type: frames.NoteType, data: Shape, about: str | None = None) -> None:
    """Send an unnumbered frame to every connected operator."""
    _send_note(STAFF, type, data, about)


def _send_note(to: str, kind: frames.NoteType, data: Shape, about: str | None) -> None:
    _send_messages([build_note(to=to, type=kind, data=data, about=about)])


def build_note(*, to: str, type: frames.NoteType, data: Shape, about: str | None) -> Message:
    """Build a note; `about` says what a newer one replaces, None replaces nothing."""
    frame = _build_frame(type, data, frames.UNNUMBERED)
    return {"type": "stream.note", "to": to, "kind": type, "about": about, "frame": frame}


def notify_watchers(changes: Iterable[tuple[frames.MarketType, frames.MarketData]]) -> bool:
    """Send changes of instruments to everybody who watches them; return False if that failed."""
    return _send_messages(
        build_market_message(kind, data["instrument"], _build_frame(kind, data, frames.MARKET))
        for kind, data in changes
    )


def build_market_message(kind: str, instrument: str, frame: str) -> Message:
    """Build a message about an instrument; the newest of its kind is all that counts."""
    return {
        "type": "stream.market",
        "to": instrument_group(instrument),
        "kind": kind,
        "instrument": instrument,
        "frame": frame,
    }


def send_command(
    user_id: int, act: Literal["resync", "end"], *, message: str, socket: str | None = None
) -> None:
    """Make a user's sockets, or the one of this name, start over or end, on any server."""
    command = {"type": "stream.command", "socket": socket, "act": act, "words": message}
    _send_messages([command | {"to": user_group(user_id)}])


def _build_frame(
    kind: str, data: Mapping[str, Any], declared: Mapping[str, frames.FrameType]
) -> str:
    if data.keys() != declared[kind].fields:
        raise ValueError(f"{kind} has other fields than realtime/shapes/ declares: {data}")
    return frames.note_frame(kind, frames.dump_json(data))


def _send_messages(messages: Iterable[Message]) -> bool:
    return _current_publisher().send([(message["to"], message) for message in messages])


class Publisher:
    """Sends through one channel layer without raising, and pauses after a failure."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self._down_until: float | None = None

    def send(self, messages: Sequence[tuple[str, Message]]) -> bool:
        if self._down_until is not None and time.monotonic() < self._down_until:
            counts.publish_failures += len(messages)
            return False
        try:
            if isinstance(self.layer, BatchingChannelLayer):
                self.layer.send_to_groups(messages)
            else:
                async_to_sync(_send_each)(self.layer, messages)
        except LAYER_ERRORS as error:
            self._note_failure(len(messages), error)
            return False
        self._note_success(len(messages))
        return True

    def _note_failure(self, number: int, error: Exception) -> None:
        counts.publish_failures += number
        if self._down_until is None:
            log.warning("publishing failed, sockets rely on their sweep", error=str(error))
        self._down_until = time.monotonic() + PAUSE_SECONDS

    def _note_success(self, number: int) -> None:
        counts.published += number
        if self._down_until is not None:
            log.info("publishing resumed")
            self._down_until = None


async def _send_each(layer: Any, messages: Sequence[tuple[str, Message]]) -> None:
    for group, message in messages:
        await layer.group_send(group, message)


_publisher: Publisher | None = None


def _current_publisher() -> Publisher:
    """Return the publisher of the layer in the settings, which tests change."""
    global _publisher
    layer = get_channel_layer()
    if _publisher is None or _publisher.layer is not layer:
        _publisher = Publisher(layer)
    return _publisher
