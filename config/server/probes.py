"""Answer /healthz and /readyz in front of Django.

A probe of a container comes to the process itself, without TLS and under any host name. Django
would redirect it to https, refuse its host, or wait for a database that is away.
"""

import asyncio
import json
from typing import Any, Final

from config.server.body_limits import Application, Send
from operations.health.probes import readiness

HEALTHZ: Final = ("/healthz", "/healthz/")
READYZ: Final = ("/readyz", "/readyz/")


def answer_probes(application: Application) -> Application:
    """Return the application with both probes in front of it."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        if path not in HEALTHZ + READYZ:
            await application(scope, receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await _send_answer(send, 405, {"detail": "Only GET and HEAD are taken here."})
        elif path in HEALTHZ:
            await _send_answer(send, 200, {"status": "alive"})
        else:
            await _answer_readiness(send)

    return answer


async def _answer_readiness(send: Send) -> None:
    loop = asyncio.get_running_loop()
    checks = await loop.run_in_executor(None, readiness.find_readiness)
    is_ready = set(checks.values()) == {readiness.OK}
    status = "ready" if is_ready else "not ready"
    await _send_answer(send, 200 if is_ready else 503, {"status": status, "checks": checks})


async def _send_answer(send: Send, status: int, content: dict[str, Any]) -> None:
    body = json.dumps(content).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *([(b"retry-after", b"2")] if status == 503 else []),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
