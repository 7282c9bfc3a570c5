"""The real parts that tests run on: Postgres and Valkey of a temporary home, our own processes.

TEST_DATABASE_URL and TEST_REDIS_URL name servers to use instead; both are emptied by the tests.
"""

import atexit
import json
import os
import shutil
import socket
import tempfile
import threading
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from random import SystemRandom
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
import redis
import redis.asyncio
from nacl.public import PrivateKey

from config.launcher import home, postgres, valkey
from config.launcher.parts import LAST_LINES, Part, stop_process
from tests.fork_server import start_part

HOME = Path(tempfile.mkdtemp(prefix="fillwatch tests "))  # a path with spaces, always
LOGS = HOME / "logs"
WITHOUT_SYNC = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
QUEUES = ("monitor", "default")
SECONDS = 60.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 0.2  # seconds between two looks of wait_until
T = TypeVar("T")


def set_environment() -> None:
    """Before settings load: nothing of the developer's own installation reaches a test."""
    atexit.register(shutil.rmtree, HOME, ignore_errors=True)
    LOGS.mkdir()
    (HOME / "static").mkdir()  # as after collectstatic; whitenoise warns of a missing one
    private = PrivateKey.generate()
    os.environ |= {"FILLWATCH_HOME": str(HOME)}
    os.environ |= {
        "DATABASE_URL": os.environ.get("TEST_DATABASE_URL") or home.postgres_url(),
        "REDIS_URL": os.environ.get("TEST_REDIS_URL") or home.redis_url(),
        "CELERY_BROKER_URL": "",
        "FILLWATCH_URL": "http://127.0.0.1:8000",
        "FILLWATCH_ROLE": "command",
        "SECRET_KEY": "tests-only-" + "x" * 50,
        "SEAL_PRIVATE_KEYS": b64encode(bytes(private)).decode(),
        "SEAL_PUBLIC_KEY": b64encode(bytes(private.public_key)).decode(),
        "SIMULATOR_ENDPOINT": str(HOME / "simulator" / "endpoint.json"),
        "LOG_FORMAT": "console",
        "EMAIL_URL": "memorymail://",
        "DEBUG": "false",
    }


def process_environment() -> dict[str, str]:
    """Return the environment of our processes that work on the test database."""
    from django.db import connection

    name = connection.settings_dict["NAME"]
    url = urlsplit(os.environ["DATABASE_URL"])
    return {
        "DATABASE_URL": url._replace(path=f"/{name}").geturl(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": "1",
        "REALTIME_CONNECTS_PER_MINUTE": "0",
        "DELAY_SECONDS": "86400",  # a lone web process would say that nobody checks orders
        "HEALTH_LATE_SECONDS": "0",  # nor is it to write rows while tests empty the tables
        "ALERT_LATE_SECONDS": "0",  # nor is a lone stream process
    }


def wait_until(
    condition: Callable[[], T],
    *,
    timeout: float = SECONDS,
    what: str = "",
    every: float | None = None,
) -> T:
    """Ask again and again until the answer is true; return it.

    The longer it takes, the less often, unless `every` says how many seconds to pause: to ask is
    often a query, and what is waited for needs the processor as well.
    """
    began = time.monotonic()
    while not (answer := condition()):
        waited = time.monotonic() - began
        if waited > timeout:
            raise AssertionError(f"After {timeout:g} s still not: {what or condition}")
        growing = min(max(waited / 10, SHORTEST_PAUSE), LONGEST_PAUSE)
        time.sleep(growing if every is None else every)
    return answer


@contextmanager
def run_part(part: Part, *, timeout: float = SECONDS) -> Iterator[Path]:
    """Run a part until the block ends; yields the file with its output."""
    log = LOGS / f"{part.name}.log"
    process = start_part(part, log)

    def ready() -> bool:
        assert process.poll() is None, f"{part.name} ended: {read_last_lines(log)}"
        return part.ready()

    try:
        wait_until(ready, timeout=timeout, what=f"{part.name} ready")
        yield log
    finally:
        stop_process(process, part)


@contextmanager
def database_server() -> Iterator[None]:
    if os.environ.get("TEST_DATABASE_URL"):
        yield
        return
    with run_part(postgres.postgres_part(HOME, home.socket_folder(), WITHOUT_SYNC)):
        yield


@contextmanager
def redis_server() -> Iterator[None]:
    if os.environ.get("TEST_REDIS_URL"):
        yield
        return
    try:
        with run_part(valkey.valkey_part(HOME, home.socket_folder())):
            yield
    finally:
        shutil.rmtree(home.socket_folder(), ignore_errors=True)


def forget_keys() -> None:
    """Empty Redis, but for what running workers and web servers have put there of themselves.

    Tasks that no worker took are no longer queued. What this process has asked of the venues in
    the last minute is forgotten too.
    """
    _forget_pace()
    client = _open_redis()
    kept = (b"fillwatch:celery:", b"fillwatch:server")
    keys = [key for key in client.scan_iter(count=1000) if not key.startswith(kept)]
    client.delete(*keys, *(f"fillwatch:celery:{queue}" for queue in QUEUES))


@cache
def _open_redis() -> redis.Redis:
    """Keep one connection for all tests: to open one takes longer than to empty Redis."""
    return redis.Redis.from_url(os.environ["REDIS_URL"])


def list_queued() -> list[str]:
    """List the tasks that wait in the queues of the workers."""
    names = [f"fillwatch:celery:{queue}" for queue in QUEUES]
    messages = [message for name in names for message in _open_redis().lrange(name, 0, -1)]
    return [json.loads(message)["headers"]["task"] for message in messages]


def _forget_pace() -> None:
    """Let ccxt's own limiter begin anew: it counts for a minute, through one test after the other.

    Else the later tests of a file wait for what the earlier ones asked.
    """
    from exchanges import pool

    if venues := pool._pool:
        masters, adapters = venues.masters.values(), venues.adapters.values()
        clients = [entry.client for entry in masters] + [entry.client for entry in adapters]
        for client in clients:
            client.throttler.timestamps = []


def block_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test's commands to Redis fail with a message that names the remedy.

    Only in the test's own thread: a web server that an earlier test started goes on in another.
    """
    test_thread = threading.current_thread()

    def guard(original: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **options: Any) -> Any:
            assert threading.current_thread() is not test_thread, (
                "This test asks for no server. Use the fixture `empty_redis`."
            )
            return original(*args, **options)

        return guarded

    for connection in (
        redis.connection.AbstractConnection,
        redis.asyncio.connection.AbstractConnection,
    ):
        for name in ("connect", "send_packed_command"):
            monkeypatch.setattr(connection, name, guard(getattr(connection, name)))


def read_last_lines(log: Path) -> str:
    with log.open(errors="replace") as file:
        return "".join(deque(file, LAST_LINES)).strip()


def free_port() -> int:
    """Below those that outgoing connections take, and by chance: others look for one as well."""
    while True:
        port = SystemRandom().randrange(15_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def log_sizes() -> dict[Path, int]:
    return {log: log.stat().st_size for log in LOGS.glob("*.log")}


def log_output_since(before: dict[Path, int]) -> Iterator[tuple[str, str]]:
    """Yield each process's name and its output since `before`."""
    for log in sorted(LOGS.glob("*.log")):
        with suppress(OSError), log.open(errors="replace") as file:
            file.seek(before.get(log, 0))
            if words := file.read().strip():
                yield log.stem, words
