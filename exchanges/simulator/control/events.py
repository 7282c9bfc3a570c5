"""Control of account events: send an operator's own, or replay the last ones."""

from exchanges.simulator.control.accounts import find_account
from exchanges.simulator.control.body import Body
from exchanges.simulator.simulation import Simulation

Json = dict[str, object]


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
