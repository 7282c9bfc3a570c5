"""Serve Bybit's REST requests: rate limits, authentication, the endpoint, the JSON frame."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.typedefs import Handler

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.bybit import signing
from exchanges.simulator.bybit.errors import PERMISSION_DENIED, TOO_MANY_REQUESTS, BybitError
from exchanges.simulator.bybit.symbols import Category, read_category
from exchanges.simulator.simulation import SIMULATION, Simulation
from exchanges.simulator.transport.calls import BaseCall, json_response, parse_object

Security = Literal["NONE", "READ", "TRADE"]

SECOND_MS: Final = 1000
KEY_LIMIT: Final = 50  # requests of one key to one path in a second
ADDRESS_WINDOW_MS: Final = 5 * SECOND_MS
ADDRESS_LIMIT: Final = 600
BAN_MS: Final = 600 * SECOND_MS


@dataclass(frozen=True)
class Call(BaseCall):
    @property
    def category(self) -> Category:
        return read_category(self.params)


@dataclass(frozen=True)
class Result:
    """A result with Bybit's `retExtInfo`."""

    result: object
    extra: Mapping[str, object] = field(default_factory=dict)


class TooManyRequests(BybitError):
    """The limit of a key; its headers say when it is over."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(*TOO_MANY_REQUESTS)
        self.headers = headers


@dataclass(frozen=True)
class Endpoint:
    handler: Callable[[Call], object]
    security: Security = "NONE"


def make_handler(endpoint: Endpoint) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        simulation = request.app[SIMULATION]
        now = simulation.venue.now()
        key = request.headers.get("X-BAPI-API-KEY", "")
        simulation.counters.add_weight(key)
        if _is_address_banned(simulation, str(request.remote), now):
            return web.Response(text="403, access too frequent", status=403)
        headers: dict[str, str] = {}
        content = (await request.read()).decode(errors="replace")
        if request.method == "GET":
            content = request.rel_url.raw_query_string
        try:
            account = None
            if endpoint.security != "NONE":
                accounts = simulation.venue.engine.accounts
                account = signing.authenticate_request(accounts, request.headers, content, now)
                check_permission(account, endpoint.security)
                headers |= count_request(simulation, account, request.path, now)
            params = _read_params(request.method, content)
            result = endpoint.handler(Call(simulation, params, now, account))
            return _build_response(0, "OK", result, now, headers)
        except TooManyRequests as error:
            return _build_response(error.code, error.message, {}, now, error.headers)
        except BybitError as error:
            return _build_response(error.code, error.message, {}, now, headers)

    return serve


def count_request(simulation: Simulation, account: Account, path: str, now: int) -> dict[str, str]:
    """Count a request of a key to a path, and return the headers that tell what is left."""
    window = simulation.windows.spend(f"bybit {account.key} {path}", KEY_LIMIT, SECOND_MS, now)
    headers = {
        "X-Bapi-Limit": str(KEY_LIMIT),
        "X-Bapi-Limit-Status": str(window.left),
        "X-Bapi-Limit-Reset-Timestamp": str(window.resets_at),
    }
    if window.refused:
        raise TooManyRequests(headers)
    return headers


def _is_address_banned(simulation: Simulation, address: str, now: int) -> bool:
    """Count a request of an address, and ban the address if it exceeds its limit."""
    name, windows = f"bybit {address}", simulation.windows
    if windows.is_banned(name, now):
        return True
    window = windows.spend(name, ADDRESS_LIMIT, ADDRESS_WINDOW_MS, now)
    if window.refused:
        windows.ban(name, now + BAN_MS)
    return window.refused


def check_permission(account: Account, security: Security) -> None:
    if not account.permissions.allows(security):
        raise BybitError(*PERMISSION_DENIED)


def _read_params(method: str, content: str) -> dict[str, Any]:
    if method == "GET":
        return dict(parse_qsl(content, keep_blank_values=True))
    params = parse_object(content or "{}")
    if params is None:
        raise BybitError(10001, "Request parameter error: the body is not a JSON object")
    return params


def _build_response(
    code: int, message: str, content: object, now: int, headers: Mapping[str, str]
) -> web.Response:
    result = content if isinstance(content, Result) else Result(content)
    body = {
        "retCode": code,
        "retMsg": message,
        "result": result.result,
        "retExtInfo": result.extra,
        "time": now,
    }
    return json_response(body, headers=headers)
