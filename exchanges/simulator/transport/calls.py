"""Authenticated calls and JSON answers, shared by the REST gateways of all dialects."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.venue import Venue
from exchanges.simulator.simulation import Simulation


@dataclass(frozen=True)
class BaseCall:
    """One authenticated request, as the endpoints of a dialect receive it."""

    simulation: Simulation
    params: Mapping[str, Any]
    now: int
    signer: Account | None = None

    @property
    def account(self) -> Account:
        if self.signer is None:
            raise TypeError("an endpoint without authentication has no account")
        return self.signer

    @property
    def venue(self) -> Venue:
        return self.simulation.venue

    @property
    def engine(self) -> Engine:
        return self.simulation.venue.engine


def answer_always(content: object) -> Callable[[BaseCall], object]:
    """Return a handler that gives every request the same answer."""
    return lambda _: content


def json_response(
    content: object,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    charset: str = "utf-8",
) -> web.Response:
    return web.Response(
        text=json.dumps(content, separators=(",", ":")),
        status=status,
        content_type="application/json",
        charset=charset,
        headers=headers,
    )


def parse_object(text: str) -> dict[str, Any] | None:
    """Return the JSON object in a request, or None if there is something else."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError:
        return None
    return content if isinstance(content, dict) else None
