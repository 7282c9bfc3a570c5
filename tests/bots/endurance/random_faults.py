"""Random faults between us and the venue, until they are removed."""

from random import Random
from typing import Any, Final

from tests.failures.harness.markets import MarketEndpoints
from tests.simulator import SimulatorProcess

Fault = dict[str, Any]

# What becomes of the next wish, or of the next cancel: done and not heard, or not done at all.
PLACEMENT_FAULTS: Final[list[Fault]] = [
    {"kind": "close_after_accept"},
    {"kind": "ambiguous_after_accept"},
    {"kind": "truncate"},
    {"kind": "status_after_accept", "status": 502},
    {"kind": "latency_after_accept", "latency_ms": 120},
    {"kind": "ambiguous"},
    {"kind": "close"},
    {"kind": "status", "status": 503},
    {"kind": "html", "status": 500},
    {"kind": "maintenance"},
]
# What is said when we ask.
QUERY_FAULTS: Final[list[Fault]] = [
    {"kind": "html", "status": 200, "times": 2},
    {"kind": "truncate"},
    {"kind": "close"},
    {"kind": "latency", "latency_ms": 60, "times": 3},
    {"kind": "order_missing"},
    {"kind": "fills_missing", "times": 2},
    {"kind": "bare_end"},
    {"kind": "fee_missing", "times": 2},
    {"kind": "unknown_status", "value": "PENDING_SOMETHING"},
]
# What the stream says, for as long as it is laid.
STREAM_FAULTS: Final[list[Fault]] = [
    {"kind": "mute_sockets"},
    {"kind": "repeat_events"},
    {"kind": "reorder_events", "count": 2},
    {"kind": "delay_events", "latency_ms": 100},
    {"kind": "latency_sockets", "latency_ms": 60},
    {"kind": "fee_missing"},
    {"kind": "drop_sockets"},
    {"kind": "end_streams"},
    {"kind": "error_frame"},
]
BAN: Final[Fault] = {"kind": "ban", "seconds": 0.3}


class RandomFaults:
    """Clear half of the time; a fault stays for a few turns at most."""

    def __init__(
        self, simulator: SimulatorProcess, market: MarketEndpoints, key: str, chance: Random
    ):
        self.control, self.key, self.chance = simulator.control, key, chance
        self.methods = ["POST", "POST", market.cancel_method]
        self.laid = 0

    def turn(self) -> None:
        luck = self.chance.random()
        if luck < 0.3:
            self.remove_all()
        elif luck < 0.5:
            method = self.chance.choice(self.methods)
            self._add_fault(self.chance.choice(PLACEMENT_FAULTS), times=1, method=method)
        elif luck < 0.65:
            self._add_fault(self.chance.choice(QUERY_FAULTS), times=1, method="GET")
        elif luck < 0.8:
            self._add_fault(self.chance.choice(STREAM_FAULTS), method="WS")
        elif luck < 0.82:
            self._add_fault(BAN)

    def remove_all(self) -> None:
        self.control.delete("faults")

    def _add_fault(self, fault: Fault, *, times: int | None = None, **match: str) -> None:
        limit = {} if times is None else {"times": times}
        self.control.post("faults", **{**limit, **fault}, match={**match, "key": self.key})
        self.laid += 1
