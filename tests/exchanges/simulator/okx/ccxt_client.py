"""Unmodified ccxt for OKX, whose production addresses resolve to the simulator."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import ccxt.pro

from tests.exchanges.simulator.ccxt_clients import Loopback


@asynccontextmanager
async def connect_okx(described: dict[str, Any], account: dict[str, Any]) -> AsyncIterator[Any]:
    tls = described["venues"]["okx"]["spot"]["tls"]
    trust = ssl.create_default_context(cafile=described["ca"])
    resolver = Loopback(tls["host"], tls["port"])
    connector = aiohttp.TCPConnector(resolver=resolver, ssl=trust, use_dns_cache=False)
    async with aiohttp.ClientSession(connector=connector) as session:
        exchange = ccxt.pro.okx(
            {
                "apiKey": account["key"],
                "secret": account["secret"],
                "password": account["passphrase"],
                "session": session,
                "enableRateLimit": False,  # the simulator enforces its own limits
            }
        )
        exchange.own_session = False
        exchange.ssl_context = trust
        try:
            yield exchange
        finally:
            await exchange.close()
