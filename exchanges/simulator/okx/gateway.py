"""The front door of OKX's REST: how often, who asks, then the endpoint, in one frame."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

from aiohttp import web

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.okx import signing
from exchanges.simulator.okx.errors import BAD_KEY, DENIED, TOO_MANY, OkxError, wrong
from exchanges.simulator.simulation import SIMULATION, Simulation

Security = Literal["NONE", "READ", "TRADE"]
SPAN: Final = 2000
MANY: Final = {0: "", 1: "All operations failed", 2: "Bulk operation partially succeeded."}


@dataclass(frozen=True)
class Call:
    """One request after the front door: its parameters, and whose they are."""

    simulation: Simulation
    params: Mapping[str, Any]
    now: int
    wishes: tuple[Mapping[str, Any], ...] = ()
    _account: Account | None = None

    @property
    def account(self) -> Account:
        if self._account is None:
            raise OkxError(*BAD_KEY)
        return self._account

    @property
    def engine(self) -> Engine:
        return self.simulation.venue.engine


@dataclass(frozen=True)
class Outcome:
    """Of several orders: each row says by itself how it went."""

    rows: list[dict[str, object]]

    @property
    def code(self) -> int:
        failed = sum(row["sCode"] != "0" for row in self.rows)
        if not failed:
            return 0
        return 1 if failed == len(self.rows) else 2


Handler = Callable[[Call], object]


@dataclass(frozen=True)
class Endpoint:
    """How many requests it takes in two seconds, of one key, or of one address without a key."""

    handler: Handler
    security: Security = "NONE"
    most: int = 20


def door(endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        simulation = request.app[SIMULATION]
        now, key = simulation.venue.now(), request.headers.get("OK-ACCESS-KEY", "")
        simulation.counters.weight += 1
        simulation.counters.weight_by_key[key] += 1
        try:
            account = await _admit(simulation, endpoint, request, now)
            who = account.key if account else str(request.remote)
            count(simulation, f"{who} {request.path}", endpoint.most, now)
            answer = endpoint.handler(await _call(simulation, request, account, now))
            return _respond(answer, now)
        except OkxError as error:
            return _answer({"code": error.code, "msg": error.message, "data": []}, error.status)

    return serve


def count(simulation: Simulation, who: str, most: int, now: int) -> None:
    room = simulation.windows.spend(f"okx {who}", most=most, span=SPAN, now=now)
    if room.refused:
        raise OkxError(*TOO_MANY)


def permit(account: Account, security: Security) -> None:
    may = account.permissions
    if not may.reading or (security == "TRADE" and not may.trading):
        raise OkxError(*DENIED)


async def _admit(
    simulation: Simulation, endpoint: Endpoint, request: web.Request, now: int
) -> Account | None:
    if endpoint.security == "NONE":
        return None
    body = await request.text() if request.method == "POST" else ""
    content = f"{request.method}{request.raw_path}{body}"
    account = signing.admit(simulation.venue.engine.accounts, request.headers, content, now)
    permit(account, endpoint.security)
    return account


async def _call(
    simulation: Simulation, request: web.Request, account: Account | None, now: int
) -> Call:
    if request.method == "GET":
        query = request.rel_url.raw_query_string
        return Call(simulation, dict(parse_qsl(query, keep_blank_values=True)), now, (), account)
    try:
        content = json.loads(await request.text() or "{}")
    except json.JSONDecodeError:
        raise OkxError(50002, "JSON syntax error", 400) from None
    wishes = content if isinstance(content, list) else [content]
    if not wishes or not all(isinstance(wish, dict) for wish in wishes):
        raise wrong("body")
    return Call(simulation, wishes[0], now, tuple(wishes), account)


def _respond(answer: object, now: int) -> web.Response:
    """The venue says when it came and when it left, in microseconds."""
    if not isinstance(answer, Outcome):
        return _answer({"code": "0", "msg": "", "data": answer})
    stamps = {"inTime": str(now * 1000), "outTime": str(now * 1000 + 500)}
    words = MANY[answer.code]
    return _answer({"code": str(answer.code), "msg": words, "data": answer.rows, **stamps})


def _answer(body: object, status: int = 200) -> web.Response:
    text = json.dumps(body, separators=(",", ":"))
    return web.Response(text=text, status=status, content_type="application/json", charset="utf-8")
