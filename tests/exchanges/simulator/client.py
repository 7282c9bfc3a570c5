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

Result = TypeVar("Result")
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
        answer = await cls(session, base).control("POST", "accounts", balances=balances, **fields)
        return cls(session, base, answer.body["key"], answer.body["secret"])

    async def control(self, method: str, name: str, **fields: object) -> Answer:
        return await self._send_request(
            method,
            f"/control/{name}",
            headers={"Authorization": f"Bearer {TOKEN}"},
            json=fields or None,
        )

    async def public(self, path: str, **params: object) -> Answer:
        return await self._send_request("GET", f"{path}?{urlencode(params)}" if params else path)

    async def signed(self, method: str, path: str, **params: object) -> Answer:
        query = urlencode({"timestamp": _now_ms(), **params})
        return await self.raw(method, f"{path}?{query}&signature={self.sign(query)}")

    async def raw(self, method: str, path: str, body: str | None = None) -> Answer:
        """Send exactly this text, with the key and without a signature."""
        return await self._send_request(method, path, headers={"X-MBX-APIKEY": self.key}, data=body)

    async def order(self, **params: object) -> Answer:
        defaults = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT"}
        if params.get("type", "LIMIT") == "LIMIT":
            defaults |= {"timeInForce": "GTC", "quantity": "0.01", "price": "60000"}
        return await self.signed("POST", "/api/v3/order", **defaults | params)

    def sign(self, payload: str) -> str:
        return hmac.new(self.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()

    async def _send_request(self, method: str, path: str, **options: Any) -> Answer:
        url = URL(self.base + path, encoded=True)
        async with self.session.request(method, url, **options) as answer:
            return Answer(answer.status, await answer.json(), dict(answer.headers))


class Session:
    """One socket of the WebSocket API; answers have an id, events do not."""

    def __init__(self, client: Client, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._client, self._socket = client, socket

    async def ask(self, method: str, **params: Any) -> Any:
        await self._socket.send_json({"id": "q", "method": method, "params": params})
        return await self._receive_with("id")

    async def signed(self, method: str, **params: Any) -> Any:
        fields = {"apiKey": self._client.key, "timestamp": _now_ms(), **params}
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
        return await self.ask(method, **fields, signature=self._client.sign(text))

    async def next_event(self) -> Any:
        return (await self._receive_with("event"))["event"]

    async def event(self, kind: str) -> Any:
        while True:
            event = await self.next_event()
            if event["e"] == kind:
                return event

    async def _receive_with(self, field: str) -> Any:
        while True:
            message = await self._socket.receive_json(timeout=10)
            if field in message:
                return message


async def eventually(query: Callable[[], Awaitable[Result]], seconds: float = 10) -> Result:
    """Repeat a query until its answer is not empty, and return it."""
    async with asyncio.timeout(seconds):
        for pause in chain([0.0], repeat(0.01)):
            await asyncio.sleep(pause)
            if result := await query():
                return result
    raise AssertionError("unreachable: the loop above has no end")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
