"""The operator breaks things: faults, limits, the clock, everything."""

import json
from dataclasses import fields
from decimal import Decimal, InvalidOperation

from exchanges.simulator.control.accounts import find_account
from exchanges.simulator.control.body import BadRequest, Body
from exchanges.simulator.faults.faults import IMMEDIATE_KINDS, KINDS, Fault, Match
from exchanges.simulator.rate_limits.sliding_windows import SlidingWindows
from exchanges.simulator.simulation import Counters, Simulation

Json = dict[str, object]
NAMED_LIMITS = (
    "weight_per_minute",
    "futures_weight_per_minute",
    "orders_per_10s",
    "orders_per_day",
)


def add_fault(simulation: Simulation, body: Body) -> Json:
    kind = body.get_text("kind")
    if kind not in KINDS:
        raise BadRequest(f"unknown kind {kind!r}; known are {', '.join(sorted(KINDS))}")
    fault = _build_fault(simulation, body, kind)
    if fault.kind in IMMEDIATE_KINDS:
        reached = _reach_sockets(simulation, fault)
        if fault.until is None or kind != "drop_sockets":
            # Done already: without a duration there is nothing left to go wrong.
            return {"fault": {**fault_row(fault), "sockets": reached}}
    simulation.faults.add_fault(fault)
    return {"fault": fault_row(fault)}


def list_faults(simulation: Simulation, _: Body) -> Json:
    now = simulation.venue.now()
    return {"faults": [fault_row(f) for f in simulation.faults.active if not f.is_spent(now)]}


def clear_faults(simulation: Simulation, body: Body) -> Json:
    return {"cleared": simulation.faults.clear_faults(body.get_int("id"))}


def send_custom_events(simulation: Simulation, body: Body) -> Json:
    """Send an event of the operator's own wording: repeated, late, or never heard of before."""
    account, several = find_account(simulation, body.get_text("key")), body.get_raw("events")
    events = several if isinstance(several, list) else [body.get_mapping("event")]
    reached = [socket for socket in simulation.sockets if socket.serves_key(account.key)]
    for socket in reached:
        for event in events:
            socket.send_custom_event(account.key, event)
    return {"sockets": len(reached)}


def replay_events(simulation: Simulation, body: Body) -> Json:
    """Tell an account's last events once more, or backwards, as after a reconnect."""
    account, count = find_account(simulation, body.get_text("key")), body.get_int("count") or 1
    told = [one for one in simulation.sent_events if one.key == account.key][-count:]
    if body.get_flag("backwards", False):
        told.reverse()
    for one in told:
        for socket in simulation.sockets:
            if socket.path == one.path and socket.serves_key(account.key):
                socket.send_event(one.message, one.key)
    return {"events": len(told)}


def set_limits(simulation: Simulation, body: Body) -> Json:
    limits = simulation.limiter.limits
    for name in NAMED_LIMITS:
        value = body.get_int(name)
        if value is not None:
            setattr(limits, name, value)
    windows = simulation.windows
    windows.factor = body.get_int("windows_factor") or windows.factor
    windows.slowness = body.get_int("windows_slowness") or windows.slowness
    engine = simulation.venue.engine
    engine.max_open_orders = body.get_int("open_orders_per_symbol") or engine.max_open_orders
    if body.get_flag("forget", False):
        simulation.limiter.clear_counts()
        simulation.windows.clear_counts()
    return {
        **{name: getattr(limits, name) for name in NAMED_LIMITS},
        "open_orders_per_symbol": engine.max_open_orders,
        "windows_factor": windows.factor,
        "windows_slowness": windows.slowness,
    }


def set_clock(simulation: Simulation, body: Body) -> Json:
    """How far the venue's clock is ahead of this machine's; negative is behind."""
    simulation.venue.skew_ms = body.get_int("skew_ms") or 0
    return {"skew_ms": simulation.venue.skew_ms, "now": simulation.venue.now()}


def clear_counters(simulation: Simulation, _: Body) -> Json:
    simulation.counters = Counters()
    return {}


def reset_venue(simulation: Simulation, _: Body) -> Json:
    """A venue as new: no accounts, no orders, start prices, no faults."""
    simulation.faults.clear_faults()
    simulation.sent_events.clear()
    for socket in list(simulation.sockets):
        socket.cut_connection()
    simulation.venue.skew_ms = 0
    simulation.venue.reset()
    simulation.listen_keys.clear_keys()
    simulation.history.clear()
    simulation.limiter.clear_counts()
    simulation.windows = SlidingWindows()
    simulation.counters = Counters()
    simulation.paused = simulation.config.paused
    return {}


def fault_row(fault: Fault) -> Json:
    return {
        "id": fault.id,
        "kind": fault.kind,
        "match": {
            "path": fault.match.path,
            "method": fault.match.method,
            "key": fault.match.key,
            "venue": fault.match.venue,
            "symbol": fault.match.symbol,
            "order": fault.match.order,
        },
        "times": fault.times,
        "until": fault.until,
        "hits": fault.hits,
    }


def _build_fault(simulation: Simulation, body: Body, kind: str) -> Fault:
    seconds, given = body.get_seconds("seconds"), body.get_raw("body")
    until = None if seconds is None else simulation.venue.now() + int(seconds * 1000)
    text = given if given is None or isinstance(given, str) else json.dumps(given)
    if kind == "hang_after_accept" and body.get_flag("close", False):
        kind = "close_after_accept"
    return Fault(
        kind=kind,
        match=_build_match(body.get_object("match")),
        times=body.get_int("times"),
        until=until,
        status=body.get_int("status") or 0,
        code=body.get_int("code") or 0,
        message=body.get_text("message", ""),
        body=text,
        retry_after=body.get_int("retry_after"),
        latency_ms=body.get_int("latency_ms") or 0,
        value=body.get_text("value", ""),
        asset=body.get_text("asset", ""),
        amount=_read_signed_amount(body),
        count=body.get_int("count") or 2,
        skip=body.get_int("skip") or 0,
    )


def _build_match(wanted: Body) -> Match:
    names = {field.name for field in fields(Match)}
    unknown = set(wanted.names) - names
    if unknown:
        raise BadRequest(f"unknown in match: {sorted(unknown)}; known are {sorted(names)}")
    return Match(**{name: wanted.get_text(name, "") for name in names})


def _read_signed_amount(body: Body) -> Decimal | None:
    try:
        return Decimal(body.get_text("amount")) if body.has("amount") else None
    except InvalidOperation as error:
        raise BadRequest("amount must be a decimal number") from error


def _reach_sockets(simulation: Simulation, fault: Fault) -> int:
    match = fault.match
    reached = [
        socket
        for socket in simulation.sockets
        if (not match.key or socket.serves_key(match.key))
        and match.matches_request(socket.path, match.method, match.key)
    ]
    for socket in reached:
        if fault.kind == "drop_sockets":
            socket.cut_connection()
        elif fault.kind == "error_frame":
            socket.send_error(fault.code, fault.message)
        else:
            socket.end_streams()
    return len(reached)
