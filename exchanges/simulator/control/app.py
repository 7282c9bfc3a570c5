"""The control API: its routes, its token, and answers labelled as simulated."""

import hmac
import json
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from exchanges.simulator.control import (
    accounts,
    faults,
    market,
    orders,
    payments,
    schedule,
    settings,
    snapshot,
)
from exchanges.simulator.control.body import BadRequest, Body, Json, NotFound
from exchanges.simulator.engine.resting_orders import OrderEnded
from exchanges.simulator.simulation import SIMULATION, Simulation

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
        "countdowns": simulation.countdowns.list_running(),
        "requests": counters.requests,
        "weight": counters.weight,
        "endpoints": dict(counters.endpoints),
        "requests_by_key": dict(counters.requests_by_key),
        "weight_by_key": dict(counters.weight_by_key),
    }


def list_sockets(simulation: Simulation, _: Body) -> Json:
    """List the open sockets with their market streams."""
    sockets = sorted((s.path, sorted(s.list_subscriptions())) for s in simulation.sockets)
    return {"sockets": [{"path": path, "asked": streams} for path, streams in sockets]}


ROUTES: dict[tuple[str, str], Action] = {
    ("GET", "state"): show_state,
    ("GET", "sockets"): list_sockets,
    ("POST", "accounts"): accounts.open_account,
    ("GET", "accounts"): accounts.list_accounts,
    ("PATCH", "accounts"): accounts.change_account,
    ("POST", "deposit"): accounts.add_deposit,
    ("POST", "funding"): payments.set_funding,
    ("POST", "income"): payments.add_income,
    ("GET", "income"): payments.list_income,
    ("GET", "statement"): payments.show_statement,
    ("POST", "revoke"): accounts.revoke_key,
    ("GET", "orders"): orders.list_orders,
    ("GET", "trades"): orders.list_trades,
    ("POST", "price"): market.set_price,
    ("POST", "move"): market.move_price,
    ("POST", "regime"): market.set_regime,
    ("POST", "schedule"): schedule.add_schedule,
    ("GET", "schedule"): schedule.list_schedule,
    ("DELETE", "schedule"): schedule.clear_schedule,
    ("GET", "snapshot"): snapshot.take_snapshot,
    ("POST", "snapshot"): snapshot.restore_snapshot,
    ("POST", "listing"): market.list_symbol,
    ("POST", "walk"): market.set_walk,
    ("POST", "liquidity"): market.set_liquidity,
    ("POST", "delist"): market.delist_symbol,
    ("POST", "fill"): orders.fill_order,
    ("POST", "cancel"): orders.cancel_order,
    ("POST", "settle"): orders.settle_order,
    ("POST", "amend"): orders.amend_order,
    ("POST", "trigger"): orders.fire_trigger,
    ("GET", "waiting"): orders.list_waiting,
    ("POST", "replace"): orders.replace_order,
    ("POST", "faults"): faults.add_fault,
    ("GET", "faults"): faults.list_faults,
    ("DELETE", "faults"): faults.clear_faults,
    ("POST", "say"): faults.send_custom_events,
    ("POST", "replay"): faults.replay_events,
    ("POST", "limits"): settings.set_limits,
    ("POST", "clock"): settings.set_clock,
    ("DELETE", "counters"): settings.clear_counters,
    ("POST", "reset"): settings.reset_venue,
}


def attach(app: web.Application) -> None:
    for (method, name), action in ROUTES.items():
        app.router.add_route(method, f"/control/{name}", _make_handler(action))


def _make_handler(action: Action) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        simulation = request.app[SIMULATION]
        if not _is_authorized(request, simulation.token):
            return _build_answer({"error": "Authorization: Bearer <control token> is needed"}, 401)
        try:
            return _build_answer(action(simulation, await _read_body(request)))
        except NotFound as error:
            return _build_answer({"error": str(error)}, 404)
        except BadRequest as error:
            return _build_answer({"error": str(error)}, 400)
        except OrderEnded as error:
            return _build_answer({"error": f"order {error} has already ended"}, 409)

    return serve


def _is_authorized(request: web.Request, token: str) -> bool:
    header = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return hmac.compare_digest(header.encode(), token.encode())


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
