"""Faults of HTTP requests: the middleware that refuses, delays, cuts or falsifies answers."""

import asyncio
import json
import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from exchanges.simulator.faults import rows
from exchanges.simulator.faults.falsify import falsify_rows
from exchanges.simulator.faults.faults import (
    ANSWER_FAULTS,
    REQUEST_FAULTS,
    ROW_FAULTS,
    Fault,
    get_venue,
)
from exchanges.simulator.faults.refusals import REFUSALS, build_error_text
from exchanges.simulator.simulation import SIMULATION, Simulation

log = logging.getLogger(__name__)

# The headers in which the venues expect the API key.
KEY_HEADERS = ("X-MBX-APIKEY", "OK-ACCESS-KEY", "X-BAPI-API-KEY")
MAINTENANCE = "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>"
SIGNED_ONLY = frozenset({"revoked_key", "restricted_ip"})
REFUSED_AFTER_ACCEPT = frozenset({"status_after_accept", "ambiguous_after_accept"})


def get_api_key(request: web.Request) -> str:
    return next((request.headers[name] for name in KEY_HEADERS if name in request.headers), "")


@web.middleware
async def apply_faults(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path == "/" or request.path.startswith("/control/"):
        return await handler(request)  # our own pages have no faults
    simulation = request.app[SIMULATION]
    _count_request(simulation, request)
    if not simulation.faults.active:
        return await handler(request)
    content = f"{request.rel_url.query_string} {await request.text()}"
    kinds = frozenset(REQUEST_FAULTS)
    if not get_api_key(request):
        kinds -= SIGNED_ONLY
    for fault in _take_faults(simulation, kinds, request, content):
        if fault.kind == "latency":
            await _wait_or_stop(simulation, fault.latency_ms / 1000)
        else:
            return await _answer_without_venue(simulation, fault, request)
    # Taken before the venue answers: a fault added meanwhile is for the next request.
    answer_faults = _take_faults(simulation, frozenset(ANSWER_FAULTS), request, content)
    response = _falsify_answer(simulation, request, await handler(request))
    for fault in answer_faults:
        if fault.kind != "latency_after_accept":
            return await _spoil_answer(simulation, fault, request, response)
        await _wait_or_stop(simulation, fault.latency_ms / 1000)
    return response


def _count_request(simulation: Simulation, request: web.Request) -> None:
    counters = simulation.counters
    counters.requests += 1
    counters.endpoints[f"{request.method} {request.path}"] += 1
    counters.requests_by_key[get_api_key(request)] += 1


def _take_faults(
    simulation: Simulation, kinds: frozenset[str], request: web.Request, content: str
) -> list[Fault]:
    faults = simulation.faults.take_matching(
        kinds,
        path=request.path,
        method=request.method,
        key=get_api_key(request),
        now=simulation.venue.now(),
        content=content,
    )
    for fault in faults:
        log.info("fault %d %s: %s %s", fault.id, fault.kind, request.method, request.path)
    return faults


async def _answer_without_venue(
    simulation: Simulation, fault: Fault, request: web.Request
) -> web.Response:
    """Answer a request in place of the venue, which never sees it."""
    if fault.kind == "hang":
        return await _hang_request(simulation, fault, request)
    if fault.kind == "close":
        return _cut_connection(request)
    if fault.kind == "html":
        page = fault.body or MAINTENANCE
        return web.Response(text=page, status=fault.status or 503, content_type="text/html")
    if fault.kind == "ban":
        return _build_ban(simulation, fault, request.path)
    return _build_refusal(fault, request.path)


def _build_refusal(fault: Fault, path: str) -> web.Response:
    venue = get_venue(path)
    refusal = REFUSALS[venue][fault.kind.removesuffix("_after_accept")]
    code, message = fault.code or refusal.code, fault.message or refusal.message
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    text = fault.body or build_error_text(venue, code, message)
    return web.json_response(text=text, status=fault.status or refusal.status, headers=headers)


def _build_ban(simulation: Simulation, fault: Fault, path: str) -> web.Response:
    """Build the venue's ban. All clients share one address here, so it holds for all of them."""
    venue = get_venue(path)
    refusal = REFUSALS[venue]["ban"]
    now = simulation.venue.now()
    until = fault.until or now + 1000 * (fault.retry_after or 60)
    retry_after = fault.retry_after if fault.retry_after is not None else -((now - until) // 1000)
    message = fault.message or refusal.message.format(until=until)
    status = fault.status or refusal.status
    if venue == "bybit" and status == refusal.status:
        return web.Response(text=message, status=status)
    # Only Binance sends Retry-After.
    headers = {"Retry-After": str(retry_after)} if venue == "binance" else {}
    text = build_error_text(venue, fault.code or refusal.code, message)
    return web.json_response(text=text, status=status, headers=headers)


def _falsify_answer(
    simulation: Simulation, request: web.Request, response: web.StreamResponse
) -> web.StreamResponse:
    """Return the answer with the false orders and fills of the active row faults."""
    kinds, key, now = frozenset(ROW_FAULTS), get_api_key(request), simulation.venue.now()
    faults = simulation.faults.list_active(kinds, path=request.path, key=key, now=now)
    faults = [fault for fault in faults if fault.match.method in ("", request.method)]
    if not faults or not isinstance(response, web.Response) or response.text is None:
        return response
    try:
        content = json.loads(response.text)
    except ValueError:
        return response
    venue = get_venue(request.path)
    for fault in faults:
        if fault.kind == "order_missing" and _is_single_order(fault, venue, content, request):
            fault.hits += 1
            absent = REFUSALS[venue]["absent"]
            text = build_error_text(venue, absent.code, absent.message)
            return web.json_response(text=text, status=absent.status)
        if request.method == "GET" or fault.kind != "order_missing":
            fault.hits += falsify_rows(fault, venue, content)
    response.text = json.dumps(content, separators=(",", ":"))
    return response


def _is_single_order(fault: Fault, venue: str, content: object, request: web.Request) -> bool:
    """Return whether the request queried one order and the answer contains only that order."""
    id_params = {"orderId", "origClientOrderId", "ordId", "clOrdId", "algoId", "algoClOrdId"}
    if request.method != "GET" or venue == "bybit" or not id_params & request.query.keys():
        return False
    orders = [row for row in rows.find_rows(venue, content) if row.shape.is_order]
    return len(orders) == 1 and orders[0].matches(fault.match)


async def _spoil_answer(
    simulation: Simulation, fault: Fault, request: web.Request, response: web.StreamResponse
) -> web.StreamResponse:
    """Replace, cut off or withhold the answer of a request that the venue has processed."""
    if fault.kind == "close_after_accept":
        return _cut_connection(request)
    if fault.kind in REFUSED_AFTER_ACCEPT:
        return _build_refusal(fault, request.path)
    if fault.kind == "truncate":
        return await _truncate_answer(request, response)
    return await _hang_request(simulation, fault, request)


async def _hang_request(simulation: Simulation, fault: Fault, request: web.Request) -> web.Response:
    """Hold a request until the client gives up, the fault is cleared, or the simulator stops."""
    while not (fault.cleared or simulation.stopping.is_set()):
        if request.transport is None or request.transport.is_closing():
            break
        await _wait_or_stop(simulation, 0.05)
    return _cut_connection(request)


async def _truncate_answer(
    request: web.Request, response: web.StreamResponse
) -> web.StreamResponse:
    body = response.body if isinstance(response, web.Response) else b""
    content = body if isinstance(body, bytes) else b""
    half = web.StreamResponse(status=response.status, headers=response.headers)
    half.content_length = len(content)
    await half.prepare(request)
    await half.write(content[: len(content) // 2])
    if request.transport is not None:
        # close(), not abort(): the first half must still arrive.
        request.transport.close()
    return half


def _cut_connection(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _wait_or_stop(simulation: Simulation, seconds: float) -> None:
    try:
        await asyncio.wait_for(simulation.stopping.wait(), seconds)
    except TimeoutError:
        return
