"""The middleware that makes the venue as unreliable as the faults ask for."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

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

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# How the venues of today and tomorrow carry the API key.
KEY_HEADERS = ("X-MBX-APIKEY", "OK-ACCESS-KEY", "X-BAPI-API-KEY")
MAINTENANCE = "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>"
SIGNED_ONLY = frozenset({"revoked_key", "restricted_ip"})
REFUSED_AFTER_ACCEPT = frozenset({"status_after_accept", "ambiguous_after_accept"})


def is_own_path(path: str) -> bool:
    """Paths that no venue has: the front page and the control API."""
    return path == "/" or path.startswith("/control/")


def get_api_key(request: web.Request) -> str:
    return next((request.headers[name] for name in KEY_HEADERS if name in request.headers), "")


@web.middleware
async def apply_faults(request: web.Request, handler: Handler) -> web.StreamResponse:
    if is_own_path(request.path):
        return await handler(request)
    simulation = request.app[SIMULATION]
    _count_request(simulation, request)
    if not simulation.faults.active:
        return await handler(request)
    asked = f"{request.rel_url.query_string} {await request.text()}"
    for fault in _take_faults(
        simulation, frozenset(REQUEST_FAULTS) - _list_skipped_kinds(request), request, asked
    ):
        if fault.kind == "latency":
            await _wait_or_stop(simulation, fault.latency_ms / 1000)
        else:
            return await _answer_without_venue(simulation, fault, request)
    after = _take_faults(simulation, frozenset(ANSWER_FAULTS), request, asked)
    response = _falsify_answer(simulation, request, await handler(request))
    for fault in after:
        if fault.kind != "latency_after_accept":
            return await _spoil_answer(simulation, fault, request, response)
        await _wait_or_stop(simulation, fault.latency_ms / 1000)
    return response


def _list_skipped_kinds(request: web.Request) -> frozenset[str]:
    return frozenset() if get_api_key(request) else SIGNED_ONLY


def _count_request(simulation: Simulation, request: web.Request) -> None:
    counters = simulation.counters
    counters.requests += 1
    counters.endpoints[f"{request.method} {request.path}"] += 1
    counters.requests_by_key[get_api_key(request)] += 1


def _take_faults(
    simulation: Simulation, kinds: frozenset[str], request: web.Request, asked: str
) -> list[Fault]:
    faults = simulation.faults.take_matching(
        kinds,
        path=request.path,
        method=request.method,
        key=get_api_key(request),
        now=simulation.venue.now(),
        asked=asked,
    )
    for fault in faults:
        log.info("fault %d %s: %s %s", fault.id, fault.kind, request.method, request.path)
    return faults


async def _answer_without_venue(
    simulation: Simulation, fault: Fault, request: web.Request
) -> web.Response:
    """Answer without ever asking the venue."""
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
    usual = REFUSALS[venue][fault.kind.removesuffix("_after_accept")]
    code, words = fault.code or usual.code, fault.message or usual.words
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return web.Response(
        text=fault.body or build_error_text(venue, code, words),
        status=fault.status or usual.status,
        content_type="application/json",
        headers=headers,
    )


def _build_ban(simulation: Simulation, fault: Fault, path: str) -> web.Response:
    """Every address is the same one here: whoever asks is banned until the end of it."""
    venue = get_venue(path)
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
        text=build_error_text(venue, fault.code or usual.code, words),
        status=status,
        content_type="application/json",
        headers=headers,
    )


def _falsify_answer(
    simulation: Simulation, request: web.Request, response: web.StreamResponse
) -> web.StreamResponse:
    """The same answer with its orders and fills as the faults want them."""
    faults = simulation.faults.list_active(
        frozenset(ROW_FAULTS),
        path=request.path,
        key=get_api_key(request),
        now=simulation.venue.now(),
    )
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
            return web.json_response(
                text=build_error_text(venue, absent.code, absent.words), status=absent.status
            )
        if request.method == "GET" or fault.kind != "order_missing":
            fault.hits += falsify_rows(fault, venue, content)
    response.text = json.dumps(content, separators=(",", ":"))
    return response


def _is_single_order(fault: Fault, venue: str, content: object, request: web.Request) -> bool:
    """Whether one order was asked for, and is all that the answer tells."""
    by_name = {"orderId", "origClientOrderId", "ordId", "clOrdId", "algoId", "algoClOrdId"}
    if request.method != "GET" or venue == "bybit" or not by_name & request.query.keys():
        return False
    found = [row for row in rows.find_rows(venue, content) if row.shape.is_order]
    return len(found) == 1 and found[0].matches(fault.match)


async def _spoil_answer(
    simulation: Simulation, fault: Fault, request: web.Request, response: web.StreamResponse
) -> web.StreamResponse:
    """The venue has done what was asked; the client never properly hears of it."""
    if fault.kind == "close_after_accept":
        return _cut_connection(request)
    if fault.kind in REFUSED_AFTER_ACCEPT:
        return _build_refusal(fault, request.path)
    if fault.kind == "truncate":
        return await _truncate_answer(request, response)
    return await _hang_request(simulation, fault, request)


async def _hang_request(simulation: Simulation, fault: Fault, request: web.Request) -> web.Response:
    """Until the client gives up, the fault is cleared, or the simulator stops."""
    while _is_connected(request) and not simulation.stopping.is_set():
        if fault.cleared:
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
        # Not cut off at once: the half must still arrive.
        request.transport.close()
    return half


def _cut_connection(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _is_connected(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()


async def _wait_or_stop(simulation: Simulation, seconds: float) -> None:
    try:
        await asyncio.wait_for(simulation.stopping.wait(), seconds)
    except TimeoutError:
        return
