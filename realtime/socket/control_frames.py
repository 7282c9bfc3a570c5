"""The frames about the socket itself, of both sides: each shape is declared once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Required, TypedDict

from realtime import frames
from realtime.shapes.fields import Instrument, Shape


class Limits(TypedDict):
    """The limits of one socket."""

    frame_bytes: int
    frames_per_second: int
    burst: int
    instruments: int
    fastest_ms: int


class HelloData(TypedDict):
    """The first frame: what is spoken here, and by which times and limits."""

    protocol: str
    authenticated: Literal["session", "bearer", "no"]  # "no": send an auth frame now
    heartbeat_seconds: float
    silence_seconds: float
    auth_seconds: float
    limits: Limits
    topics: list[frames.Topic]


class ReadyData(TypedDict):
    """The user whom the server has authenticated, and the head of their stream."""

    user: int
    epoch: str
    seq: int
    expires_in: float | None  # seconds left of the token; a session has no such end


class LiveData(TypedDict):
    """All that was missed has been sent; from here on events come as they happen."""

    epoch: str
    seq: int
    topics: list[str]


class ResetData(TypedDict):
    """Drop your state, read the snapshot, subscribe from its position."""

    reason: Literal["epoch", "future", "pruned", "behind", "operator"]
    epoch: str
    seq: int


class WatchingData(TypedDict):
    """The instruments watched on this socket from here on, and why the others are not."""

    instruments: list[Instrument]
    unknown: list[Instrument]  # traded at no venue of this installation
    refused: list[Instrument]  # too many of that market are watched by all together
    interval_ms: int
    words: str  # for people; empty when nothing was refused


class PingData(TypedDict):
    """All up to `seq` was sent on this socket; `head` is the newest the server knows of."""

    seq: int | None
    head: int | None


class AuthExpiringData(TypedDict):
    """The token ends soon: send another `auth`."""

    expires_in: float


class ByeData(TypedDict):
    """The last frame: why the socket ends, and after which delay to come back, in seconds."""

    code: int
    message: str
    delay: float


ErrorCode = Literal[
    "bad_json",
    "wrong_shape",
    "unknown_field",
    "unknown_type",
    "too_large",
    "not_authenticated",
    "bad_token",
    "wrong_door",
    "wrong_topics",
    "wrong_instruments",
    "wrong_interval",
    "rate_limited",
]


class ErrorData(TypedDict):
    """The fault of a frame; `retry_after` is in milliseconds."""

    code: ErrorCode
    message: str
    retry_after: int | None


class PongData(TypedDict):
    """The answer to a client's ping."""


ServerType = Literal[
    "hello",
    "ready",
    "live",
    "reset",
    "watching",
    "ping",
    "pong",
    "auth_expiring",
    "bye",
    "error",
]


# What a client may say


class AuthRequest(TypedDict):
    """An access token, to sign in or to renew."""

    token: str


class SubscribeRequest(TypedDict, total=False):
    """The user's events from behind a position, or from now on."""

    since: frames.Offset | None
    topics: list[frames.Topic] | None


class WatchRequest(TypedDict, total=False):
    """The instruments to watch from now on, instead of those before; an empty list ends it."""

    instruments: Required[list[Instrument]]
    topics: list[frames.Topic] | None
    interval_ms: int | None


class PingRequest(TypedDict):
    """Asks the server for a pong, to see that the connection still works."""


class PongRequest(TypedDict, total=False):
    """The answer to the server's ping: the last number that was seen."""

    seq: int | None


# What is said about the socket itself, by the server and by its client
SERVER: Mapping[str, type] = {
    "hello": HelloData,
    "ready": ReadyData,
    "live": LiveData,
    "reset": ResetData,
    "watching": WatchingData,
    "ping": PingData,
    "pong": PongData,
    "auth_expiring": AuthExpiringData,
    "bye": ByeData,
    "error": ErrorData,
}
CLIENT: Mapping[str, type] = {
    "auth": AuthRequest,
    "subscribe": SubscribeRequest,
    "watch": WatchRequest,
    "ping": PingRequest,
    "pong": PongRequest,
}


def server_frame(kind: ServerType, data: Shape) -> str:
    return frames.dump_json({"type": kind, "data": data})
