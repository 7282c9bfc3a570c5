"""Answer probes in front of Django: /healthz, /readyz, and health for machines with a token.

A probe of a container comes to the process itself, without TLS and under any host name. Django
would redirect it to https, refuse its host, or wait for a database that is away. People sign in by
the database too, so while it is away only the token of /metrics opens the health of services.
"""

import asyncio
import json
import secrets
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from config.server.body_limits import Application, Send
from operations.health import payloads, present
from operations.health.probes import readiness

HEALTHZ: Final = ("/healthz", "/healthz/")
READYZ: Final = ("/readyz", "/readyz/")
MONITORING: Final = "/api/v1/monitoring/"
READERS: Final[dict[str, Callable[[], Any]]] = {
    f"{MONITORING}health/summary/": lambda: present.read_summary(timezone.now()).as_json(),
    f"{MONITORING}services/": lambda: payloads.list_with_uptimes(now=timezone.now()),
    f"{MONITORING}redis/health/": lambda: present.read_service("redis"),
    f"{MONITORING}db/health/": lambda: present.read_service("postgresql"),
}


def answer_probes(application: Application) -> Application:
    """Return the application with both probes in front of it."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        if path in READERS and scope["method"] == "GET" and _has_token(scope):
            found = await asyncio.get_running_loop().run_in_executor(None, READERS[path])
            await _send_answer(send, 200, found)
        elif path not in HEALTHZ + READYZ:
            await application(scope, receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await _send_answer(send, 405, {"detail": "Only GET and HEAD are taken here."})
        elif path in HEALTHZ:
            await _send_answer(send, 200, {"status": "alive"})
        else:
            await _answer_readiness(send)

    return answer


def _has_token(scope: Any) -> bool:
    expected = f"Bearer {settings.METRICS_TOKEN}".encode()
    received = dict(scope["headers"]).get(b"authorization", b"")
    return bool(settings.METRICS_TOKEN) and secrets.compare_digest(received, expected)


async def _answer_readiness(send: Send) -> None:
    loop = asyncio.get_running_loop()
    checks = await loop.run_in_executor(None, readiness.find_readiness)
    is_ready = set(checks.values()) == {readiness.OK}
    status = "ready" if is_ready else "not ready"
    await _send_answer(send, 200 if is_ready else 503, {"status": status, "checks": checks})


async def _send_answer(send: Send, status: int, content: Any) -> None:
    body = json.dumps(content).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *([(b"retry-after", b"2")] if status == 503 else []),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
