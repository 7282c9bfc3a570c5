"""Empty the database between tests that commit: only what was filled, and not Django's own lists.

Django's flush would give content types new numbers, which the running web process remembers, and
empties every table, filled or not.
"""

from django.db import connection
from django.test import TransactionTestCase

KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def empty_filled_tables(_test: TransactionTestCase | None = None) -> None:
    quote = connection.ops.quote_name
    tables = [name for name in connection.introspection.table_names() if name not in KEPT]
    probes = [f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {quote(name)})" for name in tables]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(probes))
        filled = [quote(name) for (name,) in cursor.fetchall()]
        if filled:
            cursor.execute(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY CASCADE")


def use() -> None:
    TransactionTestCase._fixture_teardown = empty_filled_tables  # type: ignore[attr-defined]
