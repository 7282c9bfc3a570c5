"""An installation of its own for a measurement: real servers in a temporary home, as shipped."""

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from config.launcher import home, postgres, processes, valkey
from config.launcher.parts import Part, stop_process

PATIENCE = 180.0


@contextmanager
def run_services(
    run: Callable[[Part], AbstractContextManager[object]] | None = None,
) -> Iterator[None]:
    """Postgres and Valkey run, Django is set up and migrated; this process may use its models."""
    start = run or run_part
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fillwatch-bench-")))
        os.environ |= {"FILLWATCH_HOME": str(folder), "LOG_LEVEL": "WARNING"}
        os.environ |= {"DATABASE_URL": home.postgres_url(), "REDIS_URL": home.redis_url()}
        stack.callback(shutil.rmtree, home.socket_folder(), ignore_errors=True)
        stack.enter_context(start(postgres.postgres_part(folder, home.socket_folder())))
        stack.enter_context(start(valkey.valkey_part(folder, home.socket_folder())))
        _migrate_database()
        _make_sealing_keys()
        yield


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def run_web(*, port: int = 0, **environment: str) -> Iterator[str]:
    """The real web process; gives the address of its pages."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    with run_part(processes.web_part(port=port, environment=environment | {"FILLWATCH_URL": url})):
        yield url


@contextmanager
def run_part(part: Part) -> Iterator[None]:
    log = Path(os.environ["FILLWATCH_HOME"]) / f"{part.name}.log"
    with log.open("ab") as output:
        process = part.start(stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + PATIENCE
        while not part.ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{part.name} does not start:\n{log.read_text()}")
            time.sleep(0.05)
        yield
    finally:
        stop_process(process, part)


def _migrate_database() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _make_sealing_keys() -> None:
    """Make the keys that seal secrets, for this process and those that it starts."""
    from django.conf import settings

    from exchanges.secrets import sealing

    private, public = sealing.new_keypair()
    settings.SEAL_PRIVATE_KEYS, settings.SEAL_PUBLIC_KEY = [private], public
    os.environ |= {"SEAL_PRIVATE_KEYS": private, "SEAL_PUBLIC_KEY": public}
