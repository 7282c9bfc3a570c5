"""Parsing of clients' frames, with a message for each that is refused. Pure."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from realtime import frames, watchlist
from realtime.endpoints import Endpoint
from realtime.socket import control_frames

TOP_SEQ = 2**63 - 1
LONGEST_EPOCH = 64
FRAME_FIELDS = frozenset({"type", "data"})
OFFSET_FIELDS = frozenset(frames.Offset.__annotations__)
FIELDS: Mapping[str, frozenset[str]] = {
    kind: frozenset(shape.__annotations__) for kind, shape in control_frames.CLIENT.items()
}
INSTRUMENT = re.compile(r"[a-z0-9]{2,30}\.(spot|futures)(\.paper)?:[A-Za-z0-9/:_.-]{3,60}")


class BadFrame(ValueError):
    """A frame that cannot be followed; `code` is for programs, `message` for people."""

    def __init__(self, code: control_frames.ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Auth:
    token: str


@dataclass(frozen=True, slots=True)
class Subscribe:
    since: frames.Offset | None
    topics: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Watch:
    instruments: frozenset[str]
    topics: frozenset[str]
    interval_ms: int


@dataclass(frozen=True, slots=True)
class Ping:
    pass


@dataclass(frozen=True, slots=True)
class Pong:
    seq: int | None


Request = Auth | Subscribe | Watch | Ping | Pong


def parse_frame(text: str, endpoint: Endpoint) -> Request:
    """Parse a client's frame as this endpoint understands it."""
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
    _refuse_unknown(frame, FRAME_FIELDS)
    _refuse_unknown(data or {}, FIELDS[str(kind)])
    return reader(data or {}, endpoint)


def _refuse_unknown(fields: Mapping[str, object], known: frozenset[str]) -> None:
    """Refuse a mistyped name: without "since" a client would silently miss events."""
    if unknown := fields.keys() - known:
        name = json.dumps(min(unknown)[:40])  # escaped: it may hold half a character
        raise BadFrame("unknown_field", f"There is no {name} here; {_list_names(known)}.")


def _list_names(known: frozenset[str]) -> str:
    return f"known are {', '.join(sorted(known))}" if known else "nothing is sent with it"


def _read_auth(data: Mapping[str, object], endpoint: Endpoint) -> Auth:
    token = data.get("token")
    if not isinstance(token, str) or not token:
        raise BadFrame("wrong_shape", '"token" is an access token or an API token, as a string.')
    return Auth(token)


def _read_subscribe(data: Mapping[str, object], endpoint: Endpoint) -> Subscribe:
    if not endpoint.streamed:
        raise BadFrame("wrong_door", "There is no stream behind this endpoint; watch instruments.")
    return Subscribe(
        _read_since(data.get("since")), _read_topics(data.get("topics"), endpoint.streamed)
    )


def _read_watch(data: Mapping[str, object], endpoint: Endpoint) -> Watch:
    if not endpoint.watched:
        raise BadFrame("wrong_door", "Instruments are watched at /ws/ and /ws/market/.")
    topics = _read_topics(data.get("topics"), endpoint.watched)
    return Watch(
        _read_instruments(data.get("instruments")),
        frozenset({"prices"}) if topics is None else topics,
        _read_interval(data.get("interval_ms")),
    )


def _read_instruments(value: object) -> frozenset[str]:
    if isinstance(value, list) and len(value) <= watchlist.LONGEST:
        names = frozenset(name for name in value if isinstance(name, str))
        if len(names) == len(value) and all(map(INSTRUMENT.fullmatch, names)):
            return names
    raise BadFrame(
        "wrong_instruments",
        f'"instruments" is a list of at most {watchlist.LONGEST}, each such as '
        '"binance.spot:BTC/USDT" or "binance.spot.paper:BTC/USDT".',
    )


def _read_interval(value: object) -> int:
    if value is None:
        return watchlist.USUAL_MS
    if _is_seq(value) and watchlist.FASTEST_MS <= value <= watchlist.SLOWEST_MS:
        return value
    raise BadFrame(
        "wrong_interval",
        f'"interval_ms" is from {watchlist.FASTEST_MS} to {watchlist.SLOWEST_MS}.',
    )


def _read_since(value: object) -> frames.Offset | None:
    if value is None:
        return None
    if isinstance(value, dict):
        _refuse_unknown(value, OFFSET_FIELDS)
        epoch, seq = value.get("epoch"), value.get("seq")
        if isinstance(epoch, str) and len(epoch) <= LONGEST_EPOCH and _is_seq(seq):
            return frames.Offset(epoch=epoch, seq=seq)
    raise BadFrame("wrong_shape", '"since" is {"epoch": string, "seq": number} or null.')


def _read_topics(value: object, offered: frozenset[frames.Topic]) -> frozenset[str] | None:
    if value is None:
        return None
    if isinstance(value, list) and value and all(isinstance(topic, str) for topic in value):
        topics = frozenset(value)
        if topics <= offered:
            return topics
    raise BadFrame("wrong_topics", f'"topics" is a list of {", ".join(sorted(offered))}.')


def _read_pong(data: Mapping[str, object], endpoint: Endpoint) -> Pong:
    seq = data.get("seq")
    if seq is None:
        return Pong(None)
    if _is_seq(seq):
        return Pong(seq)
    raise BadFrame("wrong_shape", '"seq" is the last number you have, or null.')


def _is_seq(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= TOP_SEQ


_READERS: Mapping[str, Callable[[Mapping[str, object], Endpoint], Request]] = {
    "auth": _read_auth,
    "subscribe": _read_subscribe,
    "watch": _read_watch,
    "ping": lambda data, endpoint: Ping(),
    "pong": _read_pong,
}
