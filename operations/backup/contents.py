"""Count and digest the rows of every table, so that a restored database can be compared."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import sql

TABLES: Final = """
SELECT schemaname, tablename FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2
"""
# A sum, so that the order of rows does not count; md5, which no version of PostgreSQL changes.
DIGEST: Final = """
SELECT count(*), coalesce(sum(('x' || left(md5(backup_row::text), 15))::bit(60)::bigint), 0)::text
FROM {table} AS backup_row
"""


class TableContent(NamedTuple):
    rows: int
    digest: str


def list_tables(database: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    return database.execute(TABLES).fetchall()


def measure_tables(database: psycopg.Connection[Any]) -> dict[str, TableContent]:
    """Return rows and digest of each table; a backup's manifest has the same."""
    return {
        f"{schema}.{table}": _measure_table(database, schema, table)
        for schema, table in list_tables(database)
    }


def _measure_table(database: psycopg.Connection[Any], schema: str, table: str) -> TableContent:
    query = sql.SQL(DIGEST).format(table=sql.Identifier(schema, table))
    [(rows, digest)] = database.execute(query).fetchall()
    return TableContent(rows, digest)


def find_differences(
    expected: Mapping[str, TableContent], found: Mapping[str, TableContent]
) -> list[str]:
    """Name each table whose rows are others than expected."""
    differences = []
    for table in sorted(expected.keys() | found.keys()):
        before, after = expected.get(table), found.get(table)
        if before is None or after is None:
            differences.append(f"{table} is {'new' if before is None else 'missing'}")
        elif before != after:
            differences.append(
                f"{table}: {before.rows} rows expected, {after.rows} found, not equal"
            )
    return differences
