"""A sign of life for whoever started this process: a file whose time changes each second.

`manage.py up` names the file. It needs neither Redis nor the database, which may be away while
this process is well.
"""

import asyncio
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from django.conf import settings

EVERY_SECONDS: Final = 1.0


def start_on_loop() -> "asyncio.Task[None] | None":
    """Give them on this event loop: a loop that is stuck serves nobody, though its process runs."""
    path = _find_file()
    return asyncio.create_task(_touch_repeatedly(path)) if path else None


def start_in_thread() -> None:
    """Give them as long as the process runs, for one without an event loop of its own."""
    if path := _find_file():
        threading.Thread(target=_touch_forever, args=[path], daemon=True, name="life sign").start()


def _find_file() -> Path | None:
    return Path(settings.LIFE_SIGN_FILE) if settings.LIFE_SIGN_FILE else None


async def _touch_repeatedly(path: Path) -> None:
    while True:
        _touch_file(path)
        await asyncio.sleep(EVERY_SECONDS)


def _touch_forever(path: Path) -> None:
    while True:
        _touch_file(path)
        time.sleep(EVERY_SECONDS)


def _touch_file(path: Path) -> None:
    with suppress(OSError):  # a full disk must not end who writes to it
        path.touch()
