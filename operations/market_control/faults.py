"""Faults of the simulated venue: what it can do wrong, set and cleared by operators."""

from collections.abc import Mapping
from typing import Any

from operations.market_control import record, simulator
from operations.market_control.record import MarketAct
from operations.market_control.simulator import MarketStep
from users.models import User


def list_faults() -> Mapping[str, Any]:
    """Return the active faults, and each kind with its effect."""
    answer = simulator.call_simulator("GET", "faults")
    return {"faults": answer["faults"], "kinds": answer["kinds"]}


def set_fault(operator: User, fault: Mapping[str, Any]) -> Mapping[str, Any]:
    act = MarketAct(
        act="fault",
        target=str(fault["kind"]),
        message=f"fault {fault['kind']} set",
        steps=[MarketStep(after_ms=0, act="faults", body=fault)],
    )
    answer = record.run_act(
        operator, act, lambda: simulator.call_simulator("POST", "faults", fault)
    )
    return dict(answer["fault"])


def clear_faults(operator: User, fault_id: int | None = None) -> int:
    """Clear one fault or all; return how many there were."""
    body = {} if fault_id is None else {"id": fault_id}
    act = MarketAct(
        act="clear-faults",
        target="all faults" if fault_id is None else f"fault {fault_id}",
        message="cleared",
        # A replayed fault has another id, so a replay clears all.
        steps=[MarketStep(after_ms=0, act="clear-faults", body={})],
        before={"faults": list_faults()["faults"]},
    )
    answer = record.run_act(
        operator, act, lambda: simulator.call_simulator("DELETE", "faults", body)
    )
    return int(answer["cleared"])
