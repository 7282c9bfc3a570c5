"""The middleware that makes the venue as unreliable as the faults ask for."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from exchanges.simulator.faults import AFTER, BEFORE, Fault
from exchanges.simulator.simulation import SIMULATION, Simulation

log = logging.getLogger(__name__)

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]

# How the venues of today and tomorrow carry the API key.
KEY_HEADERS = ("X-MBX-APIKEY", "OK-ACCESS-KEY", "X-BAPI-API-KEY")
MAINTENANCE = "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>"


def is_ours(path: str) -> bool:
    """Paths that no venue has: the front page and the control API."""
    return path == "/" or path.startswith("/control/")


def key_of(request: web.Request) -> str:
    return next((request.headers[name] for name in KEY_HEADERS if name in request.headers), "")


@web.middleware
async def misbehave(request: web.Request, handler: Next) -> web.StreamResponse:
    if is_ours(request.path):
        return await handler(request)
    simulation = request.app[SIMULATION]
    _count(simulation, request)
    for fault in _take(simulation, BEFORE, request):
        if fault.kind == "latency":
            await request.read()  # what has arrived counts, also when its sender is gone by then
            await _wait(simulation, fault.latency_ms / 1000)
        else:
            return await _instead(simulation, fault, request)
    after = _take(simulation, AFTER, request)
    response = await handler(request)
    for fault in after:
        if fault.kind != "latency_after_accept":
            return await _spoil(simulation, fault, request, response)
        await _wait(simulation, fault.latency_ms / 1000)
    return response


def _count(simulation: Simulation, request: web.Request) -> None:
    counters = simulation.counters
    counters.requests += 1
    counters.endpoints[f"{request.method} {request.path}"] += 1
    counters.requests_by_key[key_of(request)] += 1


def _take(simulation: Simulation, kinds: frozenset[str], request: web.Request) -> list[Fault]:
    faults = simulation.faults.take(
        kinds,
        path=request.path,
        method=request.method,
        key=key_of(request),
        now=simulation.venue.now(),
    )
    for fault in faults:
        log.info("fault %d %s: %s %s", fault.id, fault.kind, request.method, request.path)
    return faults


async def _instead(simulation: Simulation, fault: Fault, request: web.Request) -> web.Response:
    """Answer without ever asking the venue."""
    if fault.kind == "hang":
        return await _hang(simulation, fault, request)
    if fault.kind == "close":
        return _close(request)
    if fault.kind == "html":
        text = fault.body or MAINTENANCE
        return web.Response(text=text, status=fault.status or 503, content_type="text/html")
    if fault.kind == "ban":
        return _ban(simulation, fault, request.path)
    return _refuse(fault, request.path)


def _refuse(fault: Fault, path: str) -> web.Response:
    body = fault.body or json.dumps(_error(path, fault.code or -1000, fault.message))
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return web.Response(
        text=body, status=fault.status or 500, content_type="application/json", headers=headers
    )


def _error(path: str, code: int, message: str) -> dict[str, object]:
    """An error in the form of the venue whose path it is."""
    if path.startswith("/v5/"):
        return {"retCode": code, "retMsg": message, "result": {}, "retExtInfo": {}}
    return {"code": code, "msg": message}


def _ban(simulation: Simulation, fault: Fault, path: str) -> web.Response:
    if path.startswith("/v5/"):
        return web.Response(text="403, access too frequent", status=fault.status or 403)
    now = simulation.venue.now()
    until = fault.until or now + 1000 * (fault.retry_after or 60)
    wait = fault.retry_after if fault.retry_after is not None else -((now - until) // 1000)
    text = f"Way too much request weight used; IP banned until {until}."
    tail = " Please use WebSocket Streams for live updates to avoid bans."
    body = {"code": -1003, "msg": fault.message or text + tail}
    return web.json_response(body, status=fault.status or 418, headers={"Retry-After": str(wait)})


async def _spoil(
    simulation: Simulation, fault: Fault, request: web.Request, response: web.StreamResponse
) -> web.StreamResponse:
    """The venue has done what was asked; the client never properly hears of it."""
    if fault.kind == "close_after_accept":
        return _close(request)
    if fault.kind == "truncate":
        return await _truncate(request, response)
    return await _hang(simulation, fault, request)


async def _hang(simulation: Simulation, fault: Fault, request: web.Request) -> web.Response:
    """Until the client gives up, the fault is cleared, or the simulator stops."""
    while _connected(request) and not simulation.stopping.is_set():
        if fault.cleared:
            break
        await _wait(simulation, 0.05)
    return _close(request)


async def _truncate(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    body = response.body if isinstance(response, web.Response) else b""
    content = body if isinstance(body, bytes) else b""
    half = web.StreamResponse(status=response.status, headers=response.headers)
    half.content_length = len(content)
    await half.prepare(request)
    await half.write(content[: len(content) // 2])
    if request.transport is not None:
        # Not cut off at once: the half must still arrive.
        request.transport.close()
    return half


def _close(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _connected(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()


async def _wait(simulation: Simulation, seconds: float) -> None:
    try:
        await asyncio.wait_for(simulation.stopping.wait(), seconds)
    except TimeoutError:
        return
