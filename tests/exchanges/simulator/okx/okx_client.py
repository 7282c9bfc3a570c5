"""A small client of the simulated OKX, written from OKX's documents."""

import base64
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
class OkxAnswer:
    status: int
    body: Any

    @property
    def code(self) -> str:
        """The code of the request, or of its first order if only orders were refused."""
        rows = self.body["data"]
        is_of_order = self.body["code"] in ("1", "2") and rows
        return str(rows[0]["sCode"] if is_of_order else self.body["code"])

    @property
    def rows(self) -> list[Any]:
        assert self.body["code"] == "0", self.body
        return list(self.body["data"])

    @property
    def row(self) -> Any:
        (row,) = self.rows
        return row


@dataclass
class OkxClient:
    session: aiohttp.ClientSession
    base: str
    key: str
    secret: str
    passphrase: str

    @classmethod
    async def open(cls, client: Client) -> "OkxClient":
        """Open an account with 100,000 USDT for spot and as much for swaps."""
        money = {"balances": {"USDT": "100000", "BTC": "2"}, "futures": {"USDT": "100000"}}
        account = (await client.control("POST", "accounts", **money)).body
        secrets = (account[name] for name in ("key", "secret", "passphrase"))
        return cls(client.session, client.base, *secrets)

    async def get(self, path: str, **params: object) -> OkxAnswer:
        query = f"?{urlencode(params)}" if params else ""
        return await self._ask("GET", f"/api/v5/{path}{query}", "")

    async def post(self, path: str, content: object = None, **fields: object) -> OkxAnswer:
        return await self._ask("POST", f"/api/v5/{path}", json.dumps(content or fields))

    async def order(self, **changes: object) -> OkxAnswer:
        order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit"}
        return await self.post("trade/order", {**order, "sz": "0.01", "px": "60000", **changes})

    async def contract(self, side: str, contracts: str, **changes: object) -> OkxAnswer:
        order = {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "ordType": "market"}
        return await self.post("trade/order", {**order, "side": side, "sz": contracts, **changes})

    def login(self) -> dict[str, object]:
        stamp = str(time.time_ns() // 10**9)
        sign = self._sign(f"{stamp}GET/users/self/verify")
        login = {"apiKey": self.key, "passphrase": self.passphrase}
        return {"op": "login", "args": [{**login, "timestamp": stamp, "sign": sign}]}

    async def _ask(self, method: str, path: str, body: str) -> OkxAnswer:
        stamp = f"{time.time_ns() / 10**9:.3f}"
        headers = {
            "OK-ACCESS-KEY": self.key,
            "OK-ACCESS-SIGN": self._sign(f"{stamp}{method}{path}{body}"),
            "OK-ACCESS-TIMESTAMP": stamp,
            "OK-ACCESS-PASSPHRASE": self.passphrase,
        }
        url = URL(self.base + path, encoded=True)
        async with self.session.request(method, url, data=body or None, headers=headers) as answer:
            return OkxAnswer(answer.status, await answer.json())

    def _sign(self, payload: str) -> str:
        digest = hmac.new(self.secret.encode(), payload.encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()
