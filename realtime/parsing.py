"""What a client's frame means, or in which words it is refused. Pure, and kind to garbage."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from realtime import frames

TOP_SEQ = 2**63 - 1
LONGEST_EPOCH = 64


class BadFrame(ValueError):
    """A frame that cannot be followed; `code` is for programs, the words are for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Auth:
    token: str


@dataclass(frozen=True, slots=True)
class Subscribe:
    since: frames.Position | None
    topics: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Ping:
    pass


@dataclass(frozen=True, slots=True)
class Pong:
    seq: int | None


Request = Auth | Subscribe | Ping | Pong


def parse(text: str) -> Request:
    """One frame of a client, understood."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFrame("bad_json", "The frame is not JSON.") from None
    if not isinstance(frame, dict):
        raise BadFrame("wrong_shape", 'A frame is an object with "type" and "data".')
    kind, data = frame.get("type"), frame.get("data")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise BadFrame("unknown_type", f'"type" is one of {", ".join(_READERS)}.')
    if data is not None and not isinstance(data, dict):
        raise BadFrame("wrong_shape", '"data" is an object.')
    return reader(data or {})


def _auth(data: Mapping[str, object]) -> Auth:
    token = data.get("token")
    if not isinstance(token, str) or not token:
        raise BadFrame("wrong_shape", '"token" is a JSON Web Token as a string.')
    return Auth(token)


def _subscribe(data: Mapping[str, object]) -> Subscribe:
    return Subscribe(_since(data.get("since")), _topics(data.get("topics")))


def _since(value: object) -> frames.Position | None:
    if value is None:
        return None
    if isinstance(value, dict):
        epoch, seq = value.get("epoch"), value.get("seq")
        if isinstance(epoch, str) and len(epoch) <= LONGEST_EPOCH and _is_seq(seq):
            return frames.Position(epoch=epoch, seq=seq)
    raise BadFrame("wrong_shape", '"since" is {"epoch": string, "seq": number} or null.')


def _topics(value: object) -> frozenset[str] | None:
    if value is None:
        return None
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        wanted = frozenset(value)
        if wanted <= frames.TOPICS:
            return wanted
    raise BadFrame("wrong_topics", f'"topics" is a list of {", ".join(sorted(frames.TOPICS))}.')


def _ping(data: Mapping[str, object]) -> Ping:
    return Ping()


def _pong(data: Mapping[str, object]) -> Pong:
    seq = data.get("seq")
    if seq is None:
        return Pong(None)
    if _is_seq(seq):
        return Pong(seq)
    raise BadFrame("wrong_shape", '"seq" is the last number you have, or null.')


def _is_seq(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= TOP_SEQ


_READERS: Mapping[str, Callable[[Mapping[str, object]], Request]] = {
    "auth": _auth,
    "subscribe": _subscribe,
    "ping": _ping,
    "pong": _pong,
}
