"""Hypothesis strategies for nearly valid frames and for bytes that are no frames."""

import json
import struct
from typing import Any

from hypothesis import strategies as st

from realtime.socket import control_frames
from tests.chaos.clients.raw_websocket import BINARY, CLOSE, PING, TEXT, build_frame

DEEP = 10_000
DOOR_WORDS = st.sampled_from(
    [*control_frames.CLIENT, *control_frames.SERVER, "order_update", "", "AUTH", "ping "]
)
NAMES = st.sampled_from(
    ["since", "topics", "token", "seq", "instruments", "interval_ms", "epoch", "type", "data", "x"]
)
NUMBERS = (0, -1, 2**53, 2**63, 2**64, 1e308, -0.0, True, None)
WORDS = (
    *("", "\x00", "\ud800", "null", "binance.spot:BTC/USDT", "user.1", "staff", "*", "../.."),
    *("'; DROP TABLE x; --", "é" * 300),
)
ODD: st.SearchStrategy[Any] = st.sampled_from([*NUMBERS, *WORDS, [], {}])
VALUES: st.SearchStrategy[Any] = st.recursive(
    ODD | st.text(max_size=40) | st.integers() | st.floats(),
    lambda some: st.lists(some, max_size=5) | st.dictionaries(NAMES | st.text(), some, max_size=5),
    max_leaves=12,
)


def _encode_value(value: object) -> bytes:
    """NaN and lone surrogates included."""
    return json.dumps(value).encode()


NEAR = st.builds(
    lambda kind, data, more: _encode_value({"type": kind, "data": data} | more),
    DOOR_WORDS | VALUES,
    st.dictionaries(NAMES, VALUES, max_size=4) | VALUES,
    st.dictionaries(NAMES, VALUES, max_size=1),
)
SUBSCRIBES = st.builds(
    lambda epoch, seq, topics: _encode_value(
        {"type": "subscribe", "data": {"since": {"epoch": epoch, "seq": seq}, "topics": topics}}
    ),
    VALUES,
    VALUES,
    VALUES,
)
TORN = st.builds(lambda whole, at: whole[: at % (len(whole) + 1)], NEAR, st.integers(0, 400))
FLIPPED = st.builds(
    lambda whole, at, byte: whole[: at % len(whole)] + bytes([byte]) + whole[at % len(whole) + 1 :],
    NEAR,
    st.integers(0, 400),
    st.integers(0, 255),
)


class Long(bytes):
    """Shown by its beginning."""

    def __repr__(self) -> str:
        return f"{bytes(self[:30])!r} and so on, {len(self)} bytes"


HUGE = st.sampled_from(
    [
        b"[" * DEEP,
        b'{"a":' * DEEP,
        b'{"type":"ping","data":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b"1" * 5_000,  # longer than int() takes
        b'{"type":"pong","data":{"seq":' + b"9" * 5_000 + b"}}",
        b'{"type":"pong","data":{"seq":1e999999}}',
        b'{"type":"' + b"a" * 16_300 + b'"}',
        b'"' + b"\\u0000" * 2_000 + b'"',
        b"x" * 17_000,
        "ß".encode() * 9_000,
        b'{"type":"auth","data":{"token":"' + b"e." * 6_000 + b'"}}',
        b'{"type":"auth","data":{"token":"\\ud800"}}',
        b'{"type":"ping","type":"auth"}',
        b"\xef\xbb\xbf{}",
        b"",
    ]
).map(Long)
FRAMES = NEAR | SUBSCRIBES | TORN | FLIPPED | HUGE | st.binary(max_size=200)
# At the level of WebSocket: opcode, final or not, masked or not, reserved bits, a wrong length
WIRE = st.builds(
    lambda payload, opcode, final, masked, reserved, says: build_frame(
        payload, opcode, final=final, masked=masked, reserved=reserved, says=says
    ),
    FRAMES,
    st.sampled_from([TEXT, TEXT, TEXT, BINARY, 0, 3, 7, CLOSE, PING, 10, 11, 15]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0, 0, 0, 4, 1, 7]),
    st.sampled_from([None, None, None, 0, 125, 2**16, 2**31, 2**63 - 1, 2**64 - 1]),
)
CLOSES = st.builds(
    lambda code, words: build_frame(struct.pack("!H", code) + words, CLOSE),
    st.integers(0, 65535),
    st.binary(max_size=130),
)
BROKEN = WIRE | CLOSES | st.binary(max_size=400)
HANDSHAKES = st.sampled_from(
    [
        b"",
        b"\r\n\r\n",
        b"GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n",
        b"GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: ?\r\nSec-WebSocket-Version: 13\r\n\r\n",
        b"GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 99\r\n\r\n",
        b"GET /ws/nowhere/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        b"GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: fillwatch.v1, bearer." + b"A" * 9_000 + b"\r\n\r\n",
        b"GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Cookie: sessionid=\xff\xfe; sessionid=x\r\nOrigin: http://[::1\r\n\r\n",
        b"GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: \xff, bearer.\xff, bearer.\r\n\r\n",
        b"POST /ws/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\nx",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\n\r\n",
    ]
)
