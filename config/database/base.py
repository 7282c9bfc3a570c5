"""Django's PostgreSQL backend with connections that do not wait for a server that stands still."""

import time
from typing import Any, Final

import psycopg
from django.conf import settings
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool, PoolTimeout

from config.database.connection import (
    ServerAddress,
    ServerSilent,
    WatchedConnection,
    answers_packet,
    read_address,
)
from config.database.outage import outage
from operations.audit.actors import send_with_actor

LONGEST_QUEUE_SECONDS: Final = 10.0  # for a connection of a pool that is busy, and moves


class PoolExhausted(PoolTimeout):
    """The database answers, but all connections of this process's pool are in use."""


class WatchedPool(ConnectionPool[WatchedConnection]):
    """A pool that soon says so when no connection can be had, and is whole again soon after."""

    def __init__(self, **options: Any) -> None:
        super().__init__(connection_class=WatchedConnection, **options)
        self._address: ServerAddress | None = None  # of the latest connection
        self._returns = 0

    def getconn(self, timeout: float | None = None) -> WatchedConnection:
        outage.refuse_attempt()
        try:
            connection = self._take_checked(timeout)
        except PoolExhausted:
            raise  # the database itself is well
        except psycopg.OperationalError as error:
            outage.note_failure(error)
            raise
        outage.note_answer()
        self._address = read_address(connection)
        return connection

    def putconn(self, conn: WatchedConnection) -> None:
        super().putconn(conn)
        self._returns += 1

    def _take_checked(self, timeout: float | None) -> WatchedConnection:
        """Return a connection that answers; the broken ones of a restart are replaced on the way.

        The pool's own check would go on through all of its connections, each with its time-out.
        """
        while True:
            connection = self._take_in_turn(timeout)
            try:
                self.check_connection(connection)
            except ServerSilent:
                super().putconn(connection)
                raise
            except psycopg.OperationalError:
                super().putconn(connection)
            else:
                return connection

    def _take_in_turn(self, timeout: float | None) -> WatchedConnection:
        """Wait for a connection, the longer as long as others are given back."""
        last = time.monotonic() + LONGEST_QUEUE_SECONDS
        seconds = settings.DATABASE_ANSWER_SECONDS or self.timeout
        while True:
            returns = self._returns
            try:
                return super().getconn(timeout)
            except PoolTimeout as error:
                if not self._address or not answers_packet(self._address, seconds):
                    raise
                if self._returns == returns or time.monotonic() > last:
                    message = f"all {self.max_size} database connections are in use"
                    raise PoolExhausted(message) from error


class DatabaseWrapper(base.DatabaseWrapper):
    """Connections that give up soon, and that tell the database who makes each change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(send_with_actor)  # each connection, in whichever thread

    @property
    def pool(self) -> Any:
        options = self.settings_dict["OPTIONS"].get("pool")
        if not options or self.alias == NO_DB_ALIAS:
            return None
        pools: dict[str, WatchedPool] = self._connection_pools  # type: ignore[attr-defined]
        if self.alias not in pools:
            parameters = self.get_connection_params() | {"autocommit": True}
            configure = self._configure_connection  # type: ignore[attr-defined]
            pool = WatchedPool(kwargs=parameters, open=False, configure=configure, **options)
            pools.setdefault(self.alias, pool)  # of two threads the first one wins
        return pools[self.alias]

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if self.pool or "isolation_level" in self.settings_dict["OPTIONS"]:
            return super().get_new_connection(conn_params)
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        return WatchedConnection.connect(**conn_params)
