"""Control of faults and of events: add, list and clear the one, send and replay the other."""

import json
from dataclasses import asdict, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from exchanges.simulator.control.accounts import find_account
from exchanges.simulator.control.body import BadRequest, Body, Json
from exchanges.simulator.faults.faults import IMMEDIATE_KINDS, KINDS, Fault, Match
from exchanges.simulator.simulation import Simulation


def add_fault(simulation: Simulation, body: Body) -> Json:
    kind = body.get_text("kind")
    if kind not in KINDS:
        raise BadRequest(f"unknown kind {kind!r}; known are {', '.join(sorted(KINDS))}")
    fault = _build_fault(simulation, body, kind)
    if fault.kind in IMMEDIATE_KINDS:
        count = _apply_to_sockets(simulation, fault)
        if fault.until is None or kind != "drop_sockets":
            # The fault has had its effect; without a duration nothing remains to do.
            return {"fault": {**fault_row(fault), "sockets": count}}
    simulation.faults.add_fault(fault)
    return {"fault": fault_row(fault)}


def list_faults(simulation: Simulation, _: Body) -> Json:
    now = simulation.venue.now()
    active = [fault_row(f) for f in simulation.faults.active if not f.is_spent(now)]
    return {"faults": active, "kinds": KINDS}


def clear_faults(simulation: Simulation, body: Body) -> Json:
    return {"cleared": simulation.faults.clear_faults(body.get_int("id"))}


def fault_row(fault: Fault) -> Json:
    row = asdict(fault)
    return {name: row[name] for name in ("id", "kind", "match", "times", "until", "hits")}


def _build_fault(simulation: Simulation, body: Body, kind: str) -> Fault:
    seconds, answer = body.get_decimal("seconds"), body.get_raw("body")
    until = None if seconds is None else simulation.venue.now() + int(seconds * 1000)
    text = answer if answer is None or isinstance(answer, str) else json.dumps(answer)
    if kind == "hang_after_accept" and body.get_flag("close", False):
        kind = "close_after_accept"
    values: dict[str, Any] = {
        **{name: body.get_int(name) for name in ("times", "retry_after")},
        **{name: body.get_int(name) or 0 for name in ("status", "code", "latency_ms", "skip")},
        **{name: body.get_text(name, "") for name in ("message", "value", "asset")},
    }
    return Fault(
        kind=kind,
        match=_build_match(body),
        until=until,
        body=text,
        amount=_read_signed_amount(body),
        count=body.get_int("count") or 2,
        **values,
    )


def _build_match(body: Body) -> Match:
    names, match = {field.name for field in fields(Match)}, body.get_object("match")
    unknown = set(body.get_mapping("match")) - names
    if unknown:
        raise BadRequest(f"unknown in match: {sorted(unknown)}; known are {sorted(names)}")
    return Match(**{name: match.get_text(name, "") for name in names})


def _read_signed_amount(body: Body) -> Decimal | None:
    try:
        return Decimal(body.get_text("amount")) if body.has("amount") else None
    except InvalidOperation as error:
        raise BadRequest("amount must be a decimal number") from error


def _apply_to_sockets(simulation: Simulation, fault: Fault) -> int:
    match = fault.match
    sockets = [
        socket
        for socket in simulation.sockets
        if (not match.key or socket.serves_key(match.key))
        and match.matches_request(socket.path, match.method, match.key)
    ]
    for socket in sockets:
        if fault.kind == "drop_sockets":
            socket.cut_connection()
        elif fault.kind == "error_frame":
            socket.send_error(fault.code, fault.message)
        else:
            socket.end_streams()
    return len(sockets)


def send_custom_events(simulation: Simulation, body: Body) -> Json:
    """Send an operator's own events to an account's streams."""
    account, events = find_account(simulation, body.get_text("key")), body.get_raw("events")
    if not isinstance(events, list):
        events = [body.get_mapping("event")]
    sockets = [socket for socket in simulation.sockets if socket.serves_key(account.key)]
    for socket in sockets:
        for event in events:
            socket.send_custom_event(account.key, event)
    return {"sockets": len(sockets)}


def replay_events(simulation: Simulation, body: Body) -> Json:
    """Send an account's last events once more, or in reverse, as after a reconnect."""
    account, count = find_account(simulation, body.get_text("key")), body.get_int("count") or 1
    events = [event for event in simulation.sent_events if event.key == account.key][-count:]
    if body.get_flag("backwards", False):
        events.reverse()
    for event in events:
        for socket in simulation.sockets:
            if socket.path == event.path and socket.serves_key(account.key):
                socket.send_event(event.message, event.key)
    return {"events": len(events)}
