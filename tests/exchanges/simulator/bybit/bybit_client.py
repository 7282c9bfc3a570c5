"""A small client of the simulated Bybit, written from Bybit's documents."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from tests.exchanges.simulator.client import Client


@dataclass
class BybitAnswer:
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def code(self) -> int:
        return int(self.body["retCode"])

    @property
    def rows(self) -> list[Any]:
        return list(self.body["result"]["list"])

    @property
    def cursor(self) -> str:
        return str(self.body["result"]["nextPageCursor"])


@dataclass
class BybitClient:
    session: aiohttp.ClientSession
    base: str
    key: str
    secret: str
    ahead_ms: int = 0

    @classmethod
    def from_client(cls, client: Client) -> "BybitClient":
        return cls(client.session, client.base, client.key, client.secret)

    async def get(self, path: str, **params: object) -> BybitAnswer:
        return await self._ask("GET", path, urlencode(params, safe="%"))

    async def post(self, path: str, **params: object) -> BybitAnswer:
        return await self._ask("POST", path, json.dumps(params))

    async def order(self, name: str, **changes: object) -> BybitAnswer:
        defaults = {"category": "spot", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit"}
        order = defaults | {"qty": "0.001", "price": "50000", "orderLinkId": name} | changes
        return await self.post("/v5/order/create", **order)

    def auth(self) -> dict[str, object]:
        expires = str(self._now() + 10_000)
        return {"op": "auth", "args": [self.key, expires, self._sign(f"GET/realtime{expires}")]}

    async def _ask(self, method: str, path: str, content: str) -> BybitAnswer:
        stamp = str(self._now())
        headers = {
            "X-BAPI-API-KEY": self.key,
            "X-BAPI-TIMESTAMP": stamp,
            "X-BAPI-RECV-WINDOW": "5000",
            "X-BAPI-SIGN": self._sign(f"{stamp}{self.key}5000{content}"),
        }
        query = f"?{content}" if method == "GET" and content else ""
        url = URL(f"{self.base}{path}{query}", encoded=True)
        body = content if method == "POST" else None
        async with self.session.request(method, url, data=body, headers=headers) as answer:
            text = await answer.text()
            content = json.loads(text) if text.startswith("{") else text
            return BybitAnswer(answer.status, dict(answer.headers), content)

    def _sign(self, payload: str) -> str:
        return hmac.new(self.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()

    def _now(self) -> int:
        return time.time_ns() // 1_000_000 + self.ahead_ms
