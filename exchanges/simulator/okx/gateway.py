"""Serve OKX's REST requests: authentication, rate limits, the endpoint, the JSON frame."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.typedefs import Handler

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.okx import signing
from exchanges.simulator.okx.errors import (
    PERMISSION_DENIED,
    TOO_MANY_REQUESTS,
    OkxError,
    OrderRefused,
    invalid_parameter,
)
from exchanges.simulator.simulation import SIMULATION, Simulation
from exchanges.simulator.transport.calls import BaseCall, json_response

Security = Literal["NONE", "READ", "TRADE"]
WINDOW_MS: Final = 2000
BATCH_MESSAGES: Final = ("", "All operations failed", "Bulk operation partially succeeded.")


@dataclass(frozen=True)
class Call(BaseCall):
    """One authenticated request. A batch has its order requests in `orders`."""

    orders: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class BatchResult:
    """The results of several orders, each row with its own code."""

    rows: list[dict[str, object]]

    @property
    def code(self) -> int:
        failed = sum(row["sCode"] != "0" for row in self.rows)
        if not failed:
            return 0
        return 1 if failed == len(self.rows) else 2


@dataclass(frozen=True)
class Endpoint:
    """A handler with its permission.

    `limit` is the number of requests in two seconds, per key, or per address without a key.
    """

    handler: Callable[[Call], object]
    security: Security = "NONE"
    limit: int = 20


def make_handler(endpoint: Endpoint) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        simulation = request.app[SIMULATION]
        now, key = simulation.venue.now(), request.headers.get("OK-ACCESS-KEY", "")
        simulation.counters.add_weight(key)
        try:
            account = None
            if endpoint.security != "NONE":
                body = await request.text() if request.method == "POST" else ""
                content = f"{request.method}{request.raw_path}{body}"
                accounts = simulation.venue.engine.accounts
                account = signing.authenticate_request(accounts, request.headers, content, now)
                check_permission(account, endpoint.security)
            requester = account.key if account else str(request.remote)
            count_request(simulation, f"{requester} {request.path}", endpoint.limit, now)
            result = endpoint.handler(await _read_call(simulation, request, account, now))
            return _build_response(result, now)
        except (OkxError, OrderRefused) as error:
            refusal = {"code": str(error.code), "msg": error.message, "data": []}
            return json_response(refusal, error.status)

    return serve


def count_request(simulation: Simulation, requester: str, limit: int, now: int) -> None:
    window = simulation.windows.spend(f"okx {requester}", limit, WINDOW_MS, now)
    if window.refused:
        raise OkxError(*TOO_MANY_REQUESTS)


def check_permission(account: Account, security: Security) -> None:
    if not account.permissions.allows(security):
        raise OkxError(*PERMISSION_DENIED)


async def _read_call(
    simulation: Simulation, request: web.Request, account: Account | None, now: int
) -> Call:
    if request.method == "GET":
        query = request.rel_url.raw_query_string
        return Call(simulation, dict(parse_qsl(query, keep_blank_values=True)), now, account)
    try:
        content = json.loads(await request.text() or "{}")
    except json.JSONDecodeError:
        raise OkxError(50002, "JSON syntax error", 400) from None
    orders = content if isinstance(content, list) else [content]
    if not orders or not all(isinstance(order, dict) for order in orders):
        raise invalid_parameter("body")
    return Call(simulation, orders[0], now, account, tuple(orders))


def _build_response(result: object, now: int) -> web.Response:
    """Frame a result; OKX adds arrival and departure in microseconds to order requests."""
    if not isinstance(result, BatchResult):
        return json_response({"code": "0", "msg": "", "data": result})
    stamps = {"inTime": str(now * 1000), "outTime": str(now * 1000 + 500)}
    message = BATCH_MESSAGES[result.code]
    return json_response({"code": str(result.code), "msg": message, "data": result.rows, **stamps})
