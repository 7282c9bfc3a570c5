"""The operator breaks things: faults, limits, the clock, everything."""

import json
from dataclasses import fields
from decimal import Decimal, InvalidOperation

from exchanges.simulator.control.accounts import find
from exchanges.simulator.control.body import BadRequest, Body
from exchanges.simulator.faults.faults import AT_ONCE, KINDS, Fault, Match
from exchanges.simulator.rate_limits.sliding_windows import Windows
from exchanges.simulator.simulation import Counters, Simulation

Json = dict[str, object]
NAMED_LIMITS = (
    "weight_per_minute",
    "futures_weight_per_minute",
    "orders_per_10s",
    "orders_per_day",
)


def add(simulation: Simulation, body: Body) -> Json:
    kind = body.text("kind")
    if kind not in KINDS:
        raise BadRequest(f"unknown kind {kind!r}; known are {', '.join(sorted(KINDS))}")
    fault = _fault(simulation, body, kind)
    if fault.kind in AT_ONCE:
        reached = _reach_sockets(simulation, fault)
        if fault.until is None or kind != "drop_sockets":
            # Done already: without a duration there is nothing left to go wrong.
            return {"fault": {**row(fault), "sockets": reached}}
    simulation.faults.add(fault)
    return {"fault": row(fault)}


def listed(simulation: Simulation, _: Body) -> Json:
    now = simulation.venue.now()
    return {"faults": [row(f) for f in simulation.faults.active if not f.spent(now)]}


def clear(simulation: Simulation, body: Body) -> Json:
    return {"cleared": simulation.faults.clear(body.whole("id"))}


def say(simulation: Simulation, body: Body) -> Json:
    """Send an event of the operator's own wording: repeated, late, or never heard of before."""
    account, several = find(simulation, body.text("key")), body.raw("events")
    events = several if isinstance(several, list) else [body.mapping("event")]
    reached = [socket for socket in simulation.sockets if socket.serves(account.key)]
    for socket in reached:
        for event in events:
            socket.say(account.key, event)
    return {"sockets": len(reached)}


def replay(simulation: Simulation, body: Body) -> Json:
    """Tell an account's last events once more, or backwards, as after a reconnect."""
    account, count = find(simulation, body.text("key")), body.whole("count") or 1
    told = [one for one in simulation.told if one.key == account.key][-count:]
    if body.flag("backwards", False):
        told.reverse()
    for one in told:
        for socket in simulation.sockets:
            if socket.path == one.path and socket.serves(account.key):
                socket.send_event(one.message, one.key)
    return {"events": len(told)}


def set_limits(simulation: Simulation, body: Body) -> Json:
    limits = simulation.limiter.limits
    for name in NAMED_LIMITS:
        value = body.whole(name)
        if value is not None:
            setattr(limits, name, value)
    windows = simulation.windows
    windows.factor = body.whole("windows_factor") or windows.factor
    windows.slowness = body.whole("windows_slowness") or windows.slowness
    engine = simulation.venue.engine
    engine.max_open_orders = body.whole("open_orders_per_symbol") or engine.max_open_orders
    if body.flag("forget", False):
        simulation.limiter.forget()
        simulation.windows.forget()
    return {
        **{name: getattr(limits, name) for name in NAMED_LIMITS},
        "open_orders_per_symbol": engine.max_open_orders,
        "windows_factor": windows.factor,
        "windows_slowness": windows.slowness,
    }


def set_clock(simulation: Simulation, body: Body) -> Json:
    """How far the venue's clock is ahead of this machine's; negative is behind."""
    simulation.venue.skew_ms = body.whole("skew_ms") or 0
    return {"skew_ms": simulation.venue.skew_ms, "now": simulation.venue.now()}


def clear_counters(simulation: Simulation, _: Body) -> Json:
    simulation.counters = Counters()
    return {}


def reset(simulation: Simulation, _: Body) -> Json:
    """A venue as new: no accounts, no orders, start prices, no faults."""
    simulation.faults.clear()
    simulation.told.clear()
    for socket in list(simulation.sockets):
        socket.drop()
    simulation.venue.skew_ms = 0
    simulation.venue.reset()
    simulation.listen_keys.forget()
    simulation.tape.clear()
    simulation.limiter.forget()
    simulation.windows = Windows()
    simulation.counters = Counters()
    simulation.paused = simulation.config.paused
    return {}


def row(fault: Fault) -> Json:
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


def _fault(simulation: Simulation, body: Body, kind: str) -> Fault:
    seconds, given = body.seconds("seconds"), body.raw("body")
    until = None if seconds is None else simulation.venue.now() + int(seconds * 1000)
    text = given if given is None or isinstance(given, str) else json.dumps(given)
    if kind == "hang_after_accept" and body.flag("close", False):
        kind = "close_after_accept"
    return Fault(
        kind=kind,
        match=_match(body.part("match")),
        times=body.whole("times"),
        until=until,
        status=body.whole("status") or 0,
        code=body.whole("code") or 0,
        message=body.text("message", ""),
        body=text,
        retry_after=body.whole("retry_after"),
        latency_ms=body.whole("latency_ms") or 0,
        value=body.text("value", ""),
        asset=body.text("asset", ""),
        amount=_signed(body),
        count=body.whole("count") or 2,
        skip=body.whole("skip") or 0,
    )


def _match(wanted: Body) -> Match:
    names = {field.name for field in fields(Match)}
    unknown = set(wanted.names) - names
    if unknown:
        raise BadRequest(f"unknown in match: {sorted(unknown)}; known are {sorted(names)}")
    return Match(**{name: wanted.text(name, "") for name in names})


def _signed(body: Body) -> Decimal | None:
    try:
        return Decimal(body.text("amount")) if body.has("amount") else None
    except InvalidOperation as error:
        raise BadRequest("amount must be a decimal number") from error


def _reach_sockets(simulation: Simulation, fault: Fault) -> int:
    match = fault.match
    reached = [
        socket
        for socket in simulation.sockets
        if (not match.key or socket.serves(match.key))
        and match.hits(socket.path, match.method, match.key)
    ]
    for socket in reached:
        if fault.kind == "drop_sockets":
            socket.drop()
        elif fault.kind == "error_frame":
            socket.complain(fault.code, fault.message)
        else:
            socket.end_streams()
    return len(reached)
