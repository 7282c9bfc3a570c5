"""A connection that notices a server which stands still, where libpq would wait without end.

PostgreSQL enforces its own time limits, but not while it hangs, and a frozen server keeps its
sockets open. A query without an answer makes us ask the server itself; only if it is silent too
is the connection given up. A slow query of a server that answers goes on.
"""

import select
import socket
import struct
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import psycopg
from django.conf import settings

# The first packet of every client that wants TLS; any server answers it with a single byte.
SSL_REQUEST: Final = struct.pack("!ii", 8, 80877103)
SECONDS_MORE: Final = 5.0  # than a statement's own limit: then its server process hangs

ServerAddress = tuple[str, int]  # a host or the folder of a Unix socket, and the port


class ServerSilent(psycopg.OperationalError):
    """The server took a statement or a connection and does not answer."""


class WatchedConnection(psycopg.Connection[Any]):
    def wait(
        self, gen: Generator[Any, Any, Any], interval: float = 0.1, timeout: float | None = None
    ) -> Any:
        patience: float = settings.DATABASE_ANSWER_SECONDS
        if not patience or timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(self._watch_answer(gen, patience), interval)
        except ServerSilent:
            self.close()  # without a farewell that nobody reads
            raise

    def _watch_answer(self, gen: Generator[Any, Any, Any], patience: float) -> Any:
        """Pass on what psycopg waits for; ask the server whenever `patience` is over."""
        began = time.monotonic()
        due = began + patience
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > due:
                    self._check_server(patience, time.monotonic() - began)
                    due = time.monotonic() + patience
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value

    def _check_server(self, patience: float, waited: float) -> None:
        address = read_address(self)
        limit: float = settings.DATABASE_STATEMENT_SECONDS
        is_stuck = bool(limit) and waited > limit + SECONDS_MORE
        if (is_stuck or not answers_packet(address, patience)) and not self._has_answer():
            raise ServerSilent(f"no answer from the database for {waited:.1f} s")

    def _has_answer(self) -> bool:
        """Say if the answer has come meanwhile: then this process was slow, not the server."""
        return bool(select.select([self.pgconn.socket], [], [], 0)[0])


def read_address(connection: "psycopg.Connection[Any]") -> ServerAddress:
    pgconn = connection.pgconn
    host = (pgconn.hostaddr or pgconn.host or b"").decode()
    return host, int(pgconn.port or b"5432")


def answers_packet(address: ServerAddress, seconds: float) -> bool:
    """Say if a server answers a first packet; a refusal is none, as nobody is silent then."""
    host, port = address
    is_path = host.startswith("/")
    family = socket.AF_UNIX if is_path else socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(seconds)
        try:
            probe.connect(str(Path(host, f".s.PGSQL.{port}")) if is_path else (host, port))
            probe.sendall(SSL_REQUEST)
            return bool(probe.recv(1))
        except OSError:
            return False
