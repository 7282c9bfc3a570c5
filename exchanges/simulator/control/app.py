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
Action = Callable[[Simulation, Body], Json]


def show_state(simulation: Simulation, _: Body) -> Json:
    counters, venue = simulation.counters, simulation.venue
    return {
        "symbols": market.market_rows(simulation),
        "prices": market.list_prices(simulation),
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


def list_sockets(simulation: Simulation, _: Body) -> Json:
    """Each open one, and what of the market it was asked for."""
    found = sorted((one.path, sorted(one.list_subscriptions())) for one in simulation.sockets)
    return {"sockets": [{"path": path, "asked": asked} for path, asked in found]}


ROUTES: dict[tuple[str, str], Action] = {
    ("GET", "state"): show_state,
    ("GET", "sockets"): list_sockets,
    ("POST", "accounts"): accounts.open_account,
    ("GET", "accounts"): accounts.list_accounts,
    ("PATCH", "accounts"): accounts.change_account,
    ("POST", "deposit"): accounts.add_deposit,
    ("POST", "revoke"): accounts.revoke_key,
    ("GET", "orders"): market.list_orders,
    ("GET", "trades"): market.list_trades,
    ("POST", "price"): market.set_price,
    ("POST", "walk"): market.set_walk,
    ("POST", "liquidity"): market.set_liquidity,
    ("POST", "fill"): waiting.fill_any,
    ("POST", "cancel"): waiting.cancel_any,
    ("POST", "amend"): waiting.amend_any,
    ("POST", "trigger"): waiting.fire_trigger,
    ("GET", "waiting"): waiting.list_waiting,
    ("POST", "replace"): market.replace_order,
    ("POST", "faults"): faults.add_fault,
    ("GET", "faults"): faults.list_faults,
    ("DELETE", "faults"): faults.clear_faults,
    ("POST", "say"): faults.send_custom_events,
    ("POST", "replay"): faults.replay_events,
    ("POST", "limits"): faults.set_limits,
    ("POST", "clock"): faults.set_clock,
    ("DELETE", "counters"): faults.clear_counters,
    ("POST", "reset"): faults.reset_venue,
}


def attach(app: web.Application) -> None:
    for (method, name), act in ROUTES.items():
        app.router.add_route(method, f"/control/{name}", _make_handler(act))


def _make_handler(act: Action) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        simulation = request.app[SIMULATION]
        if not _is_authorized(request, simulation.token):
            return _build_answer({"error": "Authorization: Bearer <control token> is needed"}, 401)
        try:
            return _build_answer(act(simulation, await _read_body(request)))
        except NotFound as error:
            return _build_answer({"error": str(error)}, 404)
        except BadRequest as error:
            return _build_answer({"error": str(error)}, 400)
        except OrderEnded as error:
            return _build_answer({"error": f"order {error} has already ended"}, 409)

    return serve


def _is_authorized(request: web.Request, token: str) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return hmac.compare_digest(given.encode(), token.encode())


async def _read_body(request: web.Request) -> Body:
    text = await request.text()
    if not text:
        return Body(dict(request.query))
    try:
        return Body(json.loads(text))
    except json.JSONDecodeError as error:
        raise BadRequest(f"the body is not JSON: {error}") from error


def _build_answer(content: Json, status: int = 200) -> web.Response:
    return web.json_response({"simulated": True, **content}, status=status)
