"""The front door of Bybit's REST: how often, who asks, then the endpoint, in one frame."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

from aiohttp import web

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.bybit import signing
from exchanges.simulator.bybit.errors import BAD_KEY, DENIED, TOO_MANY, BybitError
from exchanges.simulator.bybit.symbols import Category, category_of
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.rate_limits.sliding_windows import Allowance
from exchanges.simulator.simulation import SIMULATION, Simulation

Security = Literal["NONE", "READ", "TRADE"]

SECOND: Final = 1000
PER_SECOND: Final = 50
ADDRESS_SPAN: Final = 5 * SECOND
PER_ADDRESS: Final = 600
BAN: Final = 600 * SECOND


@dataclass(frozen=True)
class Call:
    """One request after the front door: its parameters, and whose they are."""

    simulation: Simulation
    params: Mapping[str, Any]
    now: int
    _account: Account | None = None

    @property
    def account(self) -> Account:
        if self._account is None:
            raise BybitError(*BAD_KEY)
        return self._account

    @property
    def engine(self) -> Engine:
        return self.simulation.venue.engine

    @property
    def category(self) -> Category:
        return category_of(self.params)


@dataclass(frozen=True)
class Answer:
    result: object
    extra: Mapping[str, object] = field(default_factory=dict)


Handler = Callable[[Call], object]


@dataclass(frozen=True)
class Endpoint:
    handler: Handler
    security: Security = "NONE"
    per_second: int = PER_SECOND


class TooMany(BybitError):
    def __init__(self) -> None:
        super().__init__(*TOO_MANY)


def door(endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        simulation = request.app[SIMULATION]
        now = simulation.venue.now()
        key = request.headers.get("X-BAPI-API-KEY", "")
        simulation.counters.weight += 1
        simulation.counters.weight_by_key[key] += 1
        if _too_many_from(simulation, str(request.remote), now):
            return web.Response(text="403, access too frequent", status=403)
        headers: dict[str, str] = {}
        content = (await request.read()).decode(errors="replace")
        if request.method == "GET":
            content = request.rel_url.raw_query_string
        try:
            account = _admit(simulation, endpoint, request, content, now)
            if account:
                headers = _count(simulation, endpoint, account, request.path, now)
            params = _params(request.method, content)
            answer = endpoint.handler(Call(simulation, params, now, account))
            return _respond(0, "OK", answer, now, headers)
        except TooMany as error:
            room = simulation.windows.spend(_group(key, request.path), most=0, span=SECOND, now=now)
            return _respond(error.code, error.message, {}, now, _limits(endpoint, room))
        except BybitError as error:
            return _respond(error.code, error.message, {}, now, headers)

    return serve


def _too_many_from(simulation: Simulation, address: str, now: int) -> bool:
    name, windows = f"bybit {address}", simulation.windows
    if windows.is_banned(name, now):
        return True
    room = windows.spend(name, most=PER_ADDRESS, span=ADDRESS_SPAN, now=now)
    if room.refused:
        windows.ban(name, now + BAN)
    return room.refused


def _admit(
    simulation: Simulation, endpoint: Endpoint, request: web.Request, content: str, now: int
) -> Account | None:
    if endpoint.security == "NONE":
        return None
    accounts = simulation.venue.engine.accounts
    account = signing.admit(accounts, request.headers, content, now)
    permit(account, endpoint.security)
    return account


def permit(account: Account, security: Security) -> None:
    may = account.permissions
    if not may.reading or (security == "TRADE" and not may.trading):
        raise BybitError(*DENIED)


def _count(
    simulation: Simulation, endpoint: Endpoint, account: Account, path: str, now: int
) -> dict[str, str]:
    name = _group(account.key, path)
    room = simulation.windows.spend(name, most=endpoint.per_second, span=SECOND, now=now)
    if room.refused:
        raise TooMany
    return _limits(endpoint, room)


def _group(key: str, path: str) -> str:
    return f"bybit {key} {path}"


def _limits(endpoint: Endpoint, room: Allowance) -> dict[str, str]:
    return {
        "X-Bapi-Limit": str(endpoint.per_second),
        "X-Bapi-Limit-Status": str(room.left),
        "X-Bapi-Limit-Reset-Timestamp": str(room.resets_at),
    }


def _params(method: str, content: str) -> dict[str, Any]:
    if method == "GET":
        return dict(parse_qsl(content, keep_blank_values=True))
    try:
        params = json.loads(content or "{}")
    except json.JSONDecodeError:
        params = None
    if not isinstance(params, dict):
        raise BybitError(10001, "Request parameter error: the body is not a JSON object")
    return params


def _respond(
    code: int, message: str, answer: object, now: int, headers: Mapping[str, str]
) -> web.Response:
    told = answer if isinstance(answer, Answer) else Answer(answer)
    body = {
        "retCode": code,
        "retMsg": message,
        "result": told.result,
        "retExtInfo": told.extra,
        "time": now,
    }
    return web.Response(
        text=json.dumps(body, separators=(",", ":")),
        content_type="application/json",
        charset="utf-8",
        headers=headers,
    )
