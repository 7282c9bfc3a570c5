"""For official SDKs: production host names lead to the simulator's TLS port."""

import socket
from typing import Any

import pytest

from tests.simulator import SimulatorProcess


def redirect_names(
    simulator: SimulatorProcess, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resolve host names with that ending to the simulator, and trust its authority."""
    tls = simulator.spot["tls"]
    original = socket.getaddrinfo

    def resolve(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        if str(host).endswith(ending):
            return original(tls["host"], tls["port"], *arguments, **options)
        return original(host, port, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "WEBSOCKET_CLIENT_CA_BUNDLE"):
        monkeypatch.setenv(name, simulator.ca)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")
