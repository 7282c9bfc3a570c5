"""Empty the database between tests that commit: only what was filled, and not Django's own lists.

Django's flush would give content types new numbers, which the running web process remembers, and
empties every table, filled or not.
"""

from django.db import OperationalError, connection
from django.test import TransactionTestCase
from psycopg.errors import DeadlockDetected

KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def empty_filled_tables(_test: TransactionTestCase | None = None) -> None:
    quote = connection.ops.quote_name
    tables = [name for name in connection.introspection.table_names() if name not in KEPT]
    probes = [f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {quote(name)})" for name in tables]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(probes))
        filled = [quote(name) for (name,) in cursor.fetchall()]
    if filled:
        _truncate(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY CASCADE")


def _truncate(statement: str, tries: int = 5) -> None:
    """Our running processes may read just now, in an order of their own: then once more."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    except OperationalError as error:
        if not isinstance(error.__cause__, DeadlockDetected) or tries == 1:
            raise
        _truncate(statement, tries - 1)


def use() -> None:
    TransactionTestCase._fixture_teardown = empty_filled_tables  # type: ignore[attr-defined]
