"""Background work of a web process, for as long as it serves."""

from typing import Any

from operations.health import late
from realtime.metrics import snapshot


async def handle_lifespan(scope: Any, receive: Any, send: Any) -> None:
    """Write the process's figures, and record health while no worker does."""
    end_recording = late.start_recording()
    try:
        await snapshot.handle_lifespan(scope, receive, send)
    finally:
        end_recording()
