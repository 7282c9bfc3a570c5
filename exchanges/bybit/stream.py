"""Bybit's private socket: sign in, subscribe, pass on each frame, and find why it ends."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import ccxt

from exchanges.base import OnUpdate, StreamUpdate, VenueDown
from exchanges.through_ccxt import private_stream
from exchanges.through_ccxt.values import Row

SIGNED_FOR: Final = 10_000  # milliseconds for which a login stays valid


@dataclass
class PrivateStream:
    """One socket carries every category of the account; `understand` takes only its own."""

    client: Any
    topics: Sequence[str]
    read_frame: Callable[[str, Any], StreamUpdate]
    on_update: OnUpdate
    _signed_in: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow_until_broken(self, connected: Callable[[], None]) -> None:
        theirs = self.client.handle_message
        await private_stream.follow_until_broken(
            self.client,
            [self._watch_topics],
            login=self._sign_in,
            connected=connected,
            look=self._check_frame,
            handle=lambda socket, frame: None if "topic" in frame else theirs(socket, frame),
            acknowledges=lambda frame: frame.get("op") == "subscribe",
            acknowledgements=1,
        )

    @property
    def _stream_url(self) -> str:
        url = self.client.urls["api"]["ws"]["private"]["contract"]
        return str(self.client.implode_hostname(url))

    async def _sign_in(self) -> None:
        """Sign in as ccxt does, but by the venue's clock: ours may be wrong."""
        client = self.client
        expires = str(client.nonce() + SIGNED_FOR)
        payload, secret = client.encode(f"GET/realtime{expires}"), client.encode(client.secret)
        signature = client.hmac(payload, secret, hashlib.sha256)
        message = {"op": "auth", "args": [client.apiKey, expires, signature]}
        await client.watch(self._stream_url, "authenticated", message, "authenticated")
        self._signed_in.set()

    async def _watch_topics(self) -> None:
        """Subscribe once; later calls wait for the next frame of an order."""
        await self._signed_in.wait()
        await self.client.watch_topics(self._stream_url, ["orders"], list(self.topics))

    def _check_frame(self, frame: Any) -> Exception | None:
        if frame.get("success") is False:
            return make_refusal(frame)
        topic = str(frame.get("topic", "")).partition(".")[0]
        update = self.read_frame(topic, frame.get("data"))
        if update != StreamUpdate():
            self.on_update(update)
        return None


def make_refusal(frame: Row) -> Exception:
    """Check each frame: errors carry no request id, so nobody would wait for them."""
    message = str(frame.get("ret_msg") or "no words")
    error: Exception = VenueDown(f"Bybit refused: {message}")
    if "expire" in message.lower() or "timestamp" in message.lower():
        error = ccxt.InvalidNonce(f"bybit {message}")  # our clock, not the key
    elif frame.get("op") == "auth":
        error = ccxt.AuthenticationError(f"bybit {message}")
    return error
