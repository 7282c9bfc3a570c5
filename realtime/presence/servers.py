"""The servers' rows in the registry, and the news of them for operators."""

import os
import secrets
import socket
from datetime import UTC, datetime
from typing import Literal

import structlog

from realtime import publish
from realtime.presence import registry
from realtime.shapes.notes import HealthData
from realtime.values import format_time

log = structlog.get_logger(__name__)

STARTED = "The server started."
RECONNECTED = "The server can reach Redis again."
SHUT_DOWN = "The server was shut down."
SILENT = "The server stopped reporting."


def make_server_name() -> str:
    """Make a name: containers may share a host's name and count their processes alike."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(2)}"


def renew_server(server: registry.WebServer, reason: str) -> bool:
    """Renew this server's row, and report those that are gone; return if the row is new."""
    new, gone = registry.renew_server(server)
    for name in gone:
        _report_server(name, "down", SILENT)
    if new:
        _report_server(server.name, "healthy", reason)
    return new


def end_server(server: str) -> None:
    registry.remove_server(server)
    _report_server(server, "down", SHUT_DOWN)


def _report_server(server: str, status: Literal["healthy", "down"], reason: str) -> None:
    message = "server joined" if status == "healthy" else "server left"
    log.info(message, server=server, reason=reason)
    data = HealthData(
        service=f"web {server}",
        status=status,
        reason=reason,
        remedy="",
        response_ms=None,
        at=format_time(datetime.now(UTC)),
    )
    publish.notify_staff(type="health_update", data=data, about=f"health web {server}")
