"""Empty the database between tests that commit: only what was filled, and not Django's own lists.

Django's flush would give content types new numbers, which the running web process remembers, and
empties every table, filled or not. Where there are few rows, to delete them takes a tenth of the
time of TRUNCATE, which makes new files for each table and for all that refer to it.

Django would also open a new connection for each test. That takes 20 ms of computing, for PostgreSQL
reads its catalogue anew; and there is nothing to restore, as nothing here sets up a session.
"""

from functools import cache

from django.db import OperationalError, connection
from django.test import TransactionTestCase
from psycopg.errors import DeadlockDetected

PRESERVED = {"django_migrations", "django_content_type", "auth_permission"}
MOST_TO_DELETE = 1000  # rows
SEQUENCES = """
SELECT owner.relname, format('%I', sequence.relname)
FROM pg_class AS sequence
JOIN pg_depend AS tie ON tie.objid = sequence.oid AND tie.deptype IN ('a', 'i')
JOIN pg_class AS owner ON owner.oid = tie.refobjid
WHERE sequence.relkind = 'S'
"""


def empty_filled_tables(_test: TransactionTestCase | None = None) -> None:
    few, many = _filled_tables()
    statements = [f"DELETE FROM {name}" for name in few]  # noqa: S608
    if many:
        statements.append(f"TRUNCATE {', '.join(many)} CASCADE")
    if statements:
        numbers = ", ".join(f"setval('{name}', 1, false)" for name in _read_sequences())
        # Without triggers: those of the audit log refuse this, and would record it.
        triggers_off = "SELECT set_config('session_replication_role', 'replica', true)"
        unlocks = "SELECT pg_advisory_unlock_all()"  # the next test has the same connection
        _execute_statements("; ".join([triggers_off, *statements, f"SELECT {numbers}", unlocks]))


def _filled_tables() -> tuple[list[str], list[str]]:
    """Tables with few rows, and with many."""
    filled = [_quote_name(name) for (name,) in _run_prepared(_write_probes())]
    if not filled:
        return [], []
    counts = [
        f"SELECT '{name}', count(*) FROM (SELECT FROM {name} LIMIT {MOST_TO_DELETE}) AS rows"  # noqa: S608
        for name in filled
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(counts))
        found = dict(cursor.fetchall())
    few = [name for name, rows in found.items() if rows < MOST_TO_DELETE]
    return few, [name for name, rows in found.items() if rows == MOST_TO_DELETE]


def _quote_name(name: str) -> str:
    return connection.ops.quote_name(name)


@cache
def _write_probes() -> str:
    tables = [name for name in connection.introspection.table_names() if name not in PRESERVED]
    return " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM {_quote_name(name)})"  # noqa: S608
        for name in tables
    )


def _run_prepared(query: str) -> list[tuple[str]]:
    """Run a query that is planned once for each connection: the plan takes longer than the rest."""
    connection.ensure_connection()
    rows = connection.connection.execute(query, prepare=True)
    return list(rows.fetchall())


@cache
def _read_sequences() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCES)
        return [sequence for table, sequence in cursor.fetchall() if table not in PRESERVED]


def _execute_statements(statements: str, tries: int = 5) -> None:
    """Our running processes may read just now, in an order of their own: then once more."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(statements)
    except OperationalError as error:
        if not isinstance(error.__cause__, DeadlockDetected) or tries == 1:
            raise
        _execute_statements(statements, tries - 1)


def replace_flush() -> None:
    TransactionTestCase._fixture_teardown = empty_filled_tables  # type: ignore[attr-defined]
    TransactionTestCase._should_reload_connections = _is_connection_spoilt  # type: ignore[attr-defined]


def _is_connection_spoilt(_test: TransactionTestCase) -> bool:
    if connection.connection is not None and connection.connection.closed:
        return True  # by a test that cut it; the next one must not find it so
    return bool(connection.in_atomic_block or not connection.get_autocommit())
