"""A small client of the simulated Binance, written from Binance's documents."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, TypeVar
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from tests.simulator import TOKEN

Found = TypeVar("Found")
SUBSCRIBE = "userDataStream.subscribe.signature"


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def refusal(self) -> tuple[int, int]:
        return self.status, self.body["code"]


@dataclass
class Client:
    session: aiohttp.ClientSession
    base: str
    key: str = ""
    secret: str = ""

    @classmethod
    async def open(
        cls, session: aiohttp.ClientSession, base: str, balances: dict[str, str], **fields: object
    ) -> "Client":
        opened = await cls(session, base).control("POST", "accounts", balances=balances, **fields)
        return cls(session, base, opened.body["key"], opened.body["secret"])

    async def control(self, method: str, name: str, **fields: object) -> Answer:
        return await self._ask(
            method,
            f"/control/{name}",
            headers={"Authorization": f"Bearer {TOKEN}"},
            json=fields or None,
        )

    async def public(self, path: str, **params: object) -> Answer:
        return await self._ask("GET", f"{path}?{urlencode(params)}" if params else path)

    async def signed(self, method: str, path: str, **params: object) -> Answer:
        query = urlencode({"timestamp": _now(), **params})
        return await self.raw(method, f"{path}?{query}&signature={self.sign(query)}")

    async def raw(self, method: str, path: str, body: str | None = None) -> Answer:
        """Exactly this text, with the key but without signing anything."""
        return await self._ask(method, path, headers={"X-MBX-APIKEY": self.key}, data=body)

    async def order(self, **params: object) -> Answer:
        usual = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT"}
        if params.get("type", "LIMIT") == "LIMIT":
            usual |= {"timeInForce": "GTC", "quantity": "0.01", "price": "60000"}
        return await self.signed("POST", "/api/v3/order", **usual | params)

    def sign(self, payload: str) -> str:
        return hmac.new(self.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()

    async def _ask(self, method: str, path: str, **more: Any) -> Answer:
        url = URL(self.base + path, encoded=True)
        async with self.session.request(method, url, **more) as answer:
            return Answer(answer.status, await answer.json(), dict(answer.headers))


class Session:
    """One socket of the ws-api; answers and events are told apart by their shape."""

    def __init__(self, client: Client, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._client, self._socket = client, socket

    async def ask(self, method: str, **params: Any) -> Any:
        await self._socket.send_json({"id": "q", "method": method, "params": params})
        return await self._next("id")

    async def signed(self, method: str, **params: Any) -> Any:
        asked = {"apiKey": self._client.key, "timestamp": _now(), **params}
        text = "&".join(f"{name}={asked[name]}" for name in sorted(asked))
        return await self.ask(method, **asked, signature=self._client.sign(text))

    async def next_event(self) -> Any:
        return (await self._next("event"))["event"]

    async def event(self, kind: str) -> Any:
        while True:
            event = await self.next_event()
            if event["e"] == kind:
                return event

    async def _next(self, field: str) -> Any:
        while True:
            message = await self._socket.receive_json(timeout=10)
            if field in message:
                return message


async def eventually(ask: Callable[[], Awaitable[Found]], seconds: float = 10) -> Found:
    """The first answer that is not empty."""
    async with asyncio.timeout(seconds):
        for pause in chain([0.0], repeat(0.01)):
            await asyncio.sleep(pause)
            if found := await ask():
                return found
    raise AssertionError("unreachable: the loop above has no end")


def _now() -> int:
    return time.time_ns() // 1_000_000
