"""For official SDKs: every production name leads to the simulator's TLS door, by its own CA."""

import socket
from typing import Any

import pytest

from tests.simulator import SimulatorProcess


def lead_names_to(
    simulator: SimulatorProcess, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends so is found at the simulator, and whoever asks for trust gets its authority."""
    tls = simulator.spot["tls"]
    really = socket.getaddrinfo

    def found(host: Any, port: Any, *arguments: Any, **more: Any) -> Any:
        if str(host).endswith(ending):
            return really(tls["host"], tls["port"], *arguments, **more)
        return really(host, port, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", found)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "WEBSOCKET_CLIENT_CA_BUNDLE"):
        monkeypatch.setenv(name, simulator.ca)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")
