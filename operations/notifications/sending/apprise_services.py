"""Send a message to a service that Apprise knows, by its URL.

Apprise runs in workers only, and its own log is not ours: its lines may hold parts of the URL.
"""

import logging
import re
import sys
import threading
from functools import cache
from typing import Any, Final

import apprise
import requests
from apprise.manager_plugins import NotificationManager

from operations.notifications.sending.results import (
    LIMITED_CODES,
    SENT,
    Sendable,
    SendOutcome,
    SendResult,
    describe_answer,
)

ALLOWED_BESIDE_HTTP: Final = frozenset({"mailto", "mailtos"})
# They read files of this server, or write some, as their URL says.
READS_FILES: Final = frozenset({"fcm", "vapid", "nostr"})
STATUS: Final = re.compile(r"error=(\d{3})\b")
TYPES: Final = {
    "info": apprise.NotifyType.INFO,
    "success": apprise.NotifyType.SUCCESS,
    "warning": apprise.NotifyType.WARNING,
    "error": apprise.NotifyType.FAILURE,
}
ASSET: Final = apprise.AppriseAsset(
    app_id="Fillwatch",
    app_desc="Fillwatch",
    http_redirects=False,
    allow_templates=False,
    storage_mode="memory",
    secure_logging=True,
)
SECONDS: Final = 10.0


class _StatusReader(logging.Handler):
    """Read the HTTP status out of what Apprise logs in this thread; keep nothing else of it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.thread = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        if match := STATUS.search(record.getMessage()):
            self.thread.http_status = int(match[1])


_reader = _StatusReader()
_logger = logging.getLogger("apprise")
_logger.addHandler(_reader)
_logger.propagate = False


@cache
def list_schemes() -> frozenset[str]:
    """Return the services on offer: those reached by HTTP, and mail. None acts on this machine."""
    manager: Any = NotificationManager  # untyped
    plugins = manager()
    plugins.load_modules()
    by_http = {name for name in plugins.schemas() if _speaks_http(plugins[name])}
    return frozenset(by_http | ALLOWED_BESIDE_HTTP) - READS_FILES


def _speaks_http(plugin: Any) -> bool:
    modules = {base.__module__ for base in plugin.__mro__}
    parts = [name for name in modules if name.startswith("apprise.plugins.")]
    return any(_module_global(name, "requests") is requests for name in parts)


def _module_global(module: str, name: str) -> object:
    return None if module == "apprise.plugins.base" else getattr(sys.modules[module], name, None)


def send_by_apprise(url: str, message: Sendable) -> SendResult:
    scheme = url.partition(":")[0].lower()
    if scheme not in list_schemes():
        return SendResult(SendOutcome.GONE, f"“{scheme}” is no service that Fillwatch sends to.")
    service = apprise.Apprise.instantiate(url, asset=ASSET, suppress_exceptions=True)
    if service is None:
        return SendResult(SendOutcome.GONE, "The URL is not complete, or not one of this service.")
    service.redirects = False  # whatever the URL says
    service.socket_connect_timeout = service.socket_read_timeout = SECONDS
    _reader.thread.http_status = None
    name = str(service.service_name)
    # Not by Apprise's own dispatcher: its threads would escape the guard of this one.
    if service.notify(
        body=message.to_text(), title=message.title, notify_type=TYPES[message.level]
    ):
        return SENT
    return _describe_failure(name, _reader.thread.http_status)


def _describe_failure(name: str, status: int | None) -> SendResult:
    if status is None:
        return SendResult(
            SendOutcome.UNREACHABLE, f"{name} did not take it.", may_have_arrived=True
        )
    words = describe_answer(status, name)
    if status == 410:
        return SendResult(SendOutcome.GONE, f"{words} It is no more.")
    outcome = SendOutcome.UNREACHABLE if status in LIMITED_CODES else SendOutcome.FAILED
    return SendResult(outcome, words)
