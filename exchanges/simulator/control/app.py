"""The control API: the operator's door, guarded by a token, always labelled as simulated."""

import hmac
import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from exchanges.simulator.control import accounts, faults, market
from exchanges.simulator.control import waiting_orders as waiting
from exchanges.simulator.control.body import BadRequest, Body, NotFound
from exchanges.simulator.engine.resting_orders import OrderEnded
from exchanges.simulator.simulation import SIMULATION, Simulation

Json = dict[str, object]
Act = Callable[[Simulation, Body], Json]


def state(simulation: Simulation, _: Body) -> Json:
    counters, venue = simulation.counters, simulation.venue
    return {
        "symbols": market.market_rows(simulation),
        "prices": market.prices(simulation),
        "paused": simulation.paused,
        "seed": venue.seed,
        "now": venue.now(),
        "uptime_ms": venue.now() - simulation.started,
        "accounts": len(venue.engine.accounts),
        "open_orders": venue.engine.records.count_open(),
        "sockets": len(simulation.sockets),
        "requests": counters.requests,
        "weight": counters.weight,
        "endpoints": dict(counters.endpoints),
        "requests_by_key": dict(counters.requests_by_key),
        "weight_by_key": dict(counters.weight_by_key),
    }


def sockets(simulation: Simulation, _: Body) -> Json:
    """Each open one, and what of the market it was asked for."""
    found = sorted((one.path, sorted(one.asked())) for one in simulation.sockets)
    return {"sockets": [{"path": path, "asked": asked} for path, asked in found]}


ROUTES: dict[tuple[str, str], Act] = {
    ("GET", "state"): state,
    ("GET", "sockets"): sockets,
    ("POST", "accounts"): accounts.open_account,
    ("GET", "accounts"): accounts.accounts,
    ("PATCH", "accounts"): accounts.change,
    ("POST", "deposit"): accounts.deposit,
    ("POST", "revoke"): accounts.revoke,
    ("GET", "orders"): market.orders,
    ("GET", "trades"): market.trades,
    ("POST", "price"): market.set_price,
    ("POST", "walk"): market.walk,
    ("POST", "liquidity"): market.set_liquidity,
    ("POST", "fill"): waiting.fill,
    ("POST", "cancel"): waiting.cancel,
    ("POST", "amend"): waiting.amend,
    ("POST", "trigger"): waiting.trigger,
    ("GET", "waiting"): waiting.waiting,
    ("POST", "replace"): market.replace_by_hand,
    ("POST", "faults"): faults.add,
    ("GET", "faults"): faults.listed,
    ("DELETE", "faults"): faults.clear,
    ("POST", "say"): faults.say,
    ("POST", "replay"): faults.replay,
    ("POST", "limits"): faults.set_limits,
    ("POST", "clock"): faults.set_clock,
    ("DELETE", "counters"): faults.clear_counters,
    ("POST", "reset"): faults.reset,
}


def attach(app: web.Application) -> None:
    for (method, name), act in ROUTES.items():
        app.router.add_route(method, f"/control/{name}", _door(act))


def _door(act: Act) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        simulation = request.app[SIMULATION]
        if not _admitted(request, simulation.token):
            return _answer({"error": "Authorization: Bearer <control token> is needed"}, 401)
        try:
            return _answer(act(simulation, await _body(request)))
        except NotFound as error:
            return _answer({"error": str(error)}, 404)
        except BadRequest as error:
            return _answer({"error": str(error)}, 400)
        except OrderEnded as error:
            return _answer({"error": f"order {error} has already ended"}, 409)

    return serve


def _admitted(request: web.Request, token: str) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return hmac.compare_digest(given.encode(), token.encode())


async def _body(request: web.Request) -> Body:
    text = await request.text()
    if not text:
        return Body(dict(request.query))
    try:
        return Body(json.loads(text))
    except json.JSONDecodeError as error:
        raise BadRequest(f"the body is not JSON: {error}") from error


def _answer(content: Json, status: int = 200) -> web.Response:
    return web.json_response({"simulated": True, **content}, status=status)
