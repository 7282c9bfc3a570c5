"""The health of one service: what it is, why, and what to do."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from realtime.values import format_time_or_none

Status = Literal["healthy", "degraded", "down"]
RANKS: Final[dict[Status, int]] = {"healthy": 0, "degraded": 1, "down": 2}
START: Final = "Start it with `manage.py up`, or with your process manager (see Procfile)."
RESTART: Final = "Restart it with your process manager; `manage.py up` does so by itself."
SWEEP_REMEDY: Final = "Beat starts it and a worker does it: look at both, and restart what hangs."
NOTHING_TO_DO: Final = "Nothing to do: it is tried again automatically."


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """Figures are None where nobody can measure them."""

    service: str
    label: str
    status: Status
    reason: str = ""
    remedy: str = ""
    response_ms: float | None = None
    at: datetime
    cpu_share: float | None = None
    memory_bytes: int | None = None
    uptime_seconds: float | None = None
    version: str = ""
    last_success: datetime | None = None
    details: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        times = {name: format_time_or_none(getattr(self, name)) for name in ("at", "last_success")}
        return asdict(self) | times


def find_worst(services: Iterable[ServiceStatus]) -> Status:
    """Return the worst status; an installation is healthy only when every service is."""
    return max((service.status for service in services), key=RANKS.__getitem__, default="healthy")


def to_ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
