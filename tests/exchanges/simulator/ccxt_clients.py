"""Unmodified ccxt clients that reach the simulator."""

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import ccxt.pro
from aiohttp.abc import AbstractResolver, ResolveResult


class Loopback(AbstractResolver):
    """Resolves every host name to the simulator."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=self._host,
                port=self._port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Close nothing: the resolver holds no connection."""


@asynccontextmanager
async def connect_plain_binance(
    described: dict[str, Any], key: str, secret: str
) -> AsyncIterator[Any]:
    """Connect without TLS, by overriding every address that is used."""
    spot = described["venues"]["binance"]["spot"]
    exchange = ccxt.pro.binance(
        {
            "apiKey": key,
            "secret": secret,
            "enableRateLimit": False,
            "options": {"fetchMarkets": {"types": ["spot"]}, "fetchMargins": False},
        }
    )
    api = exchange.urls["api"]
    api["public"] = api["private"] = f"{spot['rest']}/api/v3"
    api["sapi"] = f"{spot['rest']}/sapi/v1"
    api["ws"]["spot"] = spot["stream"]
    api["ws"]["ws-api"]["spot"] = spot["ws_api"]
    try:
        yield exchange
    finally:
        await exchange.close()


@asynccontextmanager
async def connect_binance(
    described: dict[str, Any], key: str, secret: str, kind: Any = ccxt.pro.binance
) -> AsyncIterator[Any]:
    tls = described["venues"]["binance"]["spot"]["tls"]
    trust = ssl.create_default_context(cafile=described["ca"])
    resolver = Loopback(tls["host"], tls["port"])
    connector = aiohttp.TCPConnector(resolver=resolver, ssl=trust, use_dns_cache=False)
    async with aiohttp.ClientSession(connector=connector) as session:
        # The venue enforces its limits itself, and ccxt's pauses would slow the tests down.
        options = {"apiKey": key, "secret": secret, "session": session, "enableRateLimit": False}
        exchange = kind(options)
        exchange.own_session = False
        exchange.ssl_context = trust
        try:
            yield exchange
        finally:
            await exchange.close()
