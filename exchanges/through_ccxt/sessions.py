"""The HTTP sessions of a worker: one to the real venues, one that can only reach the simulator."""

import json
import socket
import ssl
from asyncio import sslproto
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from django.conf import settings

from exchanges.base import RequestNotSent

# asyncio sets 256 KB aside for each TLS connection: more than all else that a key's stream costs.
TLS_RECORD: Final = 16 * 1024  # nothing longer comes in one piece
sslproto.SSLProtocol.max_size = TLS_RECORD


@dataclass(frozen=True, slots=True)
class CcxtSession:
    """An HTTP session and its TLS context, shared by all keys that use it."""

    session: aiohttp.ClientSession
    trust: ssl.SSLContext

    async def close(self) -> None:
        """Close without TLS's goodbye: the loop may end right after, with nothing left open."""
        if self.session.connector is not None:
            await self.session.connector.close(abort_ssl=True)
        await self.session.close()


class SimulatorResolver(AbstractResolver):
    """Resolves every name to the simulator, so no request of this session leaves the machine.

    The venue may come back on other ports after a restart, hence the look at its file each time.
    """

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address, tls_port = read_simulator_address()
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=tls_port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Do nothing: this resolver holds nothing open."""


def open_real_session() -> CcxtSession:
    trust = ssl.create_default_context()
    return CcxtSession(_make_session(aiohttp.TCPConnector(ssl=trust, limit=0)), trust)


def open_simulator_session() -> CcxtSession:
    trust = ssl.create_default_context(cafile=read_simulator_endpoint()["ca"])
    connector = aiohttp.TCPConnector(
        ssl=trust, limit=0, resolver=SimulatorResolver(), use_dns_cache=False
    )
    return CcxtSession(_make_session(connector), trust)


def read_simulator_endpoint() -> dict[str, Any]:
    """Read the file in which the simulator says how it is reached."""
    path = Path(settings.SIMULATOR_ENDPOINT)
    try:
        endpoint: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise RequestNotSent("the simulated venue is not running") from error
    return endpoint


def read_simulator_address() -> tuple[str, int]:
    """Return the host and port of the simulator's TLS endpoint."""
    dialects = read_simulator_endpoint()["venues"].values()
    tls = next(market["tls"] for venue in dialects for market in venue.values())
    return str(tls["host"]), int(tls["port"])


# No limit to connections: every followed stream holds one. Questions are limited where they start.
def _make_session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=connector, trust_env=False)
