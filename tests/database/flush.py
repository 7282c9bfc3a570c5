"""Empty the database between tests that commit: only what was filled, and not Django's own lists.

Django's flush would give content types new numbers, which the running web process remembers, and
empties every table, filled or not. Where there are few rows, to delete them takes a tenth of the
time of TRUNCATE, which makes new files for each table and for all that refer to it.
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
        _execute("; ".join([triggers_off, *statements, f"SELECT {numbers}"]))


def _filled_tables() -> tuple[list[str], list[str]]:
    """Tables with few rows, and with many."""
    quote = connection.ops.quote_name
    tables = [name for name in connection.introspection.table_names() if name not in PRESERVED]
    probes = [
        f"SELECT '{name}', count(*) FROM (SELECT FROM {quote(name)} LIMIT {MOST_TO_DELETE}) AS rows"  # noqa: S608
        for name in tables
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(probes))
        found = dict(cursor.fetchall())
    few = [quote(name) for name, rows in found.items() if 0 < rows < MOST_TO_DELETE]
    return few, [quote(name) for name, rows in found.items() if rows == MOST_TO_DELETE]


@cache
def _read_sequences() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCES)
        return [sequence for table, sequence in cursor.fetchall() if table not in PRESERVED]


def _execute(statements: str, tries: int = 5) -> None:
    """Our running processes may read just now, in an order of their own: then once more."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(statements)
    except OperationalError as error:
        if not isinstance(error.__cause__, DeadlockDetected) or tries == 1:
            raise
        _execute(statements, tries - 1)


def replace_flush() -> None:
    TransactionTestCase._fixture_teardown = empty_filled_tables  # type: ignore[attr-defined]
