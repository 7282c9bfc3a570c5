"""Serve Binance's REST requests: weight, parameters, authentication, then the endpoint."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.typedefs import Handler

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.binance import signing
from exchanges.simulator.binance.errors import BAD_KEY, BinanceError
from exchanges.simulator.markets.market import Market
from exchanges.simulator.rate_limits.weight_limiter import DAY, TEN_SECONDS, WeightRefusal
from exchanges.simulator.simulation import SIMULATION, Simulation
from exchanges.simulator.transport.calls import BaseCall, json_response

# KEY needs the API key only; the others a signature, and the permission they name.
Security = Literal["NONE", "KEY", "READ", "TRADE", "FUTURES_TRADE"]


@dataclass(frozen=True)
class Call(BaseCall):
    is_futures: bool = False

    @property
    def markets(self) -> Mapping[str, Market]:
        """The markets of the request's product, by Binance's symbols."""
        return self.engine.contracts_by_pair if self.is_futures else self.engine.spot


Weight = int | Callable[[Mapping[str, str]], int]


def weight_by_symbol(one_symbol: int, all_symbols: int) -> Weight:
    return lambda params: one_symbol if params.get("symbol") else all_symbols


def weight_by_limit(default: int, *steps: tuple[int, int]) -> Weight:
    """Return a weight that grows with `limit`; steps are pairs of limit and weight."""

    def compute_weight(params: Mapping[str, str]) -> int:
        limit = params.get("limit", "")
        size = int(limit) if limit.isdigit() else default
        return next((weight for max_limit, weight in steps if size <= max_limit), steps[-1][1])

    return compute_weight


@dataclass(frozen=True)
class Endpoint:
    """A handler with its weight and permission; `counts_order` sends the order counts back."""

    handler: Callable[[Call], object]
    weight: Weight
    security: Security = "NONE"
    counts_order: bool = False

    def compute_weight(self, params: Mapping[str, str]) -> int:
        return self.weight if isinstance(self.weight, int) else self.weight(params)


def make_handler(endpoint: Endpoint) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        simulation = request.app[SIMULATION]
        body = (await request.read()).decode(errors="replace")
        query = request.rel_url.raw_query_string
        key = request.headers.get("X-MBX-APIKEY")
        headers: dict[str, str] = {}
        try:
            params = _parse_params(query, body)
            weight = endpoint.compute_weight(params)
            charge_weight(simulation, weight_bucket(request), weight, key)
            account = None
            if endpoint.security != "NONE":
                account = signing.find_account(simulation.venue.engine.accounts, key)
                if endpoint.security != "KEY":
                    # The signature covers exactly the text that was sent.
                    payload = signing.strip_signature(query) + signing.strip_signature(body)
                    signing.check_signature(account, payload, params.get("signature"))
                    signing.check_time(params, simulation.venue.now())
                check_permission(account, endpoint.security)
            is_futures = request.path.startswith(("/fapi/", "/futures/"))
            call = Call(simulation, params, simulation.venue.now(), account, is_futures)
            result = endpoint.handler(call)
            if endpoint.counts_order:
                headers = _order_count_headers(call)
            return _build_response(request, result, 200, headers)
        except BinanceError as error:
            if error.retry_after is not None:
                headers["Retry-After"] = str(error.retry_after)
            return _build_response(request, error.to_json(), error.status, headers)

    return serve


def _parse_params(query: str, body: str) -> dict[str, str]:
    pairs = [pair for text in (query, body) for pair in parse_qsl(text, keep_blank_values=True)]
    params = dict(pairs)
    if len(params) != len(pairs):
        raise BinanceError(-1101, "Duplicate values for a parameter detected.")
    return params


def weight_bucket(request: web.Request) -> str:
    """Return the name of a request's weight budget; /api/, /sapi/ and futures have their own."""
    family = request.path.split("/")[1].removeprefix("ws-")
    return f"{request.remote} {family}"


def charge_weight(simulation: Simulation, address: str, weight: int, key: str | None) -> None:
    now = simulation.venue.now()
    simulation.counters.add_weight(key or "", weight)
    refusal = simulation.limiter.spend(address, weight, now)
    if refusal:
        raise _weight_error(refusal, simulation.limiter.limits.get_weight_limit(address), now)


def _weight_error(refusal: WeightRefusal, limit: int, now: int) -> BinanceError:
    wait = max(1, -(-(refusal.until - now) // 1000))
    if refusal.ban:
        message = f"Way too much request weight used; IP banned until {refusal.until}."
        tail = " Please use WebSocket Streams for live updates to avoid bans."
        return BinanceError(-1003, message + tail, 418, wait)
    message = f"Too much request weight used; current limit is {limit} request weight per 1 MINUTE."
    tail = " Please use WebSocket Streams for live updates to avoid polling the API."
    return BinanceError(-1003, message + tail, 429, wait)


def check_permission(account: Account, security: Security) -> None:
    if not account.permissions.allows(security):
        raise BinanceError(*BAD_KEY)


def count_order(call: Call) -> None:
    """Count a new order; futures have an order limit of their own."""
    limiter, account, span = call.simulation.limiter, call.account.key, "10 SECOND"
    if call.is_futures:
        account, span = f"{account} fapi", "TEN_SECONDS"
    if not limiter.count_order(account, call.now):
        limit = limiter.limits.orders_per_10s
        message = f"Too many new orders; current limit is {limit} orders per {span}."
        raise BinanceError(-1015, message, 429, retry_after=10)


def _order_count_headers(call: Call) -> dict[str, str]:
    count_orders, key = call.simulation.limiter.count_orders, call.account.key
    return {
        "X-MBX-ORDER-COUNT-10S": str(count_orders(key, TEN_SECONDS, call.now)),
        "X-MBX-ORDER-COUNT-1D": str(count_orders(key, DAY, call.now)),
    }


def _build_response(
    request: web.Request, result: object, status: int, headers: Mapping[str, str]
) -> web.Response:
    used = str(request.app[SIMULATION].limiter.get_used_weight(weight_bucket(request)))
    weight = {"X-MBX-USED-WEIGHT": used, "X-MBX-USED-WEIGHT-1M": used}
    if request.path.startswith("/sapi/"):
        weight = {"X-SAPI-USED-IP-WEIGHT-1M": used}
    return json_response(result, status, headers={**weight, **headers}, charset="UTF-8")
