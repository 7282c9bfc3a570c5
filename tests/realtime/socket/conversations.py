"""Conversations in different states, and what a test reads from them."""

import json
from typing import Any

from realtime.frames import Close
from realtime.socket.protocol import Conversation
from realtime.socket.session import (
    Identity,
    SocketTimes,
)

RULES = SocketTimes()


def take_frames(talk: Conversation) -> list[dict[str, Any]]:
    frames = [json.loads(frame) for frame in talk.outbox]
    talk.outbox.clear()
    return frames


def types(talk: Conversation) -> list[str]:
    return [frame["type"] for frame in take_frames(talk)]


def ended(talk: Conversation) -> Close | None:
    return talk.closing.code if talk.closing else None


def stranger() -> Conversation:
    return Conversation(RULES, 0.0)


def signed_in(expires_in: float | None = None, now: float = 0.0) -> Conversation:
    talk = stranger()
    talk.set_identity(Identity(1, "x", expires_in=expires_in), "1-a", 7, now)
    talk.outbox.clear()
    return talk


def subscribed() -> Conversation:
    talk = signed_in()
    talk.follow_frame('{"type":"subscribe"}', 0.0)
    return talk
