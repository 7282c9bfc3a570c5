"""The middleware that makes the venue as unreliable as the faults ask for."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from exchanges.simulator.faults import rows
from exchanges.simulator.faults.falsify import falsify
from exchanges.simulator.faults.faults import AFTER, BEFORE, ROWS, Fault, venue_of
from exchanges.simulator.faults.refusals import REFUSALS, text
from exchanges.simulator.simulation import SIMULATION, Simulation

log = logging.getLogger(__name__)

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]

# How the venues of today and tomorrow carry the API key.
KEY_HEADERS = ("X-MBX-APIKEY", "OK-ACCESS-KEY", "X-BAPI-API-KEY")
MAINTENANCE = "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>"
ONLY_SIGNED = frozenset({"revoked_key", "restricted_ip"})
INSTEAD_OF_ANSWER = frozenset({"status_after_accept", "ambiguous_after_accept"})


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
    if not simulation.faults.active:
        return await handler(request)
    asked = f"{request.rel_url.query_string} {await request.text()}"
    for fault in _take(simulation, frozenset(BEFORE) - _spared(request), request, asked):
        if fault.kind == "latency":
            await _wait(simulation, fault.latency_ms / 1000)
        else:
            return await _instead(simulation, fault, request)
    after = _take(simulation, frozenset(AFTER), request, asked)
    response = _falsified(simulation, request, await handler(request))
    for fault in after:
        if fault.kind != "latency_after_accept":
            return await _spoil(simulation, fault, request, response)
        await _wait(simulation, fault.latency_ms / 1000)
    return response


def _spared(request: web.Request) -> frozenset[str]:
    return frozenset() if key_of(request) else ONLY_SIGNED


def _count(simulation: Simulation, request: web.Request) -> None:
    counters = simulation.counters
    counters.requests += 1
    counters.endpoints[f"{request.method} {request.path}"] += 1
    counters.requests_by_key[key_of(request)] += 1


def _take(
    simulation: Simulation, kinds: frozenset[str], request: web.Request, asked: str
) -> list[Fault]:
    faults = simulation.faults.take(
        kinds,
        path=request.path,
        method=request.method,
        key=key_of(request),
        now=simulation.venue.now(),
        asked=asked,
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
        page = fault.body or MAINTENANCE
        return web.Response(text=page, status=fault.status or 503, content_type="text/html")
    if fault.kind == "ban":
        return _ban(simulation, fault, request.path)
    return _refuse(fault, request.path)


def _refuse(fault: Fault, path: str) -> web.Response:
    venue = venue_of(path)
    usual = REFUSALS[venue][fault.kind.removesuffix("_after_accept")]
    code, words = fault.code or usual.code, fault.message or usual.words
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return web.Response(
        text=fault.body or text(venue, code, words),
        status=fault.status or usual.status,
        content_type="application/json",
        headers=headers,
    )


def _ban(simulation: Simulation, fault: Fault, path: str) -> web.Response:
    """Every address is the same one here: whoever asks is banned until the end of it."""
    venue = venue_of(path)
    usual = REFUSALS[venue]["ban"]
    now = simulation.venue.now()
    until = fault.until or now + 1000 * (fault.retry_after or 60)
    wait = fault.retry_after if fault.retry_after is not None else -((now - until) // 1000)
    words = fault.message or usual.words.format(until=until)
    status = fault.status or usual.status
    if venue == "bybit" and status == usual.status:
        return web.Response(text=words, status=status)
    # Only Binance says when to come back.
    headers = {"Retry-After": str(wait)} if venue == "binance" else {}
    return web.Response(
        text=text(venue, fault.code or usual.code, words),
        status=status,
        content_type="application/json",
        headers=headers,
    )


def _falsified(
    simulation: Simulation, request: web.Request, response: web.StreamResponse
) -> web.StreamResponse:
    """The same answer with its orders and fills as the faults want them."""
    faults = simulation.faults.live(
        frozenset(ROWS), path=request.path, key=key_of(request), now=simulation.venue.now()
    )
    faults = [fault for fault in faults if fault.match.method in ("", request.method)]
    if not faults or not isinstance(response, web.Response) or response.text is None:
        return response
    try:
        content = json.loads(response.text)
    except ValueError:
        return response
    venue = venue_of(request.path)
    for fault in faults:
        if fault.kind == "order_missing" and _is_the_answer(fault, venue, content, request):
            fault.hits += 1
            absent = REFUSALS[venue]["absent"]
            return web.json_response(
                text=text(venue, absent.code, absent.words), status=absent.status
            )
        if request.method == "GET" or fault.kind != "order_missing":
            fault.hits += falsify(fault, venue, content)
    response.text = json.dumps(content, separators=(",", ":"))
    return response


def _is_the_answer(fault: Fault, venue: str, content: object, request: web.Request) -> bool:
    """Whether one order was asked for, and is all that the answer tells."""
    by_name = {"orderId", "origClientOrderId", "ordId", "clOrdId", "algoId", "algoClOrdId"}
    if request.method != "GET" or venue == "bybit" or not by_name & request.query.keys():
        return False
    found = [row for row in rows.find(venue, content) if row.shape.is_order]
    return len(found) == 1 and found[0].matches(fault.match)


async def _spoil(
    simulation: Simulation, fault: Fault, request: web.Request, response: web.StreamResponse
) -> web.StreamResponse:
    """The venue has done what was asked; the client never properly hears of it."""
    if fault.kind == "close_after_accept":
        return _close(request)
    if fault.kind in INSTEAD_OF_ANSWER:
        return _refuse(fault, request.path)
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
