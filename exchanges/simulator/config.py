"""Settings of one simulator: addresses, home folder, and the pace of its prices."""

from dataclasses import dataclass
from pathlib import Path

DEFAULT_PORT = 9100


@dataclass(frozen=True)
class Config:
    home: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    # None means the port after `port`; 0, like a `port` of 0, means any free port.
    tls_port: int | None = None
    seed: int = 1
    paused: bool = False
    step_seconds: float = 0.5
    ping_seconds: float = 20
    control_token: str | None = None
    # Ended orders older than this are deleted at the next start.
    keep_days: int = 90

    @property
    def effective_tls_port(self) -> int:
        if self.tls_port is not None:
            return self.tls_port
        return self.port + 1 if self.port else 0

    @property
    def endpoint_file(self) -> Path:
        return self.home / "endpoint.json"

    @property
    def token_file(self) -> Path:
        return self.home / "control-token"
