"""Reach the database beside Django: by programs of PostgreSQL, and without time limits."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from django.db import connection

# What decides how the server is reached, by its name in libpq, and there in the environment.
VARIABLES: Final = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
# A dump of a large database takes longer than any limit of ours.
UNLIMITED: Final = (
    "-c statement_timeout=0 -c lock_timeout=60s -c idle_in_transaction_session_timeout=0"
    " -c timezone=UTC -c datestyle=ISO,YMD -c intervalstyle=postgres -c bytea_output=hex"
    " -c extra_float_digits=1"
)
APPLICATION: Final = "fillwatch backup"


def get_database_name() -> str:
    return str(connection.settings_dict["NAME"])


def _read_address() -> dict[str, str]:
    """Return how Django reaches the server; a socket's folder is among the OPTIONS."""
    settings = connection.settings_dict
    own = {name: settings.get(name.upper()) or settings["OPTIONS"].get(name) for name in VARIABLES}
    return {name: str(value) for name, value in own.items() if value}


def make_environment(database: str) -> Mapping[str, str]:
    """Return the environment of pg_dump and pg_restore: a password in arguments shows in `ps`."""
    environment = dict(os.environ) | {"PGDATABASE": database, "PGOPTIONS": UNLIMITED}
    environment["PGAPPNAME"] = APPLICATION
    for name, value in _read_address().items():
        environment[VARIABLES[name]] = value
    return environment


@contextmanager
def connect_database(
    database: str, *, autocommit: bool = True
) -> Iterator[psycopg.Connection[Any]]:
    """Open a connection of one's own, without limits, and close it."""
    given: dict[str, Any] = {"options": UNLIMITED, "application_name": APPLICATION}
    given |= _read_address() | {"dbname": database}
    own = psycopg.connect(**given, autocommit=autocommit, connect_timeout=10)
    try:
        yield own
    finally:
        own.close()


@contextmanager
def use_database(database: str) -> Iterator[None]:
    """Let Django's connection of this thread work on another database; for commands alone."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
