"""Control of what happens later: acts of the control API, each at its time."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from exchanges.simulator.control import faults, market
from exchanges.simulator.control.body import BadRequest, Body, Json
from exchanges.simulator.simulation import Simulation

log = logging.getLogger(__name__)

Act = Callable[[Simulation, Body], Json]
ACTS: Final[Mapping[str, Act]] = {
    "price": market.set_price,
    "move": market.move_price,
    "regime": market.set_regime,
    "faults": faults.add_fault,
    "clear-faults": faults.clear_faults,
}
MOST_STEPS: Final = 10_000
LONGEST_MS: Final = 7 * 24 * 3_600_000


def add_schedule(simulation: Simulation, body: Body) -> Json:
    """Plan steps under a name, instead of those that were planned under it."""
    name, rows = body.get_text("plan"), body.get_raw("steps")
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_STEPS:
        raise BadRequest(f"steps must be a list of 1 to {MOST_STEPS}")
    steps = [_read_step(Body(row)) for row in rows]  # all are read before the first is planned
    clear_schedule(simulation, Body({"plan": name}))
    for number, (after_ms, act, act_body) in enumerate(steps):
        run = partial(_run_act, simulation, act, act_body)
        simulation.schedule.start(_name_step(name, number), after_ms, run)
    return {"plan": name, "steps": len(steps)}


def list_schedule(simulation: Simulation, _: Body) -> Json:
    """Count the steps still to come, by name."""
    counts: dict[str, int] = {}
    for step in simulation.schedule.list_running():
        name = step.rpartition(" ")[0]
        counts[name] = counts.get(name, 0) + 1
    return {"schedule": counts}


def clear_schedule(simulation: Simulation, body: Body) -> Json:
    """Call off the steps of a name, or all."""
    name = body.get_text("plan", "")
    steps = simulation.schedule.list_running()
    doomed = [step for step in steps if name in ("", step.rpartition(" ")[0])]
    for step in doomed:
        simulation.schedule.stop(step)
    return {"cleared": len(doomed)}


def _read_step(row: Body) -> tuple[int, str, Body]:
    act, after_ms = row.get_text("act"), row.get_int("after_ms") or 0
    if act not in ACTS:
        raise BadRequest(f"unknown act {act!r}; known are {', '.join(ACTS)}")
    if not 0 <= after_ms <= LONGEST_MS:
        raise BadRequest(f"after_ms must be between 0 and {LONGEST_MS}")
    return after_ms, act, row.get_object("body")


def _run_act(simulation: Simulation, act: str, body: Body) -> None:
    """Run an act; one that is refused by now must not stop the others."""
    try:
        ACTS[act](simulation, body)
    except BadRequest as error:
        log.warning("planned %s refused: %s", act, error)


def _name_step(name: str, number: int) -> str:
    return f"{name} {number}"
