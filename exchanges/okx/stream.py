"""OKX's two private sockets: orders on one, conditional orders on the other."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import ccxt

from exchanges.base import OnUpdate, StreamUpdate, VenueDown
from exchanges.through_ccxt import private_stream
from exchanges.through_ccxt.values import Row

Channels = Mapping[str, Sequence[Mapping[str, str]]]  # by the socket that carries them
WAITING: Final = ("orders-algo", "algo-advance")  # the latter tells of trailing stops
SPOT: Final[Channels] = {
    "private": (
        {"channel": "orders", "instType": "SPOT"},
        {"channel": "orders", "instType": "MARGIN"},
        {"channel": "account"},
    ),
    "business": tuple(
        {"channel": channel, "instType": kind} for channel in WAITING for kind in ("SPOT", "MARGIN")
    ),
}
SWAPS: Final[Channels] = {
    "private": (
        {"channel": "orders", "instType": "SWAP"},
        {"channel": "account"},
        {"channel": "positions", "instType": "SWAP"},
    ),
    "business": tuple({"channel": channel, "instType": "SWAP"} for channel in WAITING),
}
VERIFY: Final = "GET/users/self/verify"
ENDS: Final = frozenset({"notice", "channel-conn-count-error"})
PASSED_ON: Final = (ccxt.AuthenticationError, ccxt.RateLimitExceeded, ccxt.InvalidNonce)


async def follow_channels(
    client: Any,
    channels: Channels,
    *,
    read: Callable[[Row], StreamUpdate],
    on_update: OnUpdate,
    connected: Callable[[], None],
) -> None:
    """Follow both sockets. We read each frame before ccxt, which keeps the connections alive."""
    urls = {name: client.get_url("orders", name) for name in channels}
    theirs = client.handle_message

    async def told(name: str) -> None:
        await _sign_in(client, urls[name])
        params, first = {"op": "subscribe", "args": list(channels[name])}, channels[name][0]
        await client.watch(urls[name], first["channel"], params, first["channel"])

    async def login() -> None:
        await asyncio.gather(*(_sign_in(client, url) for url in urls.values()))

    await private_stream.follow_until_broken(
        client,
        [partial(told, name) for name in channels],
        login=login,
        connected=connected,
        look=lambda frame: _check_frame(client, frame, read, on_update),
        handle=lambda socket, frame: None if _carries_data(frame) else theirs(socket, frame),
        acknowledges=lambda frame: _frame_event(frame) == "subscribe",
        acknowledgements=sum(map(len, channels.values())),
    )


async def _sign_in(client: Any, url: str) -> None:
    """Sign in once per socket as ccxt does, but by the venue's clock: ours may be wrong."""
    socket = client.client(url)
    if "authenticated" in socket.subscriptions:
        await socket.reusableFuture("authenticated")
        return
    stamp = str(int(client.nonce()) // 1000)
    payload, secret = client.encode(stamp + VERIFY), client.encode(client.secret)
    login = {
        "apiKey": client.apiKey,
        "passphrase": client.password,
        "timestamp": stamp,
        "sign": client.hmac(payload, secret, hashlib.sha256, "base64"),
    }
    await client.watch(url, "authenticated", {"op": "login", "args": [login]}, "authenticated")


def _check_frame(
    client: Any,
    frame: Any,
    read: Callable[[Row], StreamUpdate],
    on_update: OnUpdate,
) -> Exception | None:
    """Check each frame: errors carry no request id, so nobody would wait for them."""
    event = _frame_event(frame)
    if event == "error":
        return _make_refusal(client, frame)
    if event in ENDS:
        return VenueDown(f"OKX ends the stream: {_frame_message(frame)}")
    update = read(frame) if isinstance(frame, dict) else StreamUpdate()
    if update != StreamUpdate():
        on_update(update)
    return None


def _make_refusal(client: Any, frame: Row) -> Exception:
    kind = client.exceptions["exact"].get(str(frame.get("code")), ccxt.ExchangeError)
    if not issubclass(kind, PASSED_ON):  # what we ask is in order: another time then
        return VenueDown(f"OKX refused: {_frame_message(frame)}")
    refusal: Exception = kind(f"okx {json.dumps(frame)}")
    return refusal


def _frame_message(frame: Row) -> str:
    return f"{frame.get('msg')} ({frame.get('code')})"[:200]


def _carries_data(frame: Any) -> bool:
    """Return True for reports, which ccxt does not need: a malformed one would stop it."""
    return isinstance(frame, dict) and "data" in frame and "arg" in frame


def _frame_event(frame: Any) -> Any:
    """Return the frame's event; a pong is plain text and has none."""
    return frame.get("event") if isinstance(frame, dict) else None
